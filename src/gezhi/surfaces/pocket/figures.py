"""My own figures: what I did today and this month, and how much of what I finished was in time. From history alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from gezhi.kernel.access import parse_grants
from gezhi.kernel.actors import Actor
from gezhi.kernel.records import History
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import work


def figures(me: Actor, now: dt.datetime | None = None) -> dict[str, Any]:
    """What a person has done with their own hands, in this calendar month of the city's time.

    Returns:
        ``today`` and ``month``: acts; ``rows``: ``{label, today, month}`` a move, the most frequent first;
        ``finished``, ``in_time``: records brought to their end this month, and those of them that were not overdue;
        ``share``: in_time over finished in percent, ``None`` when nothing was finished.
    """
    day = timezone.localtime(now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    month = day.replace(day=1)
    own = History.objects.filter(user_id=me.user_id, at__gte=month)
    counted = own.values("register", "verb").annotate(month=Count("pk"), today=Count("pk", filter=Q(at__gte=day)))
    rows = []
    for row in counted:
        register = registry.registers.get(row["register"])
        move = register.flow.moves().get(row["verb"]) if register is not None and register.flow is not None else None
        # What a move brought about by itself is nobody's own act.
        if move is not None and not move.quiet and set(parse_grants(move.who)) != {"system"}:
            rows.append({"label": move.label, "of": register.label if register else "", "month": row["month"],
                         "today": row["today"]})
    rows.sort(key=lambda row: -row["month"])
    finished, late = _finished(own)
    return {"rows": rows, "today": sum(r["today"] for r in rows), "month": sum(r["month"] for r in rows),
            "finished": finished, "in_time": finished - late,
            "share": round(100 * (finished - late) / finished) if finished else None}


def _finished(own: Any) -> tuple[int, int]:
    """Records that my acts brought to an end, and how many of them were overdue."""
    finished = late = 0
    for register in work.flows():
        found = register.model.objects.filter(pk__in=_ended(own, register))
        counts = found.aggregate(all=Count("pk"), late=Count("pk", filter=Q(overtime=True)))
        finished, late = finished + counts["all"], late + counts["late"]
    return finished, late


def _ended(own: Any, register: Register) -> Any:
    """Ids of the records of a register that these acts brought to a final state."""
    ends = [code for code, state in register.flow.states().items() if state.final] if register.flow else []
    return own.filter(register=register.name, target__in=ends).exclude(source__in=ends).values("record_id")
