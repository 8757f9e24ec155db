"""What other rooms may ask of cases: take a report in, look a case up by its code, act for a citizen, follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act, allowed
from gezhi.kernel import convoy
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Conflict, Invalid, Missing
from gezhi.kernel.kinds import kinds_of
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry

from .case import UNIQUE_SOURCE, Case
from .case_flow import CaseFlow
from .moves import intake
from .order import WorkOrder
from .similar import Similar, similar
from .suggest import Suggestion, suggestions
from .tools import brief, last_clock

CITIZEN_MOVES = frozenset({"supplement", "withdraw", "urge", "rate", "ask_redo"})
"""What a citizen may do with their query code."""
TABLE_SOURCE = "casefile"
"""The source of rows of tables, whether they come by the desk or by ``gezhi import cases``."""
_TRIES = 3


def report(actor: Actor, values: Mapping[str, Any], *, source: str = "", source_key: str = "",
           at: dt.datetime | None = None) -> tuple[Case, bool]:
    """Take in a report: the one way for every channel; idempotent by the sender's key.

    A plain report is one statement (record, history and event); one with attachments or of the first urgency is
    written by the ordinary door, in one transaction too.

    Args:
        actor: who reports; needs the permission ``case.report``.
        values: inputs of the move ``report`` (raw or Python values); the system may add ``invented``.
        source: name of the sending system; ``source_key``: its key of this report, ``""`` for none.
        at: past moment of the report; the system only.

    Returns:
        The case, and whether it was made by this call; a repeated report gives back the first one's case.

    Raises:
        Refused, Invalid: nothing was written.
    """
    clean = read(actor, values)
    clean.update(source=source or clean.get("source", ""), source_key=source_key or clean.get("source_key", ""))
    if _slow(clean):
        return _slowly(actor, clean, at)
    session = Session(actor, at)
    session.permit(registry.register("case"), "report")
    checked = frozenset(clean) - {"urgency"}  # read by the same kinds as the case's own; see test_report_asks
    for attempt in range(_TRIES):
        row = intake.prepare(actor, clean, session.now)
        intake.plan_accept(session, row)
        row["status"] = CaseFlow.reported.code
        try:
            case, made = convoy.insert_one(
                actor, Case, row, verb="report", conflict=UNIQUE_SOURCE if clean["source_key"] else "",
                payload={"title": row["title"], "channel": row["channel"], "to": "reported"}, session=session,
                checked=checked)
        except IntegrityError as error:  # the random query code is taken
            if "query_code" not in str(error) or attempt == _TRIES - 1:
                raise
            continue
        return (case, True) if made else (by_source(clean["source"], clean["source_key"]) or case, False)
    raise AssertionError("unreachable")


def _slow(values: Mapping[str, Any]) -> bool:
    """What needs more than one statement: documents to tie, an alarm to raise, a door that is open already."""
    return bool(values.get("photos")) or values.get("urgency") == "urgent1" or bool(
        registry.hooks_of("case")) or convoy.inside()


def _slowly(actor: Actor, clean: dict[str, Any], at: dt.datetime | None) -> tuple[Case, bool]:
    asked = {a.name for a in CaseFlow.report.ask}
    extra = {k: v for k, v in clean.items() if k not in asked}
    if clean["source_key"] and (known := by_source(clean["source"], clean["source_key"])):
        return known, False
    try:
        with transaction.atomic(), door(actor, at=at) as session:
            case = act(actor, Case, "report", {k: v for k, v in clean.items() if k in asked}, at=at)
            if extra:
                case = session.change(case, extra, verb="mark", trusted=True, emit=False)
        return case, True
    except Invalid:
        known = by_source(clean["source"], clean["source_key"]) if clean["source_key"] else None
        if known is None:
            raise
        return known, False


def read(actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check a report's values by kind.

    Raises:
        Invalid: all wrong values at once, unknown names among them.
    """
    asks = {a.name: a for a in CaseFlow.report.ask}
    extra = ("invented",) if actor.kind == "system" else ()
    errors: dict[str, list[Any]] = {n: [_("没有“%s”这一项") % n] for n in values if n not in asks and n not in extra}
    out: dict[str, Any] = {}
    for name, ask in asks.items():
        if name in values or ask.kind.required:
            try:
                out[name] = ask.kind.parse(values.get(name))
            except Invalid as error:
                errors.update(error.errors)
    if errors:
        raise Invalid(errors)
    out.update({n: kinds_of(Case)[n].parse(values[n]) for n in extra if n in values})
    return out


def by_source(source: str, source_key: str) -> Case | None:
    """The case that came from another system under its key."""
    return Case.objects.filter(source=source, source_key=source_key).exclude(source_key="").first()


def by_code(query_code: str) -> Case:
    """The case of a query code.

    Raises:
        Missing: there is none.
    """
    case = Case.objects.filter(query_code=query_code.strip().upper()).first() if query_code else None
    if case is None:
        raise Missing(_("没有找到该查询码对应的诉求，请核对后重试"))
    return case


def citizen(actor: Actor) -> Actor:
    """A citizen who showed the query code of a case: may do with that case what its reporter may."""
    grants = {f"case.{name}": ("all",) for name in (*CITIZEN_MOVES, "view")}
    return replace(actor, role="public", grants={**actor.grants, **grants})


