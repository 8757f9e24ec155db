"""What other rooms may use of the territory: where a point lies, what an area is called, and re-linking.

* `grid_at`, `grids_at`, `area_name`: look-ups; `Atlas` for those who need many of them.
* `check`: the violations of one area's children.
* `Settled`: put it in `DECLARES` when records of a register keep the area code of their day; `Covers`, when
  the code says what a record is responsible for, not where it lies. All other
  registers with an `AreaCodeField` follow their area by themselves; the event `territory.relinked`
  (payload: areas, heirs, recoded, counts) tells who wants to know.
"""

from gezhi.foundation.territory.checking import check
from gezhi.foundation.territory.lookup import Atlas, area_name, atlas, forget, grid_at, grids_at
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.relink import EVENT as RELINKED
from gezhi.foundation.territory.relink import Covers, Settled

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
]
