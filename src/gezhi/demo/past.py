"""Write the ended cases: whole chapters at a time, repeats after the cases they repeat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from gezhi.demo.chronicle import SOURCE, World
from gezhi.demo.directory import MACHINE
from gezhi.demo.handling import tell
from gezhi.demo.plan import Plan
from gezhi.domains.cases.past import Chapter, write_below, write_cases
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import Session
from gezhi.kernel.registry import registry


def model(name: str) -> Any:
    """The model of a register."""
    return registry.register(name).model


def written(seed: int) -> dict[int, int]:
    """Cases of this city that stand already: position in the plan to id."""
    rows = model("case").objects.filter(source=SOURCE, source_key__startswith=f"{seed}-")
    return {int(key.partition("-")[2]): pk for key, pk in rows.values_list("source_key", "pk")}


def write(session: Session, world: World, plan: Plan, numbers: Sequence[int], known: dict[int, int]) -> None:
    """Write some ended cases with everything below them.

    Args:
        session: the system's open door.
        world, plan: what the chapters are told from.
        numbers: positions in the plan, in order.
        known: ids of cases by position; the new ones are added.
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
    write_below(session, chapters)


def _cases(session: Session, chapters: Sequence[Chapter], known: dict[int, int]) -> None:
    write_cases(session, chapters)
    known.update((chapter.no, chapter.case.record.pk) for chapter in chapters)


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
