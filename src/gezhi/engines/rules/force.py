"""Versions in force, kept in memory for a short while; and the deadline that the best of them sets."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from .declare import subject_of
from .tree import holds, values_of
from .version import RuleVersion

KEEP_SECONDS = 10.0
_kept: tuple[float, list[RuleVersion]] = (0.0, [])


@dataclass(frozen=True)
class Decision:
    """A limit set by a rule.

    Args:
        value, unit: the limit.
        name: number of the rule and its version, ``SX-0001 v2``; the record keeps it.
    """

    value: float
    unit: str
    name: str


def forget() -> None:
    """Ask the database again."""
    global _kept
    _kept = (0.0, [])


def _deadlines() -> list[RuleVersion]:
    """Approved and ended versions of deadline rules, the strongest first."""
    global _kept
    if _kept[0] < time.monotonic():
        rows = RuleVersion.objects.select_related("rule").filter(
            rule__family="deadline", status__in=("approved", "ended"), effective_from__isnull=False)
        _kept = (time.monotonic() + KEEP_SECONDS, list(rows.order_by("-priority", "-id")))
    return _kept[1]


def holds_at(version: RuleVersion, at: dt.datetime) -> bool:
    """Whether a version was in force at a moment."""
    return (version.effective_from is not None and version.effective_from <= at
            and (version.effective_to is None or at < version.effective_to))


def decide(register: str, clock: str, at: dt.datetime, record: Any = None, **given: Any) -> Decision | None:
    """The limit that the rule of highest priority sets for a clock that starts now, or ``None``: none matches.

    Args:
        at: when it starts; the versions of that moment decide.
        record: what it is about; ``given`` are facts that are known before they stand on it, by name.
    """
    found = [v for v in _deadlines() if v.clock == clock and v.rule.subject == register and holds_at(v, at)]
    if not found:
        return None
    subject = subject_of(register)
    for version in found:
        if holds(version.conditions, values_of(subject, version.conditions, record, given)):
            return Decision(float(version.limit_value or 0), version.limit_unit,
                            f"{version.rule.no} v{version.no}")
    return None


def sweeping(at: dt.datetime) -> list[RuleVersion]:
    """Versions of the other families that act now: in force, or ended but still good for what began under them."""
    rows = RuleVersion.objects.select_related("rule").filter(
        ~Q(rule__family="deadline"), status__in=("approved", "ended"), effective_from__lte=at)
    rows = rows.filter(Q(stops_at=None) | Q(stops_at__gt=at))
    return list(rows.exclude(effective_to__lte=F("effective_from")).order_by("id"))

