"""Who answers for a matter in an area: the matrix first, then departments of the item's type, then the backstop.

Scores: a line naming the item 1.0, its category 0.8, its domain 0.6, everything 0.5, each next wider area 0.1 less;
a department of the item's type 0.45, one standing in for it 0.35; the nearest centre above, as backstop, 0.1. Two
candidates with one score mean that a person must choose.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from gezhi.foundation.units.unit import Unit

from .dept import DeptType, chain
from .duty import Responsibility
from .edition import in_force
from .item import Item

_BY_SCOPE = {7: 1.0, 4: 0.8, 2: 0.6, 0: 0.5}
_TYPE, _STAND_IN, _BACKSTOP = 0.45, 0.35, 0.1
_LENGTHS = (15, 12, 9, 6, 4)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may answer, how sure that is (0 to 1), why, and who assists."""

    unit_id: int
    score: float
    reason: str
    co_units: tuple[int, ...] = ()
    row: int = 0
    version: str = ""
    auto: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the matrix as the ranking needs it; ``why`` says why it does not hold at that time (see ``LOST``)."""

    scope: str
    area: str
    unit_id: int
    unit: str
    co_units: tuple[int, ...]
    valid_from: dt.date
    valid_to: dt.date | None
    row: int = 0
    version: str = ""
    auto: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """An answer with its grounds: who answers, best first, and every line that was looked at, with why it lost.

    Attributes:
        rows: ``{row, version, scope, area, unit, unit_id, co_units, score, lost}``; ``lost`` is ``""`` for the line
            that won, else a code of :data:`LOST`.
    """

    candidates: list[Candidate]
    rows: list[dict[str, Any]]


LOST = {
    "tie": _l("与另一行同分，须由人决定"), "item": _l("事项不如胜出的行具体"), "area": _l("区域不如胜出的行具体"),
    "off": _l("该行已停用"), "over": _l("该行已失效"), "not_yet": _l("该行尚未生效"), "unit_off": _l("承办单位已停用"),
}
"""Why a line of the matrix lost, in words."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit as the ranking needs it."""

    unit_id: int
    name: str
    kind: str
    dept_type: str
    area: str


def _scopes(item_code: str) -> list[str]:
    return list(dict.fromkeys((item_code[:7], item_code[:4], item_code[:2], "")))


def _areas(area_code: str) -> list[str]:
    return [area_code[:n] for n in _LENGTHS if len(area_code) >= n] + [""]


def rank_lines(lines: Iterable[Line]) -> list[Candidate]:
    """Candidates from lines that fit: the more exact scope first, then the narrower area."""
    ordered = sorted(lines, key=lambda line: (-len(line.scope), -len(line.area), line.unit_id))
    found: dict[int, Candidate] = {}
    widths: dict[str, list[str]] = {}
    for line in ordered:
        seen = widths.setdefault(line.scope, [])
        if line.area not in seen:
            seen.append(line.area)
        score = round(_BY_SCOPE[len(line.scope)] - 0.1 * seen.index(line.area), 2)
        reason = _("权责清单：%(scope)s × %(area)s → %(unit)s") % {
            "scope": line.scope or _("全部事项"), "area": line.area or _("全市"), "unit": line.unit}
        if line.unit_id not in found or found[line.unit_id].score < score:
            found[line.unit_id] = Candidate(line.unit_id, score, reason, line.co_units, line.row, line.version,
                                            line.auto)
    return sorted(found.values(), key=lambda candidate: -candidate.score)


def rank_types(desks: Sequence[Desk], types: Sequence[str], area_code: str) -> list[Candidate]:
    """Candidates from department types: the item's own type before its stand-ins, the narrower area first."""
    found = []
    for place, code in enumerate(types):
        fitting = [d for d in desks if d.dept_type == code and d.kind != "centre" and area_code.startswith(d.area)]
        if fitting:
            width = max(len(desk.area) for desk in fitting)
            score = _TYPE if place == 0 else _STAND_IN
            for desk in fitting:
                if len(desk.area) == width:
                    why = _("部门类型 %(code)s 在 %(area)s：%(unit)s") if place == 0 else _(
                        "由 %(code)s 代行，%(area)s：%(unit)s")
                    reason = why % {"code": code, "area": desk.area, "unit": desk.name}
                    found.append(Candidate(desk.unit_id, score, reason))
            break
    return found


def backstop(desks: Sequence[Desk], area_code: str) -> list[Candidate]:
    """The county's centre (else the nearest above, else the city's), which takes what nobody answers for."""
    centres = sorted((d for d in desks if d.kind == "centre"), key=lambda desk: len(desk.area))
    above = [desk for desk in centres if area_code.startswith(desk.area)]
    county = [desk for desk in above if len(desk.area) == 6]
    for desk in (*county[:1], *above[::-1], *(centres if not area_code else ())):
        return [Candidate(desk.unit_id, _BACKSTOP, _("职责不明确，由属地兜底：%s") % desk.name)]
    return []


