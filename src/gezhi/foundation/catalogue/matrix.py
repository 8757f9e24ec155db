"""Fill the responsibility matrix from department types: a first matrix for a city that has none."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from gezhi.foundation.units.unit import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import door

from .dept import DeptType, chain
from .duty import Responsibility
from .edition import in_force
from .item import Item


def _standing(units: dict[str, list[Unit]], types: tuple[str, ...]) -> list[Unit]:
    """Units of the first type of a chain that stands anywhere."""
    return next((units[code] for code in types if units.get(code)), [])


def _nearest(units: list[Unit], area: str) -> Unit | None:
    """Of several units of one type, the one of the narrowest area that contains ``area``."""
    above = [unit for unit in units if area.startswith(unit.area_code)]
    return max(above, key=lambda unit: len(unit.area_code), default=None)


def derive(legal_basis: str = "") -> int:
    """Add a line for every item and every unit of its lead department type that no line names yet.

    Command centres are left out: they are the backstop. Lines made so carry ``derived`` and may be edited.

    Args:
        legal_basis: kept on each line.

    Returns:
        How many lines were added; 0 when the matrix is already full.
    """
    edition = in_force()
    if edition is None:
        return 0
    fallbacks = dict(DeptType.objects.values_list("code", "fallback"))
    units: dict[str, list[Unit]] = {}
    for unit in Unit.objects.filter(active=True).exclude(dept_type="").exclude(kind="centre").order_by("id"):
        units.setdefault(unit.dept_type, []).append(unit)
    have = set(Responsibility.objects.values_list("scope", "area_code"))
    lines: list[dict[str, Any]] = []
    for item in Item.objects.filter(edition=edition).order_by("code"):
        leads = _standing(units, chain(item.lead_dept, fallbacks))
        helpers = [_standing(units, chain(code, fallbacks)) for code in item.co_depts]
        for lead in leads:
            if (item.code, lead.area_code) in have:
                continue
            have.add((item.code, lead.area_code))
            beside = (_nearest(group, lead.area_code) for group in helpers)
            co_units = dict.fromkeys(unit.pk for unit in beside if unit is not None and unit.pk != lead.pk)
            lines.append({
                "scope": item.code, "area_code": lead.area_code, "unit": lead, "co_units": list(co_units),
                "edition": edition, "legal_basis": legal_basis, "valid_from": edition.effective_from, "derived": True})
    with door(SYSTEM, at=timezone.now()) as session:
        bulk_create(session, Responsibility, lines, verb="derive")
    return len(lines)
