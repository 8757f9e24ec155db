"""Maps from outside that may lie under ours: XYZ and WMTS addresses and 天地图, as the browser's map takes them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop
from pydantic import BaseModel, Field, field_validator

from .text import _

WMTS = {"tilematrix": "{z}", "tilerow": "{y}", "tilecol": "{x}", "style": "default", 
        "tilematrixset": "GoogleMapsCompatible"}
"""Places in the address of a WMTS (as its capabilities give it), and what stands there for Web Mercator."""
TIANDITU = "https://t{{0-7}}.tianditu.gov.cn/{name}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={name}" \
           "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
"""天地图's Web Mercator tiles; ``vec`` and ``img`` are streets and pictures, ``cva`` and ``cia`` their names."""
_PLACE = re.compile(r"\{([^{}]+)\}")
_RANGE = re.compile(r"(\w)-(\w)")


class Source(BaseModel):
    """A map from outside.

    Args:
        name: what the reader chooses it by.
        url: XYZ address with ``{z} {x} {y}`` (``{-y}`` counts rows from the south), or a WMTS one with ``{TileMatrix}
            {TileRow} {TileCol}``; ``{a-c}`` stands for several servers. Its datum is WGS84 or CGCS2000.
        overlay: the same for names that lie above it.
        attribution: words its provider asks to be shown, with the map's approval number (审图号).
    """

    name: str = Field(min_length=1, max_length=20)
    url: str
    overlay: str = ""
    attribution: str = ""
    max_zoom: int = Field(18, ge=1, le=22)

    @field_validator("url", "overlay")
    @classmethod
    def _places(cls, value: str) -> str:
        if not value:
            return value
        plain = xyz(value)
        places = set(_PLACE.findall(plain))
        if urlsplit(plain).scheme not in ("http", "https", "") or not {"z", "x"} <= places or not {"y", "-y"} & places:
            raise ValueError(_("应为含 {z}/{x}/{y} 或 {TileMatrix}/{TileRow}/{TileCol} 的地址"))
        return value

    @property
    def addresses(self) -> list[str]:
        """Addresses of the tiles, one a server."""
        return servers(xyz(self.url))

    def hosts(self) -> set[str]:
        """Servers the browser must be allowed to ask."""
        every = [*self.addresses, *(servers(xyz(self.overlay)) if self.overlay else [])]
        return {f"{at.scheme}://{at.netloc}" for at in map(urlsplit, every) if at.netloc}

    def props(self) -> dict[str, Any]:
        """The source as ``gz-map`` takes it."""
        scheme: Literal["tms", "xyz"] = "tms" if "{-y}" in self.url else "xyz"
        out = {"name": self.name, "tiles": [a.replace("{-y}", "{y}") for a in self.addresses], "scheme": scheme,
               "attribution": self.attribution, "maxzoom": self.max_zoom}
        return {**out, "overlay": servers(xyz(self.overlay))} if self.overlay else out


def xyz(url: str) -> str:
    """An address with the places of a WMTS written as those of XYZ."""
    return _PLACE.sub(lambda m: WMTS.get(m[1].lower(), m[0]), url)


def servers(url: str) -> list[str]:
    """One address a server: ``{a-c}`` becomes a, b and c."""
    found = next((m for m in _PLACE.finditer(url) if _RANGE.fullmatch(m[1])), None)
    if found is None:
        return [url]
    first, last = found[1].split("-")
    names = [chr(n) for n in range(ord(first), ord(last) + 1)][:10]
    return [url.replace(found[0], name) for name in names]


def tianditu(key: str) -> list[Source]:
    """The two maps of 天地图 for a key of its developers' site; none without a key."""
    if not key:
        return []
    words = gettext_noop("天地图")
    return [Source(name=gettext_noop("天地图街道"), url=TIANDITU.format(name="vec", key=key),
                   overlay=TIANDITU.format(name="cva", key=key), attribution=words),
            Source(name=gettext_noop("天地图影像"), url=TIANDITU.format(name="img", key=key),
                   overlay=TIANDITU.format(name="cia", key=key), attribution=words)]


def hosts(sources: Iterable[Source]) -> list[str]:
    """Servers of all sources, each once."""
    return sorted(set(itertools.chain.from_iterable(one.hosts() for one in sources)))
