"""Effects of the moves on grid cells and regions: neighbours follow, records are re-linked, all in one act.

A move locks the community first, so that two people who edit the same community work one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import shapely
from django.apps import apps
from django.contrib.gis.geos import Point
from django.db import OperationalError
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import codes, edit, measure, shapes
from gezhi.foundation.territory.plausible import short_name
from gezhi.foundation.territory.relink import Change, relink
from gezhi.kernel.access import permits
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.registry import registry

MICRO = "micro"
LOCKED = "55P03"  # PostgreSQL: lock_not_available
T = TypeVar("T")


def draw(ctx: Any) -> None:
    """Bring a new cell into being on land that is free or held by its siblings."""
    community = _community(ctx.inputs["community"] or _community_at(shapes.to_shapely(ctx.inputs["boundary"])))
    wished, kind = shapes.to_shapely(ctx.inputs["boundary"]), ctx.inputs["kind"] or "general"
    code = coded("community", lambda: codes.next_code(community.area_code, codes_given(community)))
    changed: dict[str, BaseGeometry] = {}
    if kind == MICRO:
        shape = _micro(community, wished, "")
    else:
        shape, changed = edited("boundary", lambda: edit.draw(wished, *_ground(community)))
        _yield(ctx, community, changed)
    name = ctx.inputs.get("name") or f"{short_name(community.name)}第{int(code[12:])}网格"
    ctx.values.update(
        area_code=code, community=community, boundary=shapes.to_django(shape), name=name, kind=kind, made=False
    )
    if kind != MICRO:
        ctx.then.append(lambda record: relink(ctx.session, record, Change({**changed, code: shape})))


def reshape(ctx: Any) -> None:
    """Give a cell another boundary; its siblings yield or take."""
    cell, wished = ctx.record, shapes.to_shapely(ctx.inputs["boundary"])
    community = _community(cell.community)
    if cell.kind == MICRO:
        shape = _micro(community, wished, cell.area_code)
        ctx.values.update(boundary=shapes.to_django(shape), made=False)
        return
    areas, parent = _ground(community)
    changed = edited("boundary", lambda: edit.reshape(cell.area_code, wished, areas, parent))
    _yield(ctx, community, {code: shape for code, shape in changed.items() if code != cell.area_code})
    ctx.values.update(boundary=shapes.to_django(changed[cell.area_code]), made=False)
    relink(ctx.session, cell, Change(changed))


def split(ctx: Any) -> None:
    """Cut a cell along a line: the largest piece stays the cell, the others become new ones."""
    cell = ctx.record
    community = _community(cell.community)
    line = shapes.to_shapely(ctx.inputs["line"])
    pieces = edited("line", lambda: edit.split(shapes.to_shapely(cell.boundary), line))
    largest = max(pieces, key=shapely.area)
    taken = codes_given(community)
    made = {cell.area_code: largest}
    for piece in pieces:
        if piece is largest:
            continue
        code = coded("line", lambda: codes.next_code(community.area_code, taken))
        taken.add(code)
        made[code] = piece
        ctx.session.create(
            type(cell),
            {
                "area_code": code,
                "community": community,
                "kind": cell.kind,
                "boundary": shapes.to_django(piece),
                "made": cell.made,
                "name": f"{short_name(community.name)}第{int(code[12:])}网格",
            },
            trusted=True,
            payload={"from": cell.area_code},
        )
    ctx.values["boundary"] = shapes.to_django(largest)
    ctx.payload["pieces"] = sorted(made)
    if cell.kind != MICRO:
        relink(ctx.session, cell, Change(made))


def merge(ctx: Any) -> None:
    """Take other cells into this one; they are disabled and name it their successor."""
    cell = ctx.record
    _community(cell.community)
    others = [lock_now(other) for other in sorted(set(ctx.inputs["others"]), key=lambda other: other.pk)]
    for other in others:
        may_join(ctx, other)
        _partner("others", cell, other)
    if not others:
        raise Invalid({"others": [_("请选择要并入的网格。")]})
    bounds = [shapes.to_shapely(each.boundary) for each in (cell, *others)]
    shape = edited("others", lambda: edit.merge(bounds))
    for other in others:
        ctx.session.change(
            other, {"status": "disabled", "successor": cell}, verb="merged", source="active", trusted=True
        )
    ctx.values["boundary"] = shapes.to_django(shape)
    households = [each.households for each in (cell, *others)]
    if None not in households:
        ctx.values["households"] = sum(households)
    heirs = {other.area_code: cell.area_code for other in others}
    ctx.payload["merged"] = sorted(heirs)
    held = {} if cell.kind == MICRO else {cell.area_code: shape}
    relink(ctx.session, cell, Change(held, heirs))


def disable(ctx: Any) -> None:
    """Take a cell out of use; its land and its open records go to an heir."""
    cell, heir = ctx.record, ctx.inputs.get("heir")
    community = _community(cell.community)
    if cell.kind == MICRO:
        areas, _parent = _ground(community)
        centre = shapely.Point(*measure.point_of(shapes.to_shapely(cell.boundary)))
        holder = next((code for code, shape in sorted(areas.items()) if shapely.covers(shape, centre)), None)
        relink(ctx.session, cell, Change(heirs={cell.area_code: holder or community.area_code}))
        return
    if heir is None:
        if len(_ground(community)[0]) > 1:
            raise Invalid({"heir": [_("停用“%s”后这片土地没有网格，请选择接收土地的相邻网格。") % cell.name]})
        relink(ctx.session, cell, Change(heirs={cell.area_code: community.area_code}))
        return
    heir = lock_now(heir)
    may_join(ctx, heir)
    _partner("heir", cell, heir)
    shape = edited("heir", lambda: edit.merge([shapes.to_shapely(heir.boundary), shapes.to_shapely(cell.boundary)]))
    ctx.session.change(heir, {"boundary": shapes.to_django(shape)}, verb="take", trusted=True)
    ctx.values["successor"] = heir
    relink(ctx.session, cell, Change({heir.area_code: shape}, {cell.area_code: heir.area_code}))


def enable(ctx: Any) -> None:
    """Put a disabled cell back into use with its old boundary; the present cells yield."""
    cell = ctx.record
    community = _community(cell.community)
    ctx.values["successor"] = None
    wished = shapes.to_shapely(cell.boundary)
    if cell.kind == MICRO:
        ctx.values["boundary"] = shapes.to_django(_micro(community, wished, cell.area_code))
        return
    shape, changed = edited("", lambda: edit.draw(wished, *_ground(community)))
    _yield(ctx, community, changed)
    ctx.values["boundary"] = shapes.to_django(shape)
    relink(ctx.session, cell, Change({**changed, cell.area_code: shape}))


# -- tools shared with the moves on regions ------------------------------------------------------------------


def _community(community: Any) -> Any:
    """Lock the community whose cells are about to change."""
    community = lock_now(community)
    if community.level != codes.Level.COMMUNITY or community.status != "active":
        raise Invalid({"community": [_("“%s”不是启用中的社区（村）。") % community.name]})
    return community


def _community_at(shape: Any) -> Any:
    """Return the community in which the middle of a drawn shape lies."""
    lon, lat = measure.point_of(shape)
    found = apps.get_model("territory", "Region").objects.filter(
        level=codes.Level.COMMUNITY, status="active", boundary__covers=Point(lon, lat, srid=shapes.SRID)
    )
    community = found.order_by("area_code").first()
    if community is None:
        raise Invalid(
            {
                "community": [
                    _("所绘位置（%(lon).6f, %(lat).6f）没有社区（村）的边界，请选择所属社区（村）。")
                    % {"lon": lon, "lat": lat}
                ]
            }
        )
    return community


def _cells(community: Any) -> Any:
    return community.cells.filter(status="active").exclude(kind=MICRO)


def _ground(community: Any) -> tuple[dict[str, BaseGeometry], BaseGeometry | None]:
    """Return the boundaries of the tiling cells in use, and the community's."""
    return (shapes.known(_cells(community).values_list("area_code", "boundary")), shapes.to_shapely(community.boundary))


