"""Write the ended cases: whole chapters at a time through the door for records that have already lived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.gis.geos import Point

from gezhi.demo.chronicle import SOURCE, World
from gezhi.demo.directory import MACHINE
from gezhi.demo.handling import tell
from gezhi.demo.logs import Chapter, Log
from gezhi.demo.plan import Plan
from gezhi.engines.workflow.clocks import Clock
from gezhi.engines.workflow.worktime import WorkCalendar
from gezhi.kernel.bulk import Step, bulk_create, bulk_past
from gezhi.kernel.copying import copy_in
from gezhi.kernel.door import Session
from gezhi.kernel.registry import registry

POINTS = ("place", "position")


def model(name: str) -> Any:
    """The model of a register."""
    return registry.register(name).model


def written(seed: int) -> dict[int, int]:
    """Cases of this city that stand already: position in the plan to id."""
    rows = model("case").objects.filter(source=SOURCE, source_key__startswith=f"{seed}-")
    return {int(key.partition("-")[2]): pk for key, pk in rows.values_list("source_key", "pk")}


def write(session: Session, world: World, plan: Plan, numbers: Sequence[int], known: dict[int, int],
          calendar: WorkCalendar) -> None:
    """Write some ended cases with everything below them.

    Args:
        session: the system's open door.
        world, plan: what the chapters are told from.
        numbers: positions in the plan, in order.
        known: ids of cases by position; the new ones are added.
        calendar: working time, for what the clocks have used.
    """
    chapters = [tell(world, plan.case(no)) for no in numbers]
    plain = [chapter for chapter in chapters if chapter.master < 0]
    _cases(session, plain, known)
    answers = _answers(plain)
    repeats = [chapter for chapter in chapters if chapter.master >= 0]
    for chapter in repeats:
        _follow(chapter, known, answers)
    _cases(session, repeats, known)
    bulk_create(session, model("follow"), [
        {"case_id": known[chapter.master], "duplicate": chapter.case.record, "since": chapter.case.values["closed_at"]}
        for chapter in repeats], verb="follow")
    _below(session, chapters)
    _clocks(chapters, calendar)


def _answers(chapters: Iterable[Chapter]) -> dict[int, tuple[str, str, dt.datetime]]:
    """Reply, outcome and time of closing of the cases of this batch."""
    found = {}
    for chapter in chapters:
        values = chapter.case.values
        if values.get("public_reply") and values.get("closed_at"):
            found[chapter.no] = (values["public_reply"], values.get("outcome", ""), values["closed_at"])
    return found


def _follow(chapter: Chapter, known: dict[int, int], answers: dict[int, tuple[str, str, dt.datetime]]) -> None:
    """A repeat points at its master and gets its answer when that closes."""
    log = chapter.case
    log.values["master_id"] = known[chapter.master]
    answer = answers.get(chapter.master)
    if answer is None:
        row = model("case").objects.filter(pk=known[chapter.master]).values_list(
            "public_reply", "outcome", "closed_at").first()
        answer = row if row and row[0] and row[2] else None
    if answer is not None:
        reply, outcome, closed = answer
        log.values.update(public_reply=reply, outcome=outcome)
        log.act("answer_follower", max(closed, log.steps[-1].at), MACHINE)


def _item(log: Log) -> tuple[dict[str, Any], list[Step]]:
    values = {name: value for name, value in log.values.items() if value is not None}
    for name in POINTS:
        if name in values:
            values[name] = Point(*values[name], srid=4326)
    values["status"] = log.status
    return values, log.steps


def _cases(session: Session, chapters: Sequence[Chapter], known: dict[int, int]) -> None:
    made = bulk_past(session, model("case"), [_item(chapter.case) for chapter in chapters])
    for chapter, record in zip(chapters, made, strict=True):
        chapter.case.record = record
        known[chapter.no] = record.pk


def _below(session: Session, chapters: Sequence[Chapter]) -> None:
    """Orders (leads first), tasks and applications."""
    leads: list[Log] = []
    helpers: list[Log] = []
    tasks: list[Log] = []
    applications: list[Log] = []
    for chapter in chapters:
        lead: dict[int, Log] = {}
        for log in chapter.orders:
            log.values["case"] = chapter.case.record
            if log.values["role"] == "lead":
                lead[log.values["round"]] = log
                leads.append(log)
            else:
                log.values["parent"] = lead[log.values["round"]]
                helpers.append(log)
        for log in (*chapter.tasks, *chapter.applications):
            log.values["case"] = chapter.case.record
        tasks += chapter.tasks
        applications += chapter.applications
    _write(session, "work_order", leads)
    for log in helpers:
        log.values["parent"] = log.values["parent"].record
    _write(session, "work_order", helpers)
    _write(session, "task", tasks)
    for log in applications:
        log.values["order"] = log.values["order"].record
    _write(session, "application", applications)


def _write(session: Session, name: str, logs: Sequence[Log]) -> None:
    made = bulk_past(session, model(name), [_item(log) for log in logs])
    for log, record in zip(logs, made, strict=True):
        log.record = record


def _clocks(chapters: Sequence[Chapter], calendar: WorkCalendar) -> None:
    """The clocks that ran, with what they used."""
    rows = []
    for chapter in chapters:
        for register, logs in (("case", (chapter.case,)), ("work_order", chapter.orders), ("task", chapter.tasks)):
            for log in logs:
                rows += [_clock(register, log, index, calendar) for index in range(len(log.timers))]
    copy_in(Clock, rows)


def _clock(register: str, log: Log, index: int, calendar: WorkCalendar) -> Clock:
    timer = log.timers[index]
    stopped = timer.stopped or log.steps[-1].at
    unit = timer.limit[1]
    return Clock(
        register=register, record_id=log.record.pk, name=timer.name, unit_id=timer.unit_id, limit_value=timer.limit[0],
        limit_unit=unit, calendar_version=calendar.version, started_at=timer.started, due_at=timer.due,
        warn_at=timer.due, stopped_at=stopped, paused_seconds=timer.paused_seconds, overtime=stopped > timer.due,
        used=max(0, calendar.elapsed(timer.started, stopped, unit) - timer.paused_seconds))