def citizen_moves(actor: Actor, case: Case) -> list[Any]:
    """Moves a citizen may make on the case whose code they showed."""
    return [move for move in allowed(citizen(actor), case) if move.name in CITIZEN_MOVES]


def act_as_citizen(actor: Actor, query_code: str, move: str, inputs: Mapping[str, Any]) -> Case:
    """Make a citizen's move on the case of a query code.

    Raises:
        Missing, Conflict, Invalid.
    """
    if move not in CITIZEN_MOVES:
        raise Missing
    return act(citizen(actor), by_code(query_code), move, inputs)


def progress(case: Case) -> list[dict[str, Any]]:
    """What a citizen sees of a case: public moves with their times, and the present step."""
    from gezhi.engines.history import timeline

    out = []
    for row in timeline(case):
        move = CaseFlow.moves().get(row.verb)
        if move is not None and move.public and (row.verb != "advance" or row.source != row.target):
            state = CaseFlow.states().get(row.target)
            out.append({"at": row.at, "verb": str(move.label), "state": str(state.label) if state else "",
                        "stage": str(state.stage) if state else ""})
    return out


def entrust(values: Mapping[str, Any], unit: Any, limit: tuple[float, str], why: str, *, source: str,
            source_key: str) -> Case:
    """A case for a duty that a law sets: taken in, filed and given to the unit whose duty it is, by the system, once.

    Args:
        values: inputs of the move ``report``.
        limit: value and unit of the legal time limit.
        why: the law, kept with filing and dispatch.
        source: register of the record it is about; ``source_key``: that record's id.
    """
    with door(SYSTEM):
        case, made = report(SYSTEM, values, source=source, source_key=source_key)
        if made:
            amount = {"value": limit[0], "unit": limit[1]}
            case = act(SYSTEM, case, "entrust", {"limit": amount, "opinion": why})
            case = act(SYSTEM, case, "dispatch", {"mode": "single", "unit": unit, "limit": amount, "opinion": why})
            for order in case.orders.filter(status="pending_sign"):  # a duty by law asks for nobody's signature
                act(SYSTEM, order, "sign")
            case.refresh_from_db()
    return case


def concluded(case: Case, result: str, reply: str, outcome: str) -> bool:
    """An entrusted case is over where it was really dealt with: result, review and closing follow, by the system.

    Returns:
        Whether it is closed now; where people have moved it elsewhere meanwhile, it is left to them.
    """
    with door(SYSTEM):
        for order in case.orders.filter(round=case.round, status__in=("handling", "unit_review")):
            act(SYSTEM, order, "submit_result", {"result": result, "outcome": outcome, "reply": reply,
                                                 "contact_method": "letter", "contact_at": None})
        case = Case.objects.get(pk=case.pk)
        if case.status == "pending_review":
            case = act(SYSTEM, case, "review_pass", {"inspect": "no"})
        if case.status == "pending_close":
            case = act(SYSTEM, case, "close")
    return case.status == "closed"


def panel_of(source: str, label: Any, when: Any = None) -> Panel:
    """A panel for a register whose records become cases: the case, its present step, and the way to it for whoever
    may see it."""
    def found(record: Any, actor: Actor) -> dict[str, Any]:
        case = by_source(source, str(record.pk))
        if case is None:
            return {"case": None}
        return {"case": case, "state": case.get_status_display(), "light": case.light(), "steps": progress(case),
                "seen": permits(registry.register("case"), actor, "view", case)}

    return Panel("case", label, "desk/panels/source_case.html", found, phone=True, when=when)


def followers(case: Case) -> list[int]:
    """Ids of the staff who are to be told of a case: those who follow it, and who reported it."""
    ids = list(case.follows.filter(until=None, staff__isnull=False).values_list("staff_id", flat=True))
    return list(dict.fromkeys([*ids, *([case.reported_by_id] if case.reported_by_id else [])]))


def exempt(actor: Actor, order: WorkOrder, why: str) -> WorkOrder:
    """Grant an appeal against an overtime: statistics count the order as on time, its clock keeps the fact.

    The caller has permitted it (an appeal is decided elsewhere).

    Args:
        why: the ground, kept in history.

    Raises:
        Conflict: the order was not late.
    """
    with door(actor) as session:
        order = session.lock(order)
        clock = last_clock(order, "handle")
        if clock is None or not clock.overtime:
            raise Conflict(_("该工单没有超期，无须免责"))
        clock.exempt = True
        clock.save(update_fields=["exempt"])
        order = session.change(order, {"overtime": False}, verb="exempt", opinion=why, trusted=True)
        case = session.lock(order.case)
        late = case.orders.filter(round=case.round, parent=None, overtime=True).exists()
        if case.overtime and not late:
            mine = last_clock(case, "handle")
            if mine is not None and mine.overtime:
                mine.exempt = True
                mine.save(update_fields=["exempt"])
            session.change(case, {"overtime": False}, verb="exempt", opinion=why, trusted=True)
    return order


__all__ = ["CITIZEN_MOVES", "Case", "CaseFlow", "Conflict", "Similar", "Suggestion", "act_as_citizen",
           "brief", "by_code", "by_source", "citizen", "citizen_moves", "concluded", "entrust", "exempt", "followers",
           "panel_of", "progress", "read", "report", "similar", "suggestions"]
