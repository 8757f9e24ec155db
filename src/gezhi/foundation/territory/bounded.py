"""What regions and grid cells have in common: a boundary with what follows from it, former codes, being in use."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.contrib.gis.geos import Point
from django.db import models
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import measure, shapes
from gezhi.foundation.territory.fields import DrawnPolygonField, FormerCodesField
from gezhi.kernel.actors import Actor
from gezhi.kernel.workflow import Ask, State

USED = {"status": "active"}
GRANTS = {"view": "*:all public:all", "change": "admin:area", "export": "*:area", "import": "admin:area"}
"""Who does what with an area; its boundary and its code are changed by moves alone."""


class Bounded(models.Model):
    """An area with a boundary; `made` says that it was made up because no real one was to be had."""

    made = models.BooleanField(_("边界为模拟"), default=False, editable=False)
    centre = PointField(_("中心点"), null=True, blank=True, editable=False, spatial_index=False)
    area_m2 = models.FloatField(_("面积（平方米）"), null=True, blank=True, editable=False)
    former_codes = FormerCodesField(_("曾用代码"))

    class Meta:
        abstract = True


def in_use() -> State:
    """The state of an area that is used."""
    return State(_("启用"), tone="work", rest=True)


def out_of_use() -> State:
    """The state of an area that is no longer used; it stays, because old records carry its code."""
    return State(_("停用"), tone="stop", rest=True)


def opinion() -> Ask:
    """A remark that may be left out."""
    return Ask("opinion", models.TextField(_("说明"), blank=True))


def boundary(label: Any) -> Ask:
    """A new boundary, drawn from the present one. Args: label: what it is called."""
    return Ask("boundary", DrawnPolygonField(label), _present)


def _present(record: Any, _actor: Actor) -> Any:
    """The boundary as it is, if it is one piece."""
    found = getattr(record, "boundary", None)
    if found is not None and found.geom_type == "MultiPolygon":
        return found[0] if len(found) == 1 else None
    return found


def measured(record: Any, changed: set[str]) -> BaseGeometry | None:
    """Derive area and centre from a boundary that has changed.

    Args: record: a region or a cell. changed: names of changed fields; what was derived is added.
    Returns: the boundary, or None when it has not changed.
    """
    if "boundary" not in changed or record.boundary is None:
        return None
    shape = shapes.to_shapely(record.boundary)
    record.area_m2 = measure.area_m2(shape)
    record.centre = Point(*measure.point_of(shape), srid=shapes.SRID)
    changed |= {"area_m2", "centre"}
    return shape
