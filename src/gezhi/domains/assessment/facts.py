"""From the log to facts: what each record adds to which indicators of which unit, area and post in a month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from gezhi.engines.rules.firing import RuleFiring
from gezhi.foundation.calendar.service import calendar_at

from .replay import Act, Cut, life, state

SLACK = dt.timedelta(seconds=1)
"""The log keeps whole seconds."""
UNSIGNED = dt.timedelta(days=120)
"""An order nobody signed shows its signing time; its disposal falls due within so long after that."""
AT_WORK = ("handling", "returning", "suspended", "unit_review")
GONE = ("returned", "cancelled")
ACCEPT = ("complete", "file", "reject", "direct_reply")
DISPATCH = ("dispatch", "redo")
COUNTED = (*ACCEPT, *DISPATCH, "review_pass", "review_return", "callback", "close", "archive")
"""Moves of a case that a post makes under a clock."""


@dataclass
class Fact:
    """What one record adds.

    Args:
        adds: numerator and denominator by indicator, as text of decimals.
        up: whether it also counts for the units above its own. An order that a unit gave down does not: the unit's own
            order stands for it.
        due_differs: the due time in the log is not what the calendar says of its limit.
    """

    register: str
    record_id: int
    unit_id: int | None
    area_code: str
    post_id: int | None = None
    adds: dict[str, tuple[str, str]] = field(default_factory=dict)
    due_differs: bool = False
    up: bool = True

    def add(self, name: str, hit: Any, of: int = 1) -> None:
        """Count it for an indicator."""
        text = str(hit if not isinstance(hit, bool) else int(hit))
        self.adds[name] = (text, str(of))


@dataclass(frozen=True)
class Month:
    """A month of the city's time and the cut of the log; ``calendar`` is the version that times are counted by."""

    start: dt.datetime
    end: dt.datetime
    cut: Cut
    calendar: str

    def holds(self, at: Any) -> bool:
        """Whether a moment lies in it."""
        return isinstance(at, dt.datetime) and self.start <= at < self.end

    @property
    def params(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end}


def month(text: str, cut: Cut, calendar: str) -> Month:
    """``2026-10`` as a month. Raises ValueError."""
    first = dt.date.fromisoformat(f"{text}-01")
    after = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    zone = timezone.get_current_timezone()
    begin, end = (dt.datetime.combine(day, dt.time(), zone) for day in (first, after))
    return Month(begin, end, cut, calendar)


def everything(of: Month) -> Iterator[Fact]:
    """All facts of a month, in a fixed order."""
    yield from orders(of)
    yield from cases(of)
    for register, name in (("card", "card_points"), ("supervision_order", "supervision_points")):
        yield from measures(of, register, name)
    yield from checks(of)
    yield from flags(of)
    yield from tasks(of)
    yield from firings(of)


def _when(name: str, low: str = "%(start)s", high: str = "%(end)s") -> str:
    moment = f"(CASE WHEN jsonb_typeof(changes->'{name}'->1) = 'string' THEN (changes->'{name}'->>1)::timestamptz END)"
    return f"{moment} >= {low} AND {moment} < {high}"


# -- orders ------------------------------------------------------------------------------------------------
def orders(of: Month) -> Iterator[Fact]:
    """Orders that fell due in the month, and those given out in it."""
    where = f"{_when('due_at', '%(early)s')} OR {_when('opened_at')}"
    for acts in life("work_order", where, {**of.params, "early": of.start - UNSIGNED}, of.cut):
        fact = _order(acts, of)
        if fact is not None:
            yield fact
        yield from _signed_by(acts, of)


def _due(acts: list[Act], now: dict[str, Any], of: Month) -> tuple[dt.datetime | None, bool]:
    """When the disposal falls due by the log, and whether the calendar says otherwise of the limit first given."""
    opened = now.get("opened_at")
    if not isinstance(opened, dt.datetime) or not now.get("limit_value"):
        return None, False
    calendar = calendar_at(of.calendar, now.get("unit"))
    planned = calendar.due(opened, now["limit_value"], now["limit_unit"]).at
    due, first, status = planned, None, ""
    for act in acts:
        status = act.target or status
        told = act.changes.get("due_at")
        # an archive tells all of its fields at its end, and no due time before
        if isinstance(told, dt.datetime) and (status in AT_WORK or ("opened_at" in act.changes and act is not acts[0])):
            due, first = told, first or (told if act.verb == "sign" else None)
    return due, first is not None and abs(first - planned) > SLACK


