"""Fields of the territory: an area's own code, and shapes that a person draws."""

from __future__ import annotations

import json
import random
from typing import Any

from django.contrib.gis.db import models as gis
from django.contrib.gis.gdal.error import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from gezhi.foundation.territory import codes
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.kinds import AreaKind, Kind, ShapeKind


class OwnCodeKind(AreaKind):
    """The code of the area itself: shown as it is, and checked wholly (`codes.normalise`)."""

    widget_type = "text"

    def show(self, value: Any) -> str:
        return str(value or "")

    def clean(self, raw: Any) -> str:
        try:
            return codes.normalise(str(raw))
        except codes.CodeError as error:
            raise self.wrong(str(error)) from None

    def sample(self, rng: random.Random) -> str:
        return f"3205{rng.randint(1, 98):02}"


class OwnGridCodeKind(OwnCodeKind):
    """The code of a grid cell itself: fifteen digits."""

    def clean(self, raw: Any) -> str:
        code = super().clean(raw)
        if codes.level_of(code) is not codes.Level.GRID_CELL:
            raise self.wrong(_("网格代码“%s”应为 15 位。") % code)
        return code

    def sample(self, rng: random.Random) -> str:
        return f"320508001001{rng.randint(1, 999):03}"


class OwnCodeField(AreaCodeField):
    """Area code of a region: its identity, and by its prefix its place in the territory. Always given."""

    kind_class: type[OwnCodeKind] = OwnCodeKind

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **{**kw, "blank": False, "default": models.NOT_PROVIDED})


class OwnGridCodeField(OwnCodeField):
    """Area code of a grid cell."""

    kind_class = OwnGridCodeKind


class FormerCodesKind(Kind):
    """Codes that an area had before: a list of text, filtered by one of them."""

    sortable = False

    def clean(self, raw: Any) -> list[str]:
        items = raw if isinstance(raw, list | tuple) else str(raw).replace("、", ",").split(",")
        found = [str(item).strip() for item in items if str(item).strip()]
        if not all(item.isdecimal() and len(item) <= 15 for item in found):
            raise self.wrong(_("区域代码只能是数字"))
        return found

    def show(self, value: Any) -> str:
        return "、".join(value or ())

    def json(self, value: Any) -> Any:
        return list(value or ())

    def q(self, raw: str) -> Q:
        return Q(**{f"{self.lookup}__overlap": self.clean(raw)})

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}, "title": self.label}

    def sample(self, rng: random.Random) -> list[str]:
        return []


class FormerCodesField(ArrayField):
    """Codes that an area had before it got its present one; never typed by a person."""

    kind_class = FormerCodesKind

    def __init__(self, *args: Any, **kw: Any) -> None:
        kw.setdefault("base_field", models.CharField(max_length=15))
        kw.setdefault("default", list)
        kw.setdefault("blank", True)
        kw.setdefault("editable", False)
        super().__init__(**{"verbose_name": args[0]} if args else {}, **kw)


class DrawnKind(ShapeKind):
    """A shape as drawn on the map: GeoJSON geometry, feature or collection of one feature.

    Whether it makes sense is judged by the move, which can say in the user's words where it does not.
    """

    def clean(self, raw: Any) -> GEOSGeometry:
        if isinstance(raw, GEOSGeometry):
            shape = raw
        else:
            shape = self._parsed(raw)
        shape.srid = 4326
        wanted = self.field.geom_type  # type: ignore[union-attr]
        if shape.geom_type.upper().removeprefix("MULTI") != wanted:
            raise self.wrong(
                _("“%(label)s”应为%(want)s，收到的是 %(got)s。")
                % {"label": self.label, "want": _("面") if wanted == "POLYGON" else _("线"), "got": shape.geom_type}
            )
        west, south, east, north = shape.extent
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise self.wrong(_("“%s”的经纬度超出范围") % self.label)
        return shape

    def _parsed(self, raw: Any) -> GEOSGeometry:
        try:
            data = json.loads(raw) if isinstance(raw, str) else raw
            if data.get("type") == "FeatureCollection":
                (data,) = data["features"]
            if data.get("type") == "Feature":
                data = data["geometry"]
            shape = GEOSGeometry(json.dumps(data))
            if shape.empty:
                raise ValueError
        except (GEOSException, GDALException, ValueError, TypeError, KeyError, AttributeError):
            raise self.wrong(_("“%s”不是正确的图形（GeoJSON）") % self.label) from None
        return shape


class DrawnPolygonField(gis.PolygonField):
    """A polygon that a move asks for."""

    kind_class = DrawnKind


class DrawnLineField(gis.LineStringField):
    """A line that a move asks for."""

    kind_class = DrawnKind
