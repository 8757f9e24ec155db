"""Check stored areas: do the children of a region tile it?"""

from __future__ import annotations

from typing import Any

from django.apps import apps

from gezhi.foundation.territory import codes, shapes, validate
from gezhi.foundation.territory.validate import Violation
from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import area_q

_SHOWN = 50


def check(area_code: str, tolerance_m2: float = validate.TOLERANCE_M2) -> list[Violation]:
    """List the violations among the active children of a region.

    A community's children are its general and dedicated grid cells; micro cells lie over them and may
    leave gaps. Children without any boundary among them are not faults while none of them has one.
    Args: area_code: of a region in use; tolerance_m2: smaller faults are rounding.
    Raises: LookupError: there is no such region.
    """
    region = apps.get_model("territory", "Region").objects.filter(area_code=area_code).first()
    if region is None:
        raise LookupError(area_code)
    return _check(region, tolerance_m2)


def check_below(area_code: str, tolerance_m2: float = validate.TOLERANCE_M2) -> dict[str, list[Violation]]:
    """List the violations of a region and of everything below it, by the region's code; sound ones are left out.

    Args: area_code: where to begin, "" for everything; tolerance_m2: smaller faults are rounding.
    Raises: LookupError: no region in use has a code of *area_code* or below.
    """
    found = apps.get_model("territory", "Region").objects.filter(area_q("area_code", area_code), status="active")
    if area_code and not found.exists():
        raise LookupError(area_code)
    result = {region.area_code: _check(region, tolerance_m2) for region in found.order_by("area_code")}
    return {code: faults for code, faults in result.items() if faults}


def check_panel(record: Any, _actor: Actor) -> dict[str, Any]:
    """Data of the panel on a region's page: the faults of its children, the worst of each kind first."""
    faults = _check(record, validate.TOLERANCE_M2)
    rows = [
        {"kind": fault.fault.label, "text": fault.message, "lon": fault.lon, "lat": fault.lat}
        for fault in faults[:_SHOWN]
    ]
    return {"faults": rows, "count": len(faults), "more": max(0, len(faults) - _SHOWN)}


def _check(region: Any, tolerance_m2: float) -> list[Violation]:
    if region.level == codes.Level.COMMUNITY:
        children = region.cells.filter(status="active").exclude(kind="micro")
    else:
        children = region.children.filter(status="active")
    pairs = [(code, shapes.to_shapely(raw)) for code, raw in children.values_list("area_code", "boundary")]
    if not any(shape is not None for _code, shape in pairs):
        return []
    return validate.violations(region.area_code, shapes.to_shapely(region.boundary), pairs, tolerance_m2)