def weigh_lines(lines: Sequence[Line]) -> Weighed:
    """Candidates from the lines that hold, and the verdict on each line."""
    held = [line for line in lines if not line.why]
    found = rank_lines(held)
    best = found[0] if found else None
    top = [c for c in found if best is not None and c.score == best.score]
    rows = []
    for line in sorted(lines, key=lambda one: (bool(one.why), -len(one.scope), -len(one.area), one.row)):
        mine = next((c for c in found if c.row == line.row), None) if not line.why else None
        lost = line.why
        if not lost and best is not None and line.row != best.row:
            won = next(one for one in held if one.row == best.row)
            lost = ("tie" if mine in top else "item" if len(line.scope) < len(won.scope) else "area")
        elif not lost and len(top) > 1:
            lost = "tie"
        rows.append({"row": line.row, "version": line.version, "scope": line.scope, "area": line.area,
                     "unit": line.unit, "unit_id": line.unit_id, "co_units": list(line.co_units),
                     "score": mine.score if mine is not None else None, "lost": lost})
    return Weighed(found, rows)


def _line(row: Responsibility, day: dt.date) -> Line:
    why = ("off" if not row.active else "over" if row.valid_to is not None and row.valid_to < day else
           "not_yet" if row.valid_from > day else "unit_off" if not row.unit.active else "")
    return Line(row.scope, row.area_code, row.unit_id, str(row.unit), tuple(row.co_units), row.valid_from, row.valid_to,
                row.pk, row.label, row.auto, why)


def _desks(only: Q) -> list[Desk]:
    found = Unit.objects.filter(only, active=True).order_by("id")
    return [Desk(u.pk, str(u), u.kind, u.dept_type, u.area_code)
            for u in found.only("id", "name", "short_name", "kind", "dept_type", "area_code")]


def weigh(item_code: str, area_code: str, at: dt.datetime | None = None) -> Weighed:
    """Who answers for an item in an area, with the grounds; one indexed query when the matrix knows.

    Args:
        item_code: 7-digit code.
        area_code: of any level.
        at: moment for which it is asked (now by default).

    Returns:
        Candidates (none only where no unit at all stands), and the lines of the matrix that were looked at.
    """
    day = timezone.localdate(at or timezone.now())
    rows = Responsibility.objects.filter(scope__in=_scopes(item_code), area_code__in=_areas(area_code))
    seen = weigh_lines([_line(row, day) for row in rows.select_related("unit")])
    if seen.candidates:
        return seen
    edition = in_force(at)
    item = Item.objects.filter(edition=edition, code=item_code).only("lead_dept").first() if edition else None
    types = chain(item.lead_dept, dict(DeptType.objects.values_list("code", "fallback"))) if item else ()
    desks = _desks(Q(dept_type__in=types) | Q(kind="centre"))
    return Weighed(rank_types(desks, types, area_code) or backstop(desks, area_code), seen.rows)


def responsible(item_code: str, area_code: str, at: dt.datetime | None = None) -> list[Candidate]:
    """Who answers for an item in an area, best first; see :func:`weigh`."""
    return weigh(item_code, area_code, at).candidates


class Matrix:
    """The whole matrix in memory, for many questions in a row (imports, the demo city, a batch of dispatches).

    Answers exactly as :func:`responsible` does for the time it was loaded, unless lines are changed by ``without``
    and ``beside``: then as it would answer (the replay of a proposed line on past cases).

    Args:
        without: ids of lines to leave out.
        beside: lines to add.
    """

    def __init__(self, at: dt.datetime | None = None, *, without: Iterable[int] = (), beside: Iterable[Line] = ()
                 ) -> None:
        day = timezone.localdate(at or timezone.now())
        rows = Responsibility.objects.filter(
            Q(valid_to=None) | Q(valid_to__gte=day), active=True, unit__active=True,
            valid_from__lte=day).exclude(pk__in=list(without)).select_related("unit")
        self._lines: dict[tuple[str, str], list[Line]] = {}
        for line in (*(_line(row, day) for row in rows), *beside):
            self._lines.setdefault((line.scope, line.area), []).append(line)
        edition = in_force(at)
        items = Item.objects.filter(edition=edition).values_list("code", "lead_dept") if edition else ()
        self._types = dict(items)
        self._fallbacks = dict(DeptType.objects.values_list("code", "fallback"))
        self._desks = _desks(Q())
        self.depth = max((len(area) for area in (*(a for _scope, a in self._lines), *(d.area for d in self._desks))),
                         default=0)
        """Digits of an area the answer can depend on: no line and no unit speaks of a smaller one."""
        self._known: dict[tuple[str, str], list[Candidate]] = {}

    def responsible(self, item_code: str, area_code: str) -> list[Candidate]:
        """As :func:`responsible`."""
        key = (item_code, area_code[:self.depth])
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, item_code: str, area_code: str) -> list[Candidate]:
        areas = _areas(area_code)
        lines = [line for scope in _scopes(item_code) for area in areas for line in self._lines.get((scope, area), ())]
        if lines:
            return rank_lines(lines)
        lead = self._types.get(item_code)
        types = chain(lead, self._fallbacks) if lead else ()
        return rank_types(self._desks, types, area_code) or backstop(self._desks, area_code)