def _order(acts: list[Act], of: Month) -> Fact | None:
    now = state(acts)
    due, differs = _due(acts, now, of)
    fact = Fact("work_order", acts[0].record_id, now.get("unit"), now.get("area_code") or "", due_differs=differs,
                up=now.get("role") != "child")
    if of.holds(now.get("opened_at")):
        fact.add("returned", now["status"] == "returned")
        if now["status"] not in GONE and (now.get("signed_at") or now.get("unsigned_late") or of.cut.at >= of.end):
            fact.add("sign_on_time", bool(now.get("signed_at")) and not now.get("unsigned_late"))
    if of.holds(due) and now["status"] not in (*GONE, "suspended") and due is not None:
        _disposed(fact, now, due, of)
    return fact if fact.adds else None


def _disposed(fact: Fact, now: dict[str, Any], due: dt.datetime, of: Month) -> None:
    done = now.get("submitted_at") if now["status"] in ("submitted", "accepted") else None
    fact.add("handled", done is not None)
    fact.add("on_time", done is not None and not now.get("overtime"))
    fact.add("late_open", done is None and due < of.cut.at)
    fact.add("extension", bool(now.get("extensions")))
    if done is None:
        return
    fact.add("rework", bool(now.get("reworks")))
    calendar = calendar_at(of.calendar, now.get("unit"))
    limit = calendar.elapsed(now["opened_at"], due, now["limit_unit"])
    used = calendar.elapsed(now["opened_at"], max(done, now["opened_at"]), now["limit_unit"])
    if limit > 0:
        fact.add("used", f"{min(used / limit, 9.9999):.4f}")


def _signed_by(acts: list[Act], of: Month) -> Iterator[Fact]:
    """The person who signed, for their post."""
    area = next((a.changes["area_code"] for a in acts if a.changes.get("area_code")), "")
    late = any(a.changes.get("unsigned_late") for a in acts)
    for act in acts:
        if act.verb == "sign" and act.post_id is not None and of.holds(act.at):
            fact = Fact("work_order", act.record_id, None, area, act.post_id)
            fact.add("sign_on_time", not late)
            fact.add("acts_on_time", not late)
            yield fact
            return


# -- cases -------------------------------------------------------------------------------------------------
def cases(of: Month) -> Iterator[Fact]:
    """Cases closed in the month, for their unit; and what was done to cases in it, for the posts that did it."""
    verbs = {"verbs": list(COUNTED)}
    where = f"at >= %(start)s AND at < %(end)s AND verb = ANY(%(verbs)s) OR {_when('closed_at')}"
    for acts in life("case", where, {**of.params, **verbs}, of.cut):
        now = state(acts)
        if of.holds(now.get("closed_at")) and not now.get("excluded") and not now.get("self_handled"):
            yield _case(acts[0].record_id, now)
        yield from _done_by(acts, of)


def _case(pk: int, now: dict[str, Any]) -> Fact:
    fact = Fact("case", pk, now.get("unit"), now.get("area_code") or "")
    fact.add("redo", bool(now.get("redos")))
    if now.get("contacted") is not None:
        fact.add("response", bool(now["contacted"]))
    if now.get("solved"):
        fact.add("solved", {"yes": "1", "part": "0.5"}.get(now["solved"], "0"))
    if int(now.get("final_satisfaction") or 0):
        fact.add("satisfied", int(now["final_satisfaction"]) >= 4)
    if now.get("inspected"):
        fact.add("inspected", now["inspected"] == "yes")
    return fact