def codes_given(community: Any) -> set[str]:
    """Return every code that was ever given in a community, also to cells that now have another."""
    model = apps.get_model("territory", "GridCell")
    found = set(community.cells.values_list("area_code", flat=True))
    former = model.objects.exclude(former_codes=[]).values_list("former_codes", flat=True)
    return found | {code for old in former for code in old if code.startswith(community.area_code)}


def _yield(ctx: Any, community: Any, changed: Mapping[str, BaseGeometry]) -> None:
    """Write the boundaries that siblings have after giving or taking land."""
    for cell in _cells(community).filter(area_code__in=list(changed)).order_by("pk"):
        ctx.session.change(cell, {"boundary": shapes.to_django(changed[cell.area_code])}, verb="yield", trusted=True)


def _micro(community: Any, wished: BaseGeometry, code: str) -> BaseGeometry:
    """Return a micro cell's shape, clipped to its community; it may not overlap another micro cell."""
    parent = shapes.to_shapely(community.boundary)
    shape, _changed = edited("boundary", lambda: edit.draw(wished, {}, parent))
    others = community.cells.filter(status="active", kind=MICRO).exclude(area_code=code)
    for name, raw in others.values_list("name", "boundary"):
        shared = shapely.intersection(shapes.to_shapely(raw), shape)
        area = float(measure.area_m2(shared))
        if area > edit.CRUMB_M2:
            lon, lat = measure.point_of(shared)
            raise Invalid(
                {
                    "boundary": [
                        _("与微网格“%(name)s”重叠 %(area).1f 平方米（%(lon).6f, %(lat).6f）。")
                        % {"name": name, "area": area, "lon": lon, "lat": lat}
                    ]
                }
            )
    return shape


