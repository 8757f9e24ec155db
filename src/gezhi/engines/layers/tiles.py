"""Vector tiles of a register's layer, made by the database, with permission and filters in the same query."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Cast
from django.db.models.sql.datastructures import BaseTable
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.metrics.evaluate import bounds, filters
from gezhi.engines.metrics.small import guarded
from gezhi.engines.tables import counts
from gezhi.engines.workflow.clocks import Timed, light_q
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.fields import BlindField, SealedField, TokensField
from gezhi.kernel.kinds import INTERNAL, PUBLIC, DateKind
from gezhi.kernel.registers import Layer, Register
from gezhi.kernel.registry import registry

STREET_ZOOM = 13
"""From this zoom on points are drawn one by one, below it they are counted by cells."""
CELLS = 16
"""Cells a tile's side is cut into for counting: about 32 screen pixels each."""
FINE_CELLS = 64
"""The same from street zoom on, for records that share a place: about ten metres at the finest tile."""
MOST = 20_000
"""Features a tile carries at most."""
SAMPLE = 20_000
"""Points looked at when a tile holds so many that counting them all would take seconds."""
SEED = 7
"""Neighbouring tiles and later requests look at the same part of the table."""
EXTENT, BUFFER = 4096, 96
MAX_ZOOM = 22


@dataclass(frozen=True)
class Tile:
    """Address of a tile in the Web Mercator pyramid."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2 ** self.z and 0 <= self.y < 2 ** self.z):
            raise Missing(_("没有这块地图"))

    def box(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, widened by a share of the side."""
        n = 2 ** self.z

        def lon(x: float) -> float:
            return max(-180.0, min(180.0, x / n * 360 - 180))

        def lat(y: float) -> float:
            y = max(0.0, min(float(n), y))
            return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / n))))

        return lon(self.x - margin), lat(self.y + 1 + margin), lon(self.x + 1 + margin), lat(self.y - margin)


class _OnTile(Func):
    """The geometry of a row on the tile's grid, as PostGIS wants it for ``ST_AsMVT``."""

    output_field = models.BinaryField()

    def __init__(self, path: str, tile: Tile, of: str = "%(expressions)s", buffer: int = BUFFER) -> None:
        super().__init__(F(path))
        self.template = (f"ST_AsMVTGeom(ST_Transform({of}, 3857), "
                         f"ST_TileEnvelope({tile.z}, {tile.x}, {tile.y}), {EXTENT}, {buffer}, true)")


class _Axis(Func):
    """Longitude (``ST_X``) or latitude (``ST_Y``) of a point."""

    output_field = models.FloatField()


def layer_of(name: str) -> tuple[Register, Layer]:
    """The register and its layer. Raises :class:`Missing`."""
    register = registry.registers.get(name)
    if register is None or register.layer is None:
        raise Missing(_("没有“%s”这个图层") % name[:40])
    return register, register.layer


def shown_to(register: Register, actor: Actor) -> bool:
    """Whether the actor may see the layer.

    Where linked records lie is for people at work only, and where single people live for who reads of them, alone.
    """
    assert register.layer is not None
    closed = actor.kind in ("app", "public") or guarded(register, actor)
    return actor.may(f"{register.name}.view") and not (register.layer.linked and closed)


def is_points(register: Register) -> bool:
    """Whether the layer is made of points."""
    return getattr(register.geometry, "geom_type", "") == "POINT"


def clustered(register: Register, z: int) -> bool:
    """Whether the layer is counted by cells at this zoom; where a place is shared (a home), at every zoom."""
    assert register.layer is not None
    return is_points(register) and (register.layer.linked or (register.layer.cluster and z < STREET_ZOOM))


def tile(name: str, actor: Actor, z: int, x: int, y: int, params: Mapping[str, str] | None = None) -> bytes:
    """A tile of a register's layer in Mapbox Vector Tile format; ``b""`` when it is empty.

    Args:
        params: filters in the language of lists.

    Raises:
        Missing, Refused, Invalid.
    """
    register, layer = layer_of(name)
    if not shown_to(register, actor):
        raise Refused
    at = Tile(z, x, y)
    q = bounds(register, actor, params or {}) & filters(register, actor, layer.where or {}) & _box(layer, at)
    try:
        statement, values = (_cells if clustered(register, z) else _features)(register, layer, at, q)
    except EmptyResultSet:  # the actor's reach holds nothing
        return b""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bytes(cursor.fetchone()[0] or b"")


def _box(layer: Layer, at: Tile, margin: float = BUFFER / EXTENT) -> Q:
    box = Polygon.from_bbox(at.box(margin))
    box.srid = 4326
    return Q(**{f"{layer.field}__bboverlaps": box})


def _features(register: Register, layer: Layer, at: Tile, q: Q) -> tuple[str, list[Any]]:
    carried = _attributes(register, layer)
    rows = register.model.objects.filter(q).annotate(
        t_geom=_OnTile(layer.field, at), **{f"t_{n}": e for n, e in carried.items()})
    parts = {"geom": register.name}
    if not is_points(register):  # a shape lies in several tiles; its name stands in one of them
        rows = rows.annotate(t_spot=_OnTile(layer.field, at, "ST_Centroid(%(expressions)s)", 0))
        parts["spot"] = f"{register.name}_names"
    picked = rows.values("id", *(f"t_{n}" for n in (*parts, *carried))).order_by()
    inner, values = picked[:MOST].query.sql_with_params()
    more = "".join(f", t_{n} AS {connection.ops.quote_name(n)}" for n in carried)
    layers = [f"(SELECT ST_AsMVT(t.*, '{called}', {EXTENT}, 'geom', 'id') FROM "
              f"(SELECT id, t_{part} AS geom{more} FROM i WHERE t_{part} IS NOT NULL) t)"
              for part, called in parts.items()]
    return f"WITH i AS ({inner}) SELECT {' || '.join(layers)}", list(values)


