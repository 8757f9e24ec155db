"""Places of the real messages: their publisher coded them (A1区 … A9区), so they stand for demo districts."""

from __future__ import annotations

import re
from functools import cache

from gezhi.foundation.territory.public import Region

ZONE = re.compile(r"A([1-9])(?:区|县|市)")
NOTE = "来源数据的地名已由发布者编码；A1区…A9区按代码顺序对应本城市的区县，仅作演示，并非真实地点"
"""Said wherever such a place is shown or counted."""


@cache
def _counties() -> tuple[str, tuple[str, ...]]:
    codes = list(Region.objects.filter(level="county", status="active").order_by("area_code")
                 .values_list("area_code", flat=True))
    city = Region.objects.filter(level="city", status="active").order_by("area_code").first()
    return (city.area_code if city else "", tuple(codes))


def city_code() -> str:
    """``area_code`` of the city this installation serves."""
    return _counties()[0]


def area_of(*texts: str) -> str:
    """``area_code`` for a coded place in the texts (the first that names one): a district, else the whole city."""
    city, counties = _counties()
    for text in texts:
        found = ZONE.search(text or "")
        if found and counties:
            return counties[(int(found[1]) - 1) % len(counties)]
    return city


def forget() -> None:
    """Read the territory again (it was changed)."""
    _counties.cache_clear()
