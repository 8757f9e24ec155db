"""Metric: declared once, shown as tile, series, table, map shading, export and API, always with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Metric:
    """A figure over the records of one register.

    Args:
        name, label: identity and heading.
        of: name of the register counted.
        where: filters in the language of lists; the same filters make the link to the rows, so that a tile
            equals the rows behind its link.
        measure: ``count``, or ``avg:field``, ``sum:field``, ``share`` (rows of ``where`` over rows of ``base``).
        base: filters of the denominator for ``share``.
        by: dimensions it may be grouped by (field names, ``area``).
        at: the moment field a period cuts.
        window: default period, ``24h``, ``7d``, ``30d``, ``all``.
        unit: ``""``, ``%``, ``h`` …
        good: ``up``, ``down`` or ``""``: which direction is good news.
        target: value aimed at.
        boards: boards it stands on, by name.
        chart: ``number``, ``line``, ``bar``, ``donut``, ``list``.
    """

    name: str
    label: Any
    of: str
    where: Mapping[str, str] = field(default_factory=dict)
    measure: str = "count"
    base: Mapping[str, str] | None = None
    by: tuple[str, ...] = ()
    at: str = ""
    window: str = "24h"
    unit: str = ""
    good: str = ""
    target: float | None = None
    boards: tuple[str, ...] = ()
    chart: str = "number"