def _attributes(register: Register, layer: Layer) -> dict[str, Any]:
    """What a feature carries: ``name`` (its title), ``colour``, and the layer's further fields.

    Raises:
        Invalid: a field that may not leave the house unmasked.
    """
    out: dict[str, Any] = {}
    for path in (layer.title, layer.colour, *layer.show.split()):
        kind = register.kinds.get(path)
        if kind is not None and (kind.sensitivity not in (PUBLIC, INTERNAL)
                                 or isinstance(kind.field, SealedField | BlindField | TokensField)):
            raise Invalid({path: [_("敏感字段不能放在地图上")]})
    for path in layer.show.split():
        out[path] = as_text(register, path)
    if layer.title:
        out["name"] = F(layer.title)
    if layer.colour:
        out["colour"] = as_text(register, layer.colour)
    return out


def as_text(register: Register, path: str) -> Any:
    """A field as it goes into a tile: the light as its colour, moments as text, all else as it is."""
    if path == "light" and issubclass(register.model, Timed):
        return _light()
    kind = register.kinds.get(path)
    if isinstance(kind, DateKind):
        return Cast(F(path), models.TextField())
    return F(path)


def _light() -> Case:
    now = timezone.now()
    return Case(*[When(light_q(c, now), then=Value(c)) for c in ("grey", "red", "yellow", "green", "blue")],
                default=Value(""), output_field=models.TextField())


class _Sample(BaseTable):
    """A share of a table's blocks in its place in a statement: the same blocks each time."""

    def __init__(self, table: str, alias: str, percent: float) -> None:
        super().__init__(table, alias)
        self.percent = percent

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = super().as_sql(compiler, connection)
        return f"{sql} TABLESAMPLE SYSTEM ({self.percent:.6f}) REPEATABLE ({SEED})", params


def _counted(register: Register, layer: Layer, q: Q) -> tuple[models.QuerySet[Any], float]:
    """The points to count, and how many rows each stands for: one, unless there are far too many to count.

    A sample has the same permission and filters as a count, needs no second store that could lag behind, and takes the
    same time at one and at five million. It reads blocks of the whole table, so it is taken only where it reads at
    most twice as many rows as the points counted: a row of a block costs a fifth of one that an index leads to.
    """
    rows = register.model.objects.filter(q).annotate(
        gx=_Axis(F(layer.field), function="ST_X"), gy=_Axis(F(layer.field), function="ST_Y"))
    size = counts.table_size(register.model)
    if size <= counts.LARGE:
        return rows, 1.0
    expected = counts.planned(rows.values("pk"))
    if expected * expected <= SAMPLE * size / 2:
        return rows, 1.0
    times = expected / SAMPLE
    name = rows.query.get_initial_alias()
    rows.query.alias_map[name] = _Sample(register.model._meta.db_table, name, 100 / times)
    return rows, times


def _number(times: float) -> str:
    """SQL of a cell's count: exact, or scaled up and rounded to two digits."""
    if times == 1:
        return "count(*) AS count"
    about = f"count(*) * {times!r}::numeric"
    return f"round({about}, 1 - floor(log({about}))::int)::bigint AS count, true AS about"


def _cells(register: Register, layer: Layer, at: Tile, q: Q) -> tuple[str, list[Any]]:
    """Points counted by cells of the tile; a cell of one point is that point; ``about`` marks estimated counts."""
    west, south, east, north = at.box()
    # the box of ``q`` has its west and south edge; to the planner a range of an unknown measure is a two-hundredth
    across = FINE_CELLS if at.z >= STREET_ZOOM else CELLS
    rows, times = _counted(register, layer, q)
    inner, values = rows.values("id", "gx", "gy").order_by().query.sql_with_params()
    statement = f"""
SELECT ST_AsMVT(t.*, '{register.name}', {EXTENT}, 'geom', 'id') FROM (
  SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(gx), avg(gy)), 4326), 3857),
                      ST_TileEnvelope({at.z}, {at.x}, {at.y}), {EXTENT}, {BUFFER}, true) AS geom,
         {_number(times)}, min(id) AS id
  FROM ({inner}) p
  WHERE gx < {east!r} AND gy < {north!r}
  GROUP BY floor((gx - {west!r}) / {(east - west) / across!r}), floor((gy - {south!r}) / {(north - south) / across!r})
) t"""
    return statement, list(values)


def cells(name: str, actor: Actor, zoom: int, params: Mapping[str, str] | None = None,
          most: int = 2000) -> list[dict[str, Any]]:
    """The same counting as rows ``{"lon", "lat", "count"}`` for a view given by a filter; ``about`` where estimated."""
    register, layer = layer_of(name)
    if not shown_to(register, actor):
        raise Refused
    if not is_points(register):
        raise Invalid({"layer": [_("只有点图层可以聚合")]})
    side = 360 / 2 ** max(0, min(zoom, MAX_ZOOM)) / CELLS
    q = bounds(register, actor, params or {}) & filters(register, actor, layer.where or {})
    rows, times = _counted(register, layer, q & Q(**{f"{layer.field}__isnull": False}))
    try:
        inner, values = rows.values("gx", "gy").order_by().query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT avg(gx), avg(gy), {_number(times)} FROM ({inner}) p GROUP BY floor(gx / {side!r}), "
                       f"floor(gy / {side!r}) ORDER BY 3 DESC LIMIT {int(most)}", list(values))
        return [{"lon": round(x, 6), "lat": round(y, 6), "count": n, **({"about": True} if about else {})}
                for x, y, n, *about in cursor.fetchall()]


def etag(data: bytes) -> str:
    """Strong tag of a tile's content."""
    return f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
