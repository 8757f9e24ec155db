"""Effects of the moves on regions: boundaries, abolition, another code, one community into another."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from gezhi.foundation.territory import codes, edit, shapes
from gezhi.foundation.territory.relink import Change, relink
from gezhi.foundation.territory.reshaping import coded, codes_given, edited, lock_now, may_join
from gezhi.kernel.bulk import bulk_change
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import area_q

RECODE = "recode"


def disable(ctx: Any) -> None:
    """Refuse to abolish a region under which something is still in use."""
    region = ctx.record
    left = region.children.filter(status="active").count()
    if left:
        raise Invalid(_("“%(name)s”还有 %(n)d 个启用中的下级区划，不能停用。") % {"name": region.name, "n": left})
    cells = region.cells.filter(status="active").count()
    if cells:
        raise Invalid(_("“%(name)s”还有 %(n)d 个启用中的网格，不能停用。") % {"name": region.name, "n": cells})


def outline(ctx: Any) -> None:
    """Give a region another boundary; siblings of the same parent yield or take."""
    region, wished = ctx.record, shapes.to_shapely(ctx.inputs["boundary"])
    parent = lock_now(region.parent) if region.parent_id else None
    siblings = type(region).objects.filter(parent=parent, status="active", boundary__isnull=False)
    areas = shapes.known(siblings.values_list("area_code", "boundary")) if parent else {}
    limit = shapes.to_shapely(parent.boundary) if parent else None
    if region.boundary is not None and parent is not None:
        changed = edited("boundary", lambda: edit.reshape(region.area_code, wished, areas, limit))
        shape = changed.pop(region.area_code)
    else:
        areas.pop(region.area_code, None)
        shape, changed = edited("boundary", lambda: edit.draw(wished, areas, limit))
    for sibling in siblings.filter(area_code__in=list(changed)).order_by("pk"):
        ctx.session.change(
            sibling, {"boundary": shapes.to_multi(changed[sibling.area_code])}, verb="yield", trusted=True
        )
    ctx.values.update(boundary=shapes.to_multi(shape), made=False)


def recode(ctx: Any) -> None:
    """Give a region, and with it everything below, another code.

    The place stays what it is, so all records follow, also closed ones; their history keeps the old code,
    and the old code still finds the name.
    """
    region = ctx.record
    old, new = region.area_code, coded("code", lambda: codes.normalise(ctx.inputs["code"]))
    if codes.level_of(new).value != region.level:
        raise Invalid({"code": [_("新代码“%(code)s”的级别与“%(name)s”不同。") % {"code": new, "name": region.name}]})
    if new == old:
        raise Invalid({"code": [_("新代码与原代码相同。")]})
    _free(new)
    above = codes.parent_of(new)
    parent = type(region).objects.filter(area_code=above, status="active").first() if above else None
    if above and parent is None:
        raise Invalid({"code": [_("上级区划“%s”不存在或已停用。") % above]})
    below = type(region).objects.filter(area_q("area_code", old)).exclude(pk=region.pk)
    rows = list(below.select_for_update(of=("self",)).order_by("pk"))
    bulk_change(ctx.session, [(r, _renamed(r, new + r.area_code[len(old) :])) for r in rows], verb=RECODE)
    cells = apps.get_model("territory", "GridCell").objects.filter(area_q("area_code", old))
    held = list(cells.select_for_update(of=("self",)).order_by("pk"))
    bulk_change(ctx.session, [(c, _recoded(c, new + c.area_code[len(old) :])) for c in held], verb=RECODE)
    ctx.values.update(_renamed(region, new), parent=parent)
    ctx.payload.update({"old": old, "new": new})
    relink(ctx.session, region, Change(recoded={old: new}))


def absorb(ctx: Any) -> None:
    """Take other communities into this one: their land, their cells with new codes, their records."""
    region = ctx.session.lock(ctx.record)
    others = [lock_now(other) for other in sorted(set(ctx.inputs["others"]), key=lambda other: other.pk)]
    for other in others:
        may_join(ctx, other)
        _joinable(region, other)
    if not others:
        raise Invalid({"others": [_("请选择要并入的社区（村）。")]})
    taken, recoded = codes_given(region), {}
    for other in others:
        cells = list(other.cells.select_for_update(of=("self",)).order_by("area_code"))
        rows = []
        for cell in cells:
            code = coded("others", lambda: codes.next_code(region.area_code, taken))
            taken.add(code)
            recoded[cell.area_code] = code
            rows.append((cell, {**_recoded(cell, code), "community": region}))
        bulk_change(ctx.session, rows, verb=RECODE)
        recoded[other.area_code] = region.area_code
        ctx.session.change(other, {"status": "disabled"}, verb="absorbed", source="active", trusted=True)
    bounds = [shapes.to_shapely(each.boundary) for each in (region, *others)]
    if all(bound is not None for bound in bounds):
        shape = edited("others", lambda: edit.merge(bounds))
        ctx.values["boundary"] = shapes.to_multi(shape)
    ctx.values["former_codes"] = [*region.former_codes, *(other.area_code for other in others)]
    ctx.payload["absorbed"] = [other.area_code for other in others]
    relink(ctx.session, region, Change(recoded=recoded))


def _joinable(region: Any, other: Any) -> None:
    why = ""
    if region.level != codes.Level.COMMUNITY or other.level != codes.Level.COMMUNITY:
        why = _("只有社区（村）可以互相并入。")
    elif other.pk == region.pk:
        why = _("不能选择社区自身。")
    elif other.status != "active":
        why = _("“%s”已停用。") % other.name
    elif other.parent_id != region.parent_id:
        why = _("“%s”不在同一个街道（镇）。") % other.name
    if why:
        raise Invalid({"others": [why]})


def _renamed(region: Any, code: str) -> dict[str, Any]:
    return {
        "area_code": code,
        "code": codes.region_code(code),
        "former_codes": [*region.former_codes, region.area_code],
    }


def _recoded(cell: Any, code: str) -> dict[str, Any]:
    return {"area_code": code, "former_codes": [*cell.former_codes, cell.area_code]}


def _free(code: str) -> None:
    for name in ("Region", "GridCell"):
        taken = apps.get_model("territory", name).objects.filter(area_q("area_code", code)).first()
        if taken is not None:
            raise Invalid(
                {"code": [_("代码“%(code)s”已被“%(name)s”使用。") % {"code": taken.area_code, "name": taken.name}]}
            )