def lock_now(record: T) -> T:
    """Lock a further record of a move, or say that somebody is at it.

    A move already holds its own cell. Two people who merge each other's cells must not wait for one another.
    Raises: Conflict: another transaction holds it. Missing: it is gone.
    """
    model: Any = type(record)
    try:
        return model.objects.select_for_update(of=("self",), nowait=True).get(pk=record.pk)  # type: ignore[attr-defined]
    except model.DoesNotExist:
        raise Missing from None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCKED:
            raise
        raise Conflict(_("“%s”正在被其他人调整，请稍后再试。") % record) from None


def may_join(ctx: Any, other: Any) -> None:
    """Refuse to draw a cell into a move on which the actor could not make that move itself."""
    register = registry.register_of(type(other))
    if not permits(register, ctx.actor, ctx.move.name, other):
        raise Refused(_("您无权调整“%s”。") % other.name)


def _partner(field: str, cell: Any, other: Any) -> None:
    why = ""
    if other.pk == cell.pk:
        why = _("不能选择网格自身。")
    elif other.community_id != cell.community_id:
        why = _("“%s”不在同一个社区（村），网格不能跨社区。") % other.name
    elif other.status != "active":
        why = _("“%s”已停用。") % other.name
    elif (other.kind == MICRO) != (cell.kind == MICRO):
        why = _("微网格与其他网格不能互相合并（“%s”）。") % other.name
    if why:
        raise Invalid({field: [why]})


def edited(field: str, run: Callable[[], T]) -> T:
    """Run an edit and say what is wrong with it as an error of the field that was drawn."""
    try:
        return run()
    except edit.EditError as error:
        raise Invalid({field: [str(error)]}) from None


def coded(field: str, run: Callable[[], T]) -> T:
    """Run a reckoning with codes and say what is wrong with one as an error of the field."""
    try:
        return run()
    except codes.CodeError as error:
        raise Invalid({field: [str(error)]}) from None
