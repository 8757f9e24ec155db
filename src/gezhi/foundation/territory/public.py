"""What other rooms may use of the territory: where a point lies, what an area is called, and re-linking.

* `settle`: what a register's `clean` calls so that each of its records has an area.
* `grid_at`, `grids_at`, `area_name`, `short_name`: look-ups; `Atlas` for those who need many of them.
* `check`: the violations of one area's children.
* `Settled`: put it in `DECLARES` when records of a register keep the area code of their day; `Covers`, when
  the code says what a record is responsible for, not where it lies. All other
  registers with an `AreaCodeField` follow their area by themselves; the event `territory.relinked`
  (payload: areas, heirs, recoded, counts) tells who wants to know.
"""

from typing import Any

from django.utils.translation import gettext as _

from gezhi.foundation.territory.checking import check
from gezhi.foundation.territory.lookup import Atlas, area_name, atlas, forget, grid_at, grids_at
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.plausible import short_name
from gezhi.foundation.territory.relink import EVENT as RELINKED
from gezhi.foundation.territory.relink import Covers, Settled
from gezhi.kernel.errors import Invalid


def settle(record: Any, changed: set[str], place: str = "place") -> None:
    """Give a record without an area that of the grid its point lies in.

    Args: record, changed: as `Register.clean` has them; place: the name of the point, if it has one.
    Raises: Invalid when there is neither an area nor a point in any grid.
    """
    if record.area_code:
        return
    point = getattr(record, place, None) if place else None
    found = grid_at(point.x, point.y) if point is not None else ""
    if not found:
        raise Invalid({"area_code": [_("请选择区域，或在地图上标出位置")]})
    record.area_code = found
    changed.add("area_code")


__all__ = [
    "RELINKED",
    "Atlas",
    "Covers",
    "GridCell",
    "Region",
    "Settled",
    "area_name",
    "atlas",
    "check",
    "forget",
    "grid_at",
    "grids_at",
    "settle",
    "short_name",
]
