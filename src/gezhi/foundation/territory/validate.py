"""Check that areas tile the area above them, and say what is wrong, where, and how large it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import codes, measure, planar

# Rounding leaves less than a square metre, a slip of the hand leaves more.
TOLERANCE_M2 = 1.0


class Fault(StrEnum):
    """What can be wrong with the children of an area."""

    EMPTY = "empty"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    STRANGER = "stranger"
    OUTSIDE = "outside"
    OVERLAP = "overlap"
    GAP = "gap"

    @property
    def label(self) -> str:
        """The fault's name for the user, translated when it is shown."""
        return str(_LABELS[self])


_LABELS = {
    Fault.EMPTY: gettext_lazy("没有边界"),
    Fault.INVALID: gettext_lazy("边界无效"),
    Fault.DUPLICATE: gettext_lazy("代码重复"),
    Fault.STRANGER: gettext_lazy("不属于本区域"),
    Fault.OUTSIDE: gettext_lazy("超出上级边界"),
    Fault.OVERLAP: gettext_lazy("互相重叠"),
    Fault.GAP: gettext_lazy("存在空隙"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault: the codes concerned, its area in m², a point in it (degrees) and its shape, if any."""

    fault: Fault
    codes: tuple[str, ...]
    area_m2: float
    lon: float
    lat: float
    detail: str = ""
    shape: BaseGeometry | None = None

    @property
    def message(self) -> str:
        """The fault in words for the user: what, which areas, how large, where."""
        text = "".join((self.fault.label, _("："), "、".join(self.codes)))
        if self.area_m2:
            text += _("，面积 %(area).1f 平方米") % {"area": self.area_m2}
        if not np.isnan(self.lon):
            text += _("，位置 %(lon).6f, %(lat).6f") % {"lon": self.lon, "lat": self.lat}
        return f"{text}（{self.detail}）" if self.detail else text


def violations(
    parent_code: str,
    parent: BaseGeometry | None,
    children: Sequence[tuple[str, BaseGeometry | None]],
    tolerance_m2: float = TOLERANCE_M2,
) -> list[Violation]:
    """List everything that keeps children from being a partition of their parent.

    Args: parent_code: area code of the parent; parent: its boundary, or None where it is not known (then
    gaps and overhang cannot be seen and are not reported); children: (area code, boundary) pairs, WGS84
    degrees; tolerance_m2: a gap, overlap or overhang below it is rounding, not a fault.
    Returns: faults in the order of `Fault`, the largest first within each; empty when all is well.
    """
    found = [
        Violation(Fault.DUPLICATE, (code,), 0.0, np.nan, np.nan)
        for code, times in Counter(code for code, _shape in children).items()
        if times > 1
    ]
    found += [_at(Fault.STRANGER, (code,), shape) for code, shape in children if codes.parent_of(code) != parent_code]
    sound: list[tuple[str, BaseGeometry]] = []
    for code, shape in children:
        if shape is None or shapely.is_empty(shape):
            found.append(Violation(Fault.EMPTY, (code,), 0.0, np.nan, np.nan))
            continue
        if not shapely.is_valid(shape):
            found.append(_invalid(code, shape))
            shape = planar.areal(shape)
        if not shapely.is_empty(shape):
            sound.append((code, shape))
    found += _overlaps(sound, tolerance_m2)
    if parent is not None and not shapely.is_empty(parent):
        found += _against_parent(parent_code, parent, sound, tolerance_m2)
    order = list(Fault)
    return sorted(found, key=lambda v: (order.index(v.fault), -v.area_m2, v.codes))


def _overlaps(children: Sequence[tuple[str, BaseGeometry]], tolerance_m2: float) -> list[Violation]:
    shapes = np.array([shape for _code, shape in children], dtype=object)
    if len(shapes) < 2:
        return []
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = first < second
    first, second = first[keep], second[keep]
    shared = shapely.intersection(shapes[first], shapes[second])
    areas = measure.area_m2(shared)
    return [
        _at(Fault.OVERLAP, (children[a][0], children[b][0]), planar.areal(shape), float(area))
        for a, b, shape, area in zip(first, second, shared, areas, strict=True)
        if area > tolerance_m2
    ]


def _against_parent(
    code: str, parent: BaseGeometry, children: Sequence[tuple[str, BaseGeometry]], tolerance_m2: float
) -> list[Violation]:
    parent = parent if shapely.is_valid(parent) else planar.areal(parent)
    found = []
    for child, shape in children:
        over = shapely.difference(shape, parent)
        area = float(measure.area_m2(over))
        if area > tolerance_m2:
            found.append(_at(Fault.OUTSIDE, (child, code), planar.areal(over), area))
    left = shapely.difference(parent, shapely.union_all([shape for _code, shape in children]))
    for gap in planar.polygons_of(left):
        area = float(measure.area_m2(gap))
        if area > tolerance_m2:
            found.append(_at(Fault.GAP, (code,), gap, area))
    return found


def _at(fault: Fault, concerned: tuple[str, ...], shape: Any, area: float = 0.0) -> Violation:
    lon, lat = (np.nan, np.nan) if shape is None else measure.point_of(shape)
    return Violation(fault, concerned, area, lon, lat, shape=shape)


def _invalid(code: str, shape: BaseGeometry) -> Violation:
    """Name the place at which a boundary is invalid, as GEOS explains it: a reason and [x y]."""
    reason = str(shapely.is_valid_reason(shape))
    what, bracket, place = reason.partition("[")
    lon, lat = (float(part) for part in place.rstrip("]").split()[:2]) if bracket else (np.nan, np.nan)
    return Violation(Fault.INVALID, (code,), 0.0, lon, lat, detail=what.strip(), shape=shape)
