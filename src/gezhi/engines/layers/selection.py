"""What lies in a part of the map, or in an area: counted over many layers in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from gezhi.engines.metrics.evaluate import bounds
from gezhi.engines.tables import within as parts
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.kinds.places import area_q
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .legend import legend
from .tiles import as_text, layer_of, shown_to

CAP = 100_000
"""Records of a layer counted exactly; of more the answer says that there are more."""
MOST_LAYERS = 60


def select(actor: Actor, names: Sequence[str] = (), *, within: str = "", area: str = "",
           filters: Mapping[str, Mapping[str, str]] | None = None) -> list[dict[str, Any]]:
    """How many records of each layer lie in a part of the map that the actor may see, in one statement.

    Args:
        names: layers; none for all the actor may see.
        within: the part, as :func:`gezhi.engines.tables.within.read` takes it.
        area: code of an area, instead of or beside the part.
        filters: further filters by layer, in the language of lists.

    Returns:
        ``[{"name", "label", "count", "exact", "parts": [{"label", "colour", "count"}], "query"}]``: ``query`` are the
        filters of the list that shows exactly these records; ``parts`` follow the layer's colours.

    Raises:
        Missing: no such layer. Refused: the actor may not view it. Invalid: the part, the area or a filter.
    """
    wanted = _layers(actor, names)
    if area and not (area.isascii() and area.isdecimal() and len(area) <= 15):
        raise Invalid({"area": [_("区域代码只能是数字")]})
    part = parts.read(within) if within else None
    statements, values, queries = [], [], {}
    for register in wanted:
        query = _query(register, within, area, (filters or {}).get(register.name, {}))
        queries[register.name] = query
        try:
            sql, own = _count(register, actor, part, area, query)
        except EmptyResultSet:  # nothing can be seen: no need to ask
            continue
        statements.append(sql)
        values += own
    found: dict[str, dict[str, int]] = {}
    if statements:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), values)
            for name, colour, number in cursor.fetchall():
                found.setdefault(name, {})[colour or ""] = number
    return [_told(r, found.get(r.name, {}), queries[r.name]) for r in wanted]


def _layers(actor: Actor, names: Sequence[str]) -> list[Register]:
    if len(names) > MOST_LAYERS:
        raise Invalid({"layers": [_("一次最多选 %d 个图层") % MOST_LAYERS]})
    if not names:
        return [r for r in registry.registers.values() if r.layer is not None and shown_to(r, actor)]
    out = [layer_of(name)[0] for name in dict.fromkeys(names)]
    for register in out:
        if not shown_to(register, actor):
            raise Refused(_("您当前的岗位不能查看“%s”") % register.label)
    return out


def _query(register: Register, within: str, area: str, filters: Mapping[str, str]) -> dict[str, str]:
    assert register.layer is not None
    out = {**(register.layer.where or {}), **filters}
    if within:
        out[parts.NAME] = within
    if area and register.area_filter:
        out[register.area_filter] = area
    return out


def _count(register: Register, actor: Actor, part: parts.Part | None, area: str,
           query: Mapping[str, str]) -> tuple[str, list[Any]]:
    """SQL of one layer: rows ``(layer, colour, number)``."""
    layer = register.layer
    assert layer is not None
    plain = {name: raw for name, raw in query.items() if name not in (parts.NAME, register.area_filter)}
    q = bounds(register, actor, plain)
    if part is not None:
        q &= part.q(layer.field)
    if area:
        q &= area_q(register.area_path, area) if register.area_path else Q(pk__in=())
    own = query.get(register.area_filter, "")
    if own and own != area:
        q &= bounds(register, actor, {register.area_filter: own})
    coloured = bool(legend(register))
    shown = Cast(as_text(register, layer.colour), models.TextField()) if coloured else F("pk")
    rows = register.model.objects.filter(q).order_by().values_list(shown)
    inner, values = rows[: CAP + 1].query.sql_with_params()
    colour = "c" if coloured else "''"
    return (f"SELECT '{register.name}' AS layer, {colour} AS colour, count(*) FROM ({inner}) AS t(c) GROUP BY 1, 2",
            list(values))


def _told(register: Register, found: Mapping[str, int], query: Mapping[str, str]) -> dict[str, Any]:
    total = sum(found.values())
    exact = total <= CAP
    groups = []
    for one in legend(register) if exact else ():
        number = sum(found.get(value, 0) for value in one["values"])
        if number:
            groups.append({"label": one["label"], "colour": one["colour"], "count": number})
    return {"name": register.name, "label": str(register.label), "count": min(total, CAP), "exact": exact,
            "parts": groups, "query": dict(query)}
