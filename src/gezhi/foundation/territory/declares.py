"""What this room declares."""

from __future__ import annotations

from typing import Any

from gezhi.foundation.territory import lookup
from gezhi.foundation.territory.grids import GridCells
from gezhi.foundation.territory.regions import Regions
from gezhi.kernel.events import Hook, Port


def _new_version(session: Any, _record: Any, _verb: str, _changed: set[str]) -> None:
    """Count the territory's version up, once a session, and drop this process's picture when it commits."""
    if lookup.forget not in session.after:
        lookup.bump()
        session.after.append(lookup.forget)


DECLARES = (
    Regions,
    GridCells,
    Hook("region", _new_version),
    Hook("grid_cell", _new_version),
    Port("area_names", lookup.area_name),
    Port("grid_at", lambda lon, lat: lookup.atlas().code_at(lon, lat)),
)
