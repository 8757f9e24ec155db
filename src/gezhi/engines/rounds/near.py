"""How far from the place somebody stands."""

from __future__ import annotations

import math
from typing import Any

EARTH = 6_371_008.8
"""Mean radius of the earth in metres (IUGG)."""


def metres(a: Any, b: Any) -> float:
    """Distance of two WGS84 points, in metres (haversine; exact to 0.5 %)."""
    lat1, lat2 = math.radians(a.y), math.radians(b.y)
    x = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(
        math.radians(b.x - a.x) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(x))
