"""The room's tables; each noun has its own file."""

from gezhi.foundation.territory.grids import GridCell
from gezhi.foundation.territory.regions import Region

__all__ = ["GridCell", "Region"]
