"""Tell the past of a closed case as the case line would have recorded it: moves, orders, tasks, clocks.

The course (``life.py``) says what happened and when; this says which records it left. The verbs and states are
those of the case line's workflows, so that timelines, statistics and searches read one sort of data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from gezhi.demo.directory import MACHINE, PUBLIC, Directory
from gezhi.demo.life import Step
from gezhi.demo.plan import Case
from gezhi.demo.profiles import PUBLIC_CHANNELS
from gezhi.domains.cases.past import Chapter, Log
from gezhi.engines.workflow import clocks
from gezhi.foundation.catalogue.public import Candidate
from gezhi.kernel.actors import Actor

SOURCE = "demo"
DEMANDS = {"咨询": "consult", "求助": "help", "投诉": "complaint", "举报": "tip_off", "建议": "suggestion",
           "感谢": "thanks"}
URGENCIES = {"特急": "urgent1", "紧急": "urgent2", "一般": "normal"}
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
FINAL = frozenset({"closed", "archived", "rejected", "voided", "merged", "replied", "withdrawn"})
Limit = tuple[float, str]


def moment(at: int) -> dt.datetime:
    """Epoch seconds as an aware instant."""
    return dt.datetime.fromtimestamp(at, dt.UTC)


@dataclass(frozen=True)
class World:
    """What all chronicles share.

    Attributes:
        directory: who acts.
        duties: candidates for an item in an area, best first.
        facts: what the catalogue says of an item.
        due: the instant a limit after another instant.
        stage: the limit of a stage for an urgency.
        number: the next number of a series.
        seed: of the city.
    """

    directory: Directory
    duties: Callable[[str, str], list[Candidate]]
    facts: Mapping[str, Mapping[str, Any]]
    due: Callable[[dt.datetime, Limit], dt.datetime]
    stage: Callable[[str, str], Limit]
    number: Callable[[str], int]
    seed: int


class Teller:
    """Tells one case; see ``tell``. Each ``on_<move>`` records one step of the course."""

    def __init__(self, world: World, case: Case) -> None:
        self.world, self.plan = world, case
        self.rng = Random(world.seed * 7_919 + case.no)
        self.chapter = Chapter(case.no, Log())
        self.log = self.chapter.case
        self.centre = world.directory.centre(case.area)
        self.urgency = URGENCIES[case.urgency]
        self.limit = self._limit()
        self.tried = 0
        self.order: Log | None = None
        self.at = moment(case.at)
        self.ahead: Step | None = None

    def _limit(self) -> Limit:
        facts = self.world.facts[self.plan.item]
        own = facts["conditions"].get(self.plan.condition)
        return (own[0], own[1]) if own else (facts["limit_value"], facts["limit_unit"])

    def tell(self) -> Chapter:
        """The whole chapter.

        Raises:
            AttributeError: a move this does not know.
        """
        self.log.values.update(self._beginning())
        for step, ahead in zip(self.plan.steps, (*self.plan.steps[1:], None), strict=True):
            self.at, self.ahead = moment(step.at), ahead
            getattr(self, f"on_{step.move}")(step)
        values = self.log.values
        values["status"] = self.log.status
        if self.log.status in FINAL:
            values["finished_at"] = values.get("closed_at") or self.at
            for timer in self.log.timers:
                if timer.stopped_at is None:
                    clocks.halt(timer, self.at)
        return self.chapter

    # -- tools -------------------------------------------------------------------------------------------

    def who(self, role: str) -> Actor:
        """A person of the centre."""
        return self.world.directory.actor(self.rng, role, self.centre)

    def clerk(self, role: str = "unit_clerk") -> Actor:
        """A person of the unit that has the order."""
        return self.world.directory.actor(self.rng, role, self._order.values["unit_id"])

    @property
    def _order(self) -> Log:
        assert self.order is not None
        return self.order

    def start(self, log: Log, name: str, limit: Limit, unit_id: int | None) -> dt.datetime:
        """Start a clock of a record now; its due time."""
        return log.start(name, clocks.planned(self.at, *limit, unit_id=unit_id))

    def start_stage(self, name: str) -> None:
        """Start a clock of the case with its stage's limit."""
        self.start(self.log, name, self.world.stage(name, self.urgency), self.centre)

    def series(self, head: str) -> str:
        """Prefix of a number of this case's county and the present day."""
        local = self.at + dt.timedelta(hours=8)
        return f"{head}{self.plan.area.ljust(6, '0')[:6]}{local:%Y%m%d}"

    def numbered(self, head: str) -> str:
        """A fresh number."""
        series = self.series(head)
        return f"{series}{self.world.number(series):05d}"

    def advance(self, actor: Actor, status: str) -> None:
        """The case follows its orders."""
        if self.log.status != status:
            self.log.act("advance", self.at, actor, status)

    def _beginning(self) -> dict[str, Any]:
        plan = self.plan
        public = plan.channel in PUBLIC_CHANNELS
        facts = self.world.facts[plan.item]
        code = "".join(ALPHABET[int(self.rng.random() * len(ALPHABET))] for _ in range(8))
        return {
            "query_code": code, "channel": plan.channel, "source": SOURCE, "source_key": f"{self.world.seed}-{plan.no}",
            "title": plan.title[:120], "content": plan.text, "address": plan.place, "area_code": plan.grid,
            "place": (plan.lon, plan.lat), "demand": DEMANDS[plan.demand], "urgency": self.urgency,
            "centre_id": self.centre, "reported_at": self.at, "reporter_name": plan.reporter or None,
            "reporter_phone": plan.phone or None, "anonymous": public and not plan.reporter,
            "callback_wanted": public and bool(plan.reporter), "verify_wanted": facts["verify"],
            "inspect_wanted": facts["inspect"], "invented": True}

    def _itemised(self) -> None:
        facts = self.world.facts[self.plan.item]
        self.log.values.update(item_code=self.plan.item, item_name=facts["name"][:80],
                               catalogue_version=facts["version"])

    # -- intake and screening ----------------------------------------------------------------------------

    def on_report(self, step: Step) -> None:
        actor = PUBLIC if self.plan.channel in PUBLIC_CHANNELS else MACHINE
        if self.plan.channel == "grid_app":
            actor = self.world.directory.member(self.rng, self.plan.area)
            self.log.values["reported_by_id"] = actor.user_id
        self.log.act("report", self.at, actor, "reported", channel=self.plan.channel)
        self.start_stage("accept")

    def on_self_handle(self, step: Step) -> None:
        actor = self.world.directory.member(self.rng, self.plan.area)
        self._itemised()
        self.log.values.update(
            reported_by_id=actor.user_id, self_handled=True, excluded=True, filed_at=self.at, handled_at=self.at,
            outcome="01", public_reply=step.data["reply"], case_no=self.numbered("AJ"), unit_id=actor.unit_id)
        self.log.act("self_handle", self.at, actor, "pending_close")
        self.start_stage("archive")

    def on_auto_classify(self, step: Step) -> None:
        self._itemised()
        self.log.values["confidence"] = step.data["confidence"]
        self.log.act("auto_classify", self.at, MACHINE, "registered", item_code=self.plan.item,
                     confidence=step.data["confidence"])

    def on_complete(self, step: Step) -> None:
        self._itemised()
        self.log.act("complete", self.at, self.who("acceptor"), "registered", item_code=self.plan.item)

    def on_request_verification(self, step: Step) -> None:
        self.log.act("request_verification", self.at, self.who("acceptor"), "verifying")
        self.start_stage("verification")
        self._task("verification")

    def on_submit_verification(self, step: Step) -> None:
        result = step.data["result"]
        actor = self._task_done(result, step.data["opinion"])
        self.log.stop("verification", self.at)
        self.log.values["trueness"] = result
        self.log.act("submit_verification", self.at, actor, "registered", step.data["opinion"], trueness=result)

    def _task(self, kind: str) -> None:
        actor = self.world.directory.member(self.rng, self.plan.area)
        log = Log({"no": self.numbered("RW"), "kind": kind, "post_id": actor.post_id, "unit_id": actor.unit_id,
                   "area_code": self.plan.grid, "given_at": self.at, "invented": True})
        log.act("give", self.at, self.who("acceptor" if kind == "verification" else "reviewer"), "pending")
        log.values["due_at"] = self.start(log, "task", self.world.stage(kind, self.urgency), actor.unit_id)
        self.member = actor
        self.chapter.tasks.append(log)

    def _task_done(self, result: str, words: str) -> Actor:
        log = self.chapter.tasks[-1]
        late = log.stop("task", self.at)
        log.values.update(done_at=self.at, finished_at=self.at, result=result, report=words, overtime=late,
                          position=(self.plan.lon, self.plan.lat), distance=round(self.rng.uniform(2, 40), 1))
        log.act("submit", self.at, self.member, "done", words, result=result)
        return self.member

    def on_file(self, step: Step) -> None:
        actor = MACHINE if step.role == "system" else self.who("acceptor")
        self.log.stop("accept", self.at)
        self.log.values.update(case_no=self.numbered("AJ"), filed_at=self.at, limit_value=self.limit[0],
                               limit_unit=self.limit[1], public_visible=self.rng.random() < 0.3)
        self.log.act("file", self.at, actor, "pending_dispatch", condition=self.plan.condition)
        self.start_stage("dispatch")
        self.start(self.log, "total", self.limit, self.centre)

    def on_reject(self, step: Step) -> None:
        self.log.values.update(end_reason=step.data["reason"], public_reply=step.data["reply"], closed_at=self.at)
        self.log.act("reject", self.at, self.who("acceptor"), "rejected", reason=step.data["reason"])

    def on_direct_reply(self, step: Step) -> None:
        self.log.values.update(public_reply=step.data["reply"], handled_at=self.at, closed_at=self.at, outcome="03",
                               solved="yes", case_no=self.numbered("AJ"))
        self.log.act("direct_reply", self.at, self.who("acceptor"), "replied")

    def on_void_duplicate(self, step: Step) -> None:
        self.chapter.master = step.data["master"]
        self.log.values.update(end_reason="01", closed_at=self.at, excluded=True)
        self.log.act("void_duplicate", self.at, self.who("acceptor"), "voided", reason="01")

    def on_merge(self, step: Step) -> None:
        self.chapter.master = step.data["master"]
        self.log.values.update(merged_from=self.log.status, closed_at=self.at)
        self.log.act("merge", self.at, self.who("acceptor"), "merged")

    def on_withdraw(self, step: Step) -> None:
        self.log.values.update(closed_at=self.at, excluded=True)
        self.log.act("withdraw", self.at, PUBLIC, "withdrawn", step.data["reason"])

    def on_urge(self, step: Step) -> None:
        self.log.values.update(urges=self.log.values.get("urges", 0) + 1, urged_at=self.at)
        self.log.act("urge", self.at, PUBLIC, "", step.data["text"])
