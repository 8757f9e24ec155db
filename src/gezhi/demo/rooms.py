"""The rooms of supervision and assessment: orders, cards, remarks, samples and sealed months of the demo city.

Everything is done through the moves, by the people whose work it is and at the time at which they would have done it;
what would lie after the end of the city's past is left undone, so that some orders wait, some are overdue, some closed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from gezhi.demo import duties
from gezhi.demo.city import DemoCity
from gezhi.demo.directory import MACHINE
from gezhi.demo.staff import People, job, model, work
from gezhi.engines.workflow.act import act
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict
from gezhi.kernel.registry import registry

log = structlog.get_logger(__name__)
Progress = Callable[[int, int], None]
MONTHS = 3
"""Months before the present one that are counted, published and sealed."""
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
COURSES = ("closed", "missed", "again", "closed", "replied", "closed", "revoked", "closed")
"""How orders of supervision go, in turns."""
REASONS = ("超过处置时限", "反映人多次催办", "处置结果与现场不符", "同类问题反复发生")
ANSWERS = ("已安排专人到场处置，并举一反三排查周边。", "现场已整改完毕，责任人已约谈。",
           "因施工协调延误，已调整方案并加派人手。")
SAID = (("problem", "现场复看时仍有部分问题未处理，请说明。"), ("advice", "建议与相邻路段一并安排，减少重复施工。"),
        ("progress", "已联系反映人，对方表示正在改善。"), ("praise", "处置及时，反映人表示感谢。"))
REPLIED = ("已再次到现场处理，问题已消除。", "已转班组落实，今日内完成。")


class Rooms:
    """Fills the rooms of one city; see :func:`build`."""

    def __init__(self, city: DemoCity) -> None:
        self.city, self.now = city, city.now
        self.rng = Random(city.seed * 4_001)
        self.people = People(self.rng)
        self.size = max(6, min(60, city.cases // 800))

    @contextmanager
    def at(self, moment: dt.datetime) -> Iterator[bool]:
        """Act at a moment of the city's past; gives whether it is past, and nothing is to be done when it is not."""
        if moment > self.now:
            yield False
            return
        with door(MACHINE, at=moment):
            yield True

    def late(self, most: int) -> list[Any]:
        """Orders of the last months that were handed in late, some of them by chance."""
        rows = model("work_order").objects.filter(
            overtime=True, parent=None, due_at__gte=self.now - 110 * DAY, due_at__lte=self.now - 6 * HOUR,
            due_at__isnull=False, case__case_no__gt="").select_related("case", "unit").order_by("id")
        found = list(rows[:most * 20])
        return self.rng.sample(found, min(most, len(found)))

    def urged(self, most: int) -> list[Any]:
        """Late orders; in a small city that has few of them also others that were handed in."""
        found = self.late(most)
        others = model("work_order").objects.filter(
            overtime=False, parent=None, due_at__isnull=False, submitted_at__isnull=False, case__case_no__gt="",
            opened_at__gte=self.now - 300 * DAY).select_related("case", "unit").order_by("-id")
        return [*found, *others[:max(0, most - len(found))]]

    # -- orders and cards --------------------------------------------------------------------------------------

    def supervision(self) -> None:
        """Orders of supervision: by supervisors, some by leaders, answered, sent back, missed, closed or waiting."""
        recent = model("work_order").objects.filter(
            parent=None, finished_at=None, opened_at__lt=self.now - DAY, case__case_no__gt="",
            due_at__lt=self.now).select_related("case", "unit").order_by("-id")[:self.size // 3 + 1]
        for number, order in enumerate((*self.urged(self.size), *recent)):
            if order.finished_at is None:
                begin = self.now - self.rng.randrange(2, 40) * HOUR
            elif order.overtime:
                begin = order.due_at + self.rng.randrange(1, 20) * HOUR
            else:
                begin = order.submitted_at - HOUR
            self._supervise(order, max(begin, order.opened_at + HOUR), COURSES[number % len(COURSES)])

    def _supervise(self, order: Any, begin: dt.datetime, course: str) -> None:
        by_leader = self.rng.random() < 0.15
        who = self.people.who("leader" if by_leader else "supervisor", order.case.centre_id)
        level = "listed" if by_leader and self.rng.random() < 0.3 else "key" if self.rng.random() < 0.25 else "normal"
        with self.at(begin) as past:
            if not past:
                return
            made = act(who, model("supervision_order"), "issue", {
                "case": order.case, "unit": order.unit, "level": level,
                "opinion": f"{self.rng.choice(REASONS)}，请说明原因并在期限内整改。"})
        if course == "revoked":
            self._next(made, "revoke", begin + 3 * HOUR, self.people.who("supervisor", order.case.centre_id),
                       opinion="经核实已在期限内办结，撤销")
            return
        made = self._next(made, "sign", begin + self.rng.randrange(1, 5) * HOUR, self.people.clerk(order.unit_id))
        if course == "missed":
            made = self._next(made, "miss", made.due_at + HOUR / 12, MACHINE)
        self._answer(made, order, course)

    def _answer(self, made: Any, order: Any, course: str) -> None:
        late, again = course == "missed", course == "again"
        at = made.due_at + DAY if late else made.issued_at + self.rng.randrange(5, 14) * HOUR
        judge = self.people.who("supervisor", order.case.centre_id)
        for turn in range(2 if again else 1):
            made = self._next(made, "reply", at, self.people.clerk(order.unit_id), opinion=self.rng.choice(ANSWERS))
            if again and not turn:
                made = self._next(made, "send_back", at + 4 * HOUR, judge, opinion="请补充整改前后对比和完成时间")
                at += 9 * HOUR
        if course == "replied":
            return
        self._next(made, "close", at + self.rng.randrange(12, 40) * HOUR, judge,
                   verdict="not" if late else self.rng.choice(("settled", "settled", "part")), opinion="已核验")

    def _next(self, record: Any, move: str, moment: dt.datetime, who: Any, **inputs: Any) -> Any:
        """Make a move if its time has come and the record stands where it is made from; the record as it then is."""
        record = type(record).objects.get(pk=record.pk)
        flow: Any = registry.register_of(type(record)).flow  # type: ignore[union-attr]
        if not flow.moves()[move].starts_from(getattr(record, flow.field)):
            return record
        try:
            with self.at(moment) as past:
                return act(who, record, move, inputs) if past else record
        except Conflict as error:  # the only other person of the role is the one who may not
            log.info("demo move left out", move=move, record=str(record), why=str(error))
            return record

    def cards(self) -> None:
        """Yellow and red cards: most stand, some are appealed against, some of these fall."""
        for order in self.late(self.size // 2 + 2):
            begin = order.due_at + self.rng.randrange(1, 9) * HOUR
            centre = order.case.centre_id
            with self.at(begin) as past:
                if not past:
                    continue
                card = act(self.people.who("supervisor", centre), model("card"), "issue", {
                    "case": order.case, "unit": order.unit, "reason": "overdue",
                    "colour": "red" if self.rng.random() < 0.2 else "yellow", "opinion": "超过处置时限，且未申请延期"})
            if self.rng.random() < 0.4:
                self._appeal(card, order, begin)
            else:
                self._next(card, "stand", card.due_at + HOUR, MACHINE)

    def _appeal(self, card: Any, order: Any, begin: dt.datetime) -> None:
        centre, falls = order.case.centre_id, self.rng.random() < 0.5
        card = self._next(card, "appeal", begin + 4 * HOUR, self.people.clerk(order.unit_id),
                          opinion="当日暴雨封路，抢险人员无法进入，附值班记录")
        decision = "cancel" if falls else "uphold"
        card = self._next(card, "advise", begin + 26 * HOUR, self.people.who("reviewer", centre), advice=decision,
                          opinion="气象记录与值班记录相符" if falls else "封路时间不足以解释逾期")
        self._next(card, "decide", begin + 50 * HOUR, self.people.who("leader", centre), decision=decision,
                   opinion="同意初审意见")

    # -- remarks and quality -----------------------------------------------------------------------------------

    def remarks(self) -> None:
        """What supervisors say of cases at work and of late ones; problems are answered, some are settled."""
        rows = model("work_order").objects.filter(parent=None, case__case_no__gt="", opened_at__gte=self.now - 40 * DAY,
                                                  opened_at__lt=self.now - 3 * HOUR)
        found = list(rows.select_related("case", "unit").order_by("-id")[:self.size * 10])
        for order in self.rng.sample(found, min(self.size, len(found))):
            kind, text = self.rng.choice(SAID)
            begin = max(order.opened_at + HOUR, self.now - self.rng.randrange(1, 200) * HOUR)
            with self.at(begin) as past:
                if not past:
                    continue
                said = act(self.people.who("supervisor", order.case.centre_id), model("supervision_remark"), "leave", {
                    "case": order.case, "kind": kind, "to_unit": order.unit if kind == "problem" else None,
                    "opinion": text})
            if kind == "problem" and self.rng.random() < 0.7:
                said = self._next(said, "answer", begin + 5 * HOUR, self.people.clerk(order.unit_id),
                                  opinion=self.rng.choice(REPLIED))
            if self.rng.random() < 0.4:
                self._next(said, "settle", begin + 20 * HOUR, self.people.who("supervisor", order.case.centre_id))

    def samples(self) -> None:
        """A random sample of each month before, drawn by its seed and checked; of the newest some checks wait."""
        months = self.months(MONTHS)
        for number, (first, after) in enumerate(months):
            if not model("case").objects.filter(closed_at__gte=first, closed_at__lt=after, unit__isnull=False,
                                                excluded=False).exists():
                continue
            drawn_at = after + 2 * DAY + 10 * HOUR
            with self.at(drawn_at) as past:
                if not past:
                    continue
                sample = act(self.people.who("supervisor", self.people.root), model("quality_sample"), "draw", {
                    "since": timezone.localdate(first), "until": timezone.localdate(after - DAY),
                    "size": max(3, self.size // 4), "seed": f"demo-{self.city.seed}-{first:%Y%m}",
                    "opinion": "月度例行抽查"})
            checks = list(sample.checks.select_related("case").order_by("id"))
            if number == len(months) - 1:
                checks = checks[:len(checks) * 2 // 3]
            for check in checks:
                self._check(check, drawn_at + self.rng.randrange(5, 90) * HOUR)

    def _check(self, check: Any, moment: dt.datetime) -> None:
        base = self.rng.choice((95, 90, 88, 85, 78, 60))
        marks = {name: max(0, min(100, base + self.rng.randrange(-8, 6)))
                 for name in ("mark_result", "mark_rules", "mark_speed", "mark_reply")}
        verdict = "good" if base >= 85 else "flaw" if base > 60 or self.rng.random() < 0.5 else "false"
        said = {"good": "材料齐全，结果属实", "flaw": "结果属实，过程照片不完整", "false": "现场未见整改"}[verdict]
        self._next(check, "check", moment, self.people.who("supervisor", self.people.root), verdict=verdict,
                   opinion=said, **marks)

    # -- months ------------------------------------------------------------------------------------------------

    def months(self, most: int) -> Sequence[tuple[dt.datetime, dt.datetime]]:
        """The months that are over, the oldest first: their first moment and that of the next."""
        ends = [timezone.localtime(self.now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
        for _n in range(most):
            ends.insert(0, (ends[0] - DAY).replace(day=1))
        return list(pairwise(ends))

    def month(self, first: dt.datetime, after: dt.datetime) -> None:
        """Count a month on the morning after it, by a supervisor; a leader publishes and seals it the same day."""
        centre, kind = self.people.root, model("publication")
        with self.at(after + 9 * HOUR) as past:
            if not past or kind.objects.filter(month=f"{first:%Y-%m}").exists():
                return
            made = act(self.people.who("supervisor", centre), kind, "count", {"month": f"{first:%Y-%m}"})
            job("assessment.compute", publication_id=made.pk)
        made = kind.objects.get(pk=made.pk)
        if made.status == "draft" and made.facts:
            self._next(made, "seal", after + 15 * HOUR, self.people.who("leader", centre), opinion="按月公布")

    def objections(self) -> None:
        """Two objections to the newest sealed month: one is granted and becomes a correction, one waits."""
        newest = model("publication").objects.filter(status="sealed").order_by("-month").first()
        rows = model("score_line").objects.filter(publication=newest, kind="unit") if newest is not None else ()
        found = [row for row in rows if "on_time" in row.figures
                 and row.figures["on_time"]["num"] != row.figures["on_time"]["den"]][:2]
        for number, row in enumerate(found):
            begin = newest.sealed_at + (30 + number) * HOUR
            with self.at(begin) as past:
                if not past:
                    continue
                made = act(self.people.clerk(row.unit_id), model("score_appeal"), "appeal", {
                    "line": row, "indicator": "on_time", "opinion": "其中一件因道路封闭已获免责，请更正"})
            if number == 0:
                made = self._next(made, "advise", begin + 20 * HOUR, self.people.who("supervisor", self.people.root),
                                  opinion="免责决定在卷，建议更正")
                self._next(made, "grant", begin + 40 * HOUR, self.people.who("leader", self.people.root), num="1",
                           den="0", opinion="同意更正")


def build(city: DemoCity, progress: Progress) -> None:
    """Fill the rooms that are still empty, a room a transaction, and count what boards show.

    Args:
        progress: told of steps done and in all.
    """
    rooms = Rooms(city)

    def stands(name: str, **where: Any) -> Callable[[], bool]:
        return lambda: model(name).objects.filter(**where).exists()

    steps: list[tuple[Callable[[], bool], Callable[[], None]]] = [
        (stands("supervision_order"), rooms.supervision), (stands("card", reason="overdue"), rooms.cards),
        (stands("supervision_remark"), rooms.remarks), (stands("quality_sample"), rooms.samples), *duties.steps(rooms),
        *((stands("publication", month=f"{one[0]:%Y-%m}", status="sealed"), partial(rooms.month, *one))
          for one in rooms.months(MONTHS)),
        (stands("score_appeal"), rooms.objections)]
    for done, (stood, run) in enumerate(steps):
        progress(done, len(steps) + 1)
        if stood():
            continue  # since a build that was interrupted
        with transaction.atomic():
            run()
    progress(len(steps), len(steps) + 1)
    work("metrics.days")
    work("oversight.paths")
    progress(len(steps) + 1, len(steps) + 1)
