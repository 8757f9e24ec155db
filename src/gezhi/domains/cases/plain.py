"""The plain course of a case taken over from elsewhere: reported, filed, given to one unit, answered, closed.

The same acts, fields, clocks and histories as the moves of the case line would have written one by one (a test holds
the two together), worked out without asking the database for each. What happened before the answer bears the moment
of the report, the rest that of the answer: the source tells no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.engines.workflow.act import facts_of, read_inputs
from gezhi.foundation.units.public import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.numbers import Numbers
from gezhi.kernel.workflow import Workflow

from .case import Case
from .case_flow import CaseFlow
from .limits import stage_limit
from .moves import intake, screen
from .order_flow import OrderFlow
from .past import Chapter, Log, write_below, write_cases
from .tools import case_series

_ANSWERED = "03"
"""Outcome code: answered in words."""
_NEEDED = ("item_code", "urgency", "demand", "centre_id", "area_code")


@dataclass(frozen=True)
class Ended:
    """A case that ended elsewhere.

    Attributes:
        report: inputs of the move ``report``.
        source, source_key: whence it came.
        item_code: its item in the catalogue; ``labels`` more words to find it by.
        reply: what the citizen was answered.
        begin, end: when it was reported and answered.
        excluded: left out of assessment, because the source does not tell its times.
        filed, dispatched, closed: words kept with these acts.
    """

    report: Mapping[str, Any]
    source: str
    source_key: str
    item_code: str
    reply: str
    begin: dt.datetime
    end: dt.datetime
    labels: Sequence[str] = ()
    excluded: bool = False
    filed: str = ""
    dispatched: str = ""
    closed: str = ""


class Plain:
    """Tells and writes plain courses; keeps what many of them share.

    Args:
        numbers: gap-free series of the transaction at hand.
    """

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self._units: dict[int, Unit] = {}
        self._notes: dict[tuple[Any, ...], dict[str, Any]] = {}

    def tell(self, ended: Ended) -> Chapter:
        """What happened to one case.

        Raises:
            Invalid: something of it is wrong; nothing was counted or written.
        """
        return _Course(self, ended).tell()

    def write(self, session: Session, chapters: Sequence[Chapter]) -> list[Case]:
        """Write what was told, in the system's open session.

        Returns:
            The cases.
        """
        write_cases(session, chapters)
        write_below(session, chapters)
        self.numbers.save()
        return [chapter.case.record for chapter in chapters]

    def unit(self, pk: int | None) -> Unit:
        """A unit, asked for once.

        Raises:
            Invalid: there is none for the area.
        """
        if pk is None:
            raise Invalid(_("本城市还没有指挥中心，请先建立单位"))
        if pk not in self._units:
            self._units[pk] = Unit.objects.get(pk=pk)
        return self._units[pk]

    def note(self, flow: type[Workflow], move: str, raw: Mapping[str, Any], *, keep: bool = True) -> dict[str, Any]:
        """Inputs of a move as history keeps them, checked as by the move; asked for once with the same inputs."""
        key = (flow, move, *sorted((n, str(v)) for n, v in raw.items()))
        found = self._notes.get(key) if keep else None
        if found is None:
            made = flow.moves()[move]
            found = facts_of(made, read_inputs(made, raw))
            if keep:
                self._notes[key] = found
        return found


class _Course:
    """One course; each method is a move of the case line."""

    def __init__(self, plain: Plain, ended: Ended) -> None:
        self.plain, self.ended = plain, ended
        self.case, self.order = Log(), Log()

    def tell(self) -> Chapter:
        begin, end = self.ended.begin, self.ended.end
        answer = self._answer(end)
        self._report(begin)
        self._complete(begin)
        self._file(begin)
        self._dispatch(begin)
        self._sign(begin)
        self._submit(end, answer)
        self._review(end)
        self._close(end)
        return Chapter(0, self.case, [self.order])

    def _act(self, log: Log, verb: str, at: dt.datetime, status: str, values: Mapping[str, Any],
             told: Mapping[str, Any], opinion: str = "") -> None:
        """An act, with the columns of the clock that the new state names."""
        flow = CaseFlow if log is self.case else OrderFlow
        state, fresh, sets = flow.states()[status], not log.steps, dict(values)
        timer = log.running(state.clock) if state.clock else None
        if state.final:
            late = log.values.get("overtime", False) or any(
                t.overtime for t in log.timers if t.stopped_at == at and t.name in flow.moves()[verb].clock)
            sets = {"finished_at": log.values.get("finished_at") or at, "paused": False, "overtime": late, **sets}
        else:
            sets.update(due_at=timer.due_at if timer else None, warn_at=timer.warn_at if timer else None)
            if not fresh:
                sets.update(paused=False, finished_at=None)
        log.move(verb, at, SYSTEM, status, sets, told, opinion)

    def _start(self, log: Log, name: str, at: dt.datetime, limit: tuple[float, str], unit_id: int | None,
               due_at: dt.datetime | None = None) -> None:
        log.start(name, clocks.planned(at, *limit, unit_id=unit_id, due_at=due_at))

    def _report(self, at: dt.datetime) -> None:
        ended = self.ended
        raw = {**ended.report, "source": ended.source, "source_key": ended.source_key}
        values = intake.prepare(SYSTEM, read_inputs(CaseFlow.moves()["report"], raw), at)
        self._centre = self.plain.unit(values["centre_id"])
        value, unit, centre = intake.accept_limit(values, at)
        self._start(self.case, "accept", at, (value, unit), centre)
        self._act(self.case, "report", at, "reported", values, {})

    def _complete(self, at: dt.datetime) -> None:
        ended, values = self.ended, self.case.values
        labels = [*values.get("labels", ()), *ended.labels]
        raw = {"item_code": ended.item_code, **({"labels": labels} if labels else {})}
        known = {"urgency": values.get("urgency", "normal"), "labels": labels}
        sets = {**({"labels": labels} if labels else {}),
                **intake.item_values(ended.item_code, at, known, strict=True), "confidence": None}
        self._act(self.case, "complete", at, "registered", sets, self.plain.note(CaseFlow, "complete", raw))

    def _file(self, at: dt.datetime) -> None:
        case, values = Case(**{n: self.case.values[n] for n in _NEEDED if n in self.case.values}), self.case.values
        centre, self.limit = values["centre_id"], intake.handle_limit(case, at)
        series = case_series(values["area_code"], at)
        self.case.stop("accept", at)
        self._start(self.case, "dispatch", at, stage_limit("dispatch", case.urgency), centre)
        *limit, unit, end = screen.total(case, self.limit, at)
        self._start(self.case, "total", at, (limit[0], limit[1]), unit, end)
        sets = {"case_no": f"{series}{self.plain.numbers.next(series):05d}", "filed_at": at, "urgency": case.urgency,
                "limit_value": self.limit[0], "limit_unit": self.limit[1], "public_visible": True}
        self._act(self.case, "file", at, "pending_dispatch", sets,
                  self.plain.note(CaseFlow, "file", {"public_visible": True}), self.ended.filed)

    def _dispatch(self, at: dt.datetime) -> None:
        unit, values, words = self._centre, self.case.values, self.ended.dispatched
        amount = {"value": self.limit[0], "unit": self.limit[1]}
        self._start(self.order, "handle", at, self.limit, unit.pk)
        self._start(self.order, "sign", at, stage_limit("sign", values["urgency"]), unit.pk)
        self._act(self.order, "open", at, "pending_sign", {
            "unit": unit, "parent": None, "role": "lead", "seq": 1, "round": 1, "remark": words, "reason": "",
            "no": f"{values['case_no']}-1", "area_code": values["area_code"], "item_code": values["item_code"],
            "urgency": values["urgency"], "limit_value": amount["value"], "limit_unit": amount["unit"],
            "opened_at": at, "invented": values.get("invented", False)}, {})
        self.case.stop("dispatch", at)
        self._start(self.case, "handle", at, self.limit, unit.pk, self.order.timers[0].due_at)
        sets = {"mode": "single", "unit": unit, "round": 1, "enough": None, "steps": [], "dispatched_at": at,
                "handled_at": None, "limit_value": self.limit[0], "limit_unit": self.limit[1]}
        self._act(self.case, "dispatch", at, "pending_sign", sets,
                  self.plain.note(CaseFlow, "dispatch", {"mode": "single", "unit": unit}), words)

    def _sign(self, at: dt.datetime) -> None:
        late = self.order.stop("sign", at)
        self._act(self.order, "sign", at, "handling", {"signed_at": at, "unsigned_late": late}, {})
        self._act(self.case, "advance", at, "handling", {}, {})

    def _answer(self, at: dt.datetime) -> dict[str, Any]:
        raw = {"outcome": _ANSWERED, "reply": self.ended.reply, "contact_method": "message", "contact_at": at}
        return self.plain.note(OrderFlow, "submit_result", raw, keep=False)

    def _submit(self, at: dt.datetime, answer: Mapping[str, Any]) -> None:
        reply = self.ended.reply
        self.order.stop("handle", at)
        self._act(self.order, "submit_result", at, "submitted", {
            "result": "", "outcome": _ANSWERED, "reply": reply, "contact_method": "message", "contact_at": at,
            "override": "", "photos": [], "submitted_at": at, "submitted_by": None}, answer)
        late = self.case.stop("handle", at)
        self._start(self.case, "review", at, stage_limit("review", self.case.values["urgency"]),
                    self.case.values["centre_id"])
        self._act(self.case, "advance", at, "pending_review", {
            "handled_at": at, "outcome": _ANSWERED, "public_reply": reply, "overtime": late, "contacted": True}, {})

    def _review(self, at: dt.datetime) -> None:
        values = self.order.values
        self._act(self.order, "accept_with_case", at, "accepted",
                  {"overtime": values["overtime"], "finished_at": values["finished_at"]}, {})
        self.case.stop("review", at)
        self._start(self.case, "archive", at, stage_limit("archive", self.case.values["urgency"]),
                    self.case.values["centre_id"])
        self._act(self.case, "review_pass", at, "pending_close", {"reviewed_by": None},
                  self.plain.note(CaseFlow, "review_pass", {"inspect": "no"}))

    def _close(self, at: dt.datetime) -> None:
        self.case.stop("archive", at)
        self.case.stop("total", at)
        sets = {"closed_at": at, "overtime": self.case.values["overtime"]}
        self._act(self.case, "close", at, "closed", {**sets, "excluded": True} if self.ended.excluded else sets, {},
                  self.ended.closed)