def _done_by(acts: list[Act], of: Month) -> Iterator[Fact]:
    """Each act of a post under a clock, added up by post."""
    due: dt.datetime | None = None
    area = ""
    found: dict[int, _Sums] = {}
    for at, act in enumerate(acts):
        area = act.changes.get("area_code") or area
        if act.verb in COUNTED and act.post_id is not None and of.holds(act.at) and due is not None:
            sums = found.setdefault(act.post_id, _Sums())
            sums.take(act, act.at <= due + SLACK, acts[at + 1:])
        due = act.changes.get("due_at", due)
    for post_id in sorted(found):
        fact = Fact("case", acts[0].record_id, None, area, post_id)
        for name, (num, den) in sorted(found[post_id].sums.items()):
            fact.add(name, num, den)
        yield fact


class _Sums:
    """What one post did to one case."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[int, int]] = {}

    def take(self, act: Act, in_time: bool, later: list[Act]) -> None:
        names = {"acts_on_time": in_time}
        if act.verb in ACCEPT:
            names["accept_on_time"] = in_time
        if act.verb in DISPATCH:
            names["dispatch_on_time"] = in_time
            names["dispatch_right"] = not any("returns" in a.changes or a.verb == "reassign" for a in _round(later))
        for name, hit in names.items():
            num, den = self.sums.get(name, (0, 0))
            self.sums[name] = (num + int(hit), den + 1)


def _round(later: list[Act]) -> list[Act]:
    """What follows until somebody dispatches again."""
    out = []
    for act in later:
        if act.verb in DISPATCH:
            break
        out.append(act)
    return out


# -- the rest ----------------------------------------------------------------------------------------------
def measures(of: Month, register: str, name: str) -> Iterator[Fact]:
    """Cards or supervision orders issued in the month that were not taken back."""
    for acts in life(register, _when("issued_at"), of.params, of.cut):
        now = state(acts)
        if not of.holds(now.get("issued_at")) or now["status"] in ("cancelled", "revoked", "dismissed", "proposed"):
            continue
        fact = Fact(register, acts[0].record_id, now.get("unit"), now.get("area_code") or "")
        fact.add(name, f"{float(now.get('points') or 0):g}", 0)
        yield fact


def checks(of: Month) -> Iterator[Fact]:
    """Professional scores given in the month."""
    for acts in life("quality_check", _when("checked_at"), of.params, of.cut):
        now = state(acts)
        if of.holds(now.get("checked_at")) and now.get("side", "centre") == "centre" and now.get("score") is not None:
            fact = Fact("quality_check", acts[0].record_id, now.get("unit"), now.get("area_code") or "")
            fact.add("quality", f"{float(now['score']) / 100:.4f}")
            yield fact


def flags(of: Month) -> Iterator[Fact]:
    """Flags of gaming that a person confirmed in the month."""
    for acts in life("gaming_flag", _when("decided_at"), of.params, of.cut):
        now = state(acts)
        if of.holds(now.get("decided_at")) and now["status"] == "confirmed":
            fact = Fact("gaming_flag", acts[0].record_id, now.get("unit"), now.get("area_code") or "")
            fact.add("flags", 1, 0)
            yield fact


def tasks(of: Month) -> Iterator[Fact]:
    """Tasks on the spot that fell due in the month, for the post that had them."""
    for acts in life("task", _when("due_at"), of.params, of.cut):
        now = state(acts)
        if of.holds(now.get("due_at")) and now["status"] != "cancelled" and now.get("post"):
            fact = Fact("task", acts[0].record_id, None, now.get("area_code") or "", now["post"])
            hit = now["status"] == "done" and not now.get("overtime")
            fact.add("tasks_on_time", hit)
            fact.add("acts_on_time", hit)
            yield fact


def firings(of: Month) -> Iterator[Fact]:
    """Points that assessment rules took in the month; these rows are written once and never changed."""
    rows = RuleFiring.objects.filter(family="assessment", reached_at__gte=of.start, reached_at__lt=of.end,
                                     created_at__lte=of.cut.at).order_by("id")
    for pk, unit_id, area, points in rows.values_list("id", "unit_id", "area_code", "points").iterator(2000):
        fact = Fact("rule_firing", pk, unit_id, area)
        fact.add("rule_points", f"{points:g}", 0)
        yield fact
