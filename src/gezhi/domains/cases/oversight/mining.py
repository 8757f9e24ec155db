"""Process mining: the paths cases really take, where they wait and where they turn back, from the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.registry import registry

from . import paths
from .panels import words

EDGES, VARIANTS, HOT = 80, 8, 0.03
DETOURS = ("verifying", "inspecting")
"""States a case is sent to and comes back from by design."""
WIDTH, COLUMN, ROW = 1120, 170, 86


def mined(actor: Actor, area: str, begin: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    """States, edges, variants and suggestions for the cases reported in a span, as far as the actor sees them."""
    seen = paths.found(actor, area, begin, end)
    order, total = _order(), seen.count
    links = [_link(row, order, total) for row in seen.edges if row[0] in order and row[1] in order][:EDGES]
    return {"count": total, "cut": seen.cut, "at": seen.at, "graph": _graph(links, order), "links": links[:30],
            "variants": [_variant(p, total) for p in seen.paths[:VARIANTS]], "variant_count": len(seen.paths),
            "returns": [one for one in links if one["back"]][:8], "advice": _advice(links, seen.paths, total)}


def _order() -> dict[str, tuple[int, str]]:
    """States with the number of their stage; ends without a stage stand last."""
    flow = registry.register("case").flow
    assert flow is not None
    stages = list(dict.fromkeys(str(s.stage) for s in flow.states().values() if s.stage))
    return {code: (stages.index(str(s.stage)) if s.stage else len(stages), str(s.label))
            for code, s in flow.states().items()}


def _link(row: paths.Edge, order: dict[str, tuple[int, str]], total: int) -> dict[str, Any]:
    came, target, count, cases, mean, ninth = row
    codes = list(order)
    back = target not in DETOURS and (order[target][0] < order[came][0] or (
        order[target][0] == order[came][0] and codes.index(target) < codes.index(came) and target != "handling"))
    return {"from": came, "to": target, "from_label": order[came][1], "to_label": order[target][1], "count": count,
            "cases": cases, "share": round(100 * cases / total, 1) if total else 0, "back": back, "mean_s": mean,
            "mean": words(mean), "ninth": words(ninth)}


def _variant(row: paths.Path, total: int) -> dict[str, Any]:
    path, count, spent = row
    order = _order()
    return {"steps": [order[c][1] if c in order else c for c in path.split(">")], "count": count,
            "share": round(100 * count / total, 1) if total else 0, "mean": words(spent)}


def _graph(links: list[dict[str, Any]], order: dict[str, tuple[int, str]]) -> dict[str, Any]:
    """Where each state and each edge is drawn."""
    shown = [one for one in links if one["count"] >= max(1, links[0]["count"] * 0.005)] if links else []
    used = {one[end] for one in shown for end in ("from", "to")}
    columns: dict[int, list[str]] = {}
    for code, (column, _label) in order.items():
        if code in used:
            columns.setdefault(column, []).append(code)
    places = {}
    most = max((len(c) for c in columns.values()), default=1)
    for at, column in enumerate(sorted(columns)):
        codes = columns[column]
        for row, code in enumerate(codes):
            places[code] = (20 + at * COLUMN, 50 + (row + (most - len(codes)) / 2) * ROW)
    heaviest = max((one["count"] for one in shown), default=1)
    nodes = [{"x": round(x), "y": round(y), "cx": round(x + 60), "cy": round(y + 18), "label": order[code][1]}
             for code, (x, y) in places.items()]
    drawn = [{**one, "d": _curve(places[one["from"]], places[one["to"]], one["back"]),
              "width": round(1 + 7 * one["count"] / heaviest, 1)} for one in shown]
    drawn.sort(key=lambda one: one["back"])
    height = 20 + most * ROW
    return {"nodes": nodes, "edges": drawn, "width": max(WIDTH, 20 + len(columns) * COLUMN), "height": height}


def _curve(one: tuple[float, float], two: tuple[float, float], back: bool) -> str:
    (x1, y1), (x2, y2) = one, two
    if x1 == x2:
        side = -34 if back else 34
        a, b = (x1 + 60 + (60 if not back else -60), y1 + 18), (x2 + 60 + (60 if not back else -60), y2 + 18)
        out = f"{a[0] + side:.0f} {a[1]:.0f} {b[0] + side:.0f} {b[1]:.0f}"
        return f"M{a[0]:.0f} {a[1]:.0f} C{out} {b[0]:.0f} {b[1]:.0f}"
    if back:
        lift = min(y1, y2) - 26
        return f"M{x1 + 60:.0f} {y1:.0f} C{x1 + 60:.0f} {lift:.0f} {x2 + 60:.0f} {lift:.0f} {x2 + 60:.0f} {y2:.0f}"
    a, b = (x1 + 120, y1 + 18), (x2, y2 + 18)
    mid = (a[0] + b[0]) / 2
    return f"M{a[0]:.0f} {a[1]:.0f} C{mid:.0f} {a[1]:.0f} {mid:.0f} {b[1]:.0f} {b[0]:.0f} {b[1]:.0f}"


def _advice(links: list[dict[str, Any]], taken: Sequence[paths.Path], total: int) -> list[str]:
    """What the paths suggest, in words, from the figures shown."""
    out = []
    for one in [x for x in links if x["back"] and total and x["cases"] / total >= HOT][:3]:
        out.append(_("%(share)s%% 的案件从“%(a)s”退到“%(b)s”：检查派遣依据和清单条目，减少退回") % {
            "share": one["share"], "a": one["from_label"], "b": one["to_label"]})
    flow = registry.register("case").flow
    assert flow is not None
    work = [one for one in links if not flow.states()[one["from"]].final]
    whole = sum(x["mean_s"] * x["count"] for x in work)
    waits: dict[str, float] = {}
    for one in work:
        waits[one["from_label"]] = waits.get(one["from_label"], 0) + one["mean_s"] * one["count"]
    for label, spent in sorted(waits.items(), key=lambda w: -w[1])[:1]:
        if whole and spent / whole >= 0.3:
            out.append(_("“%(state)s”占全程时间的 %(share)d%%：先从这一环节缩短时限或增加人手") % {
                "state": label, "share": round(100 * spent / whole)})
    if total and taken and taken[0][1] / total < 0.4 and len(taken) > 5:
        out.append(_("最常见的路径只占 %(share)d%%，共有 %(n)d 种路径：考虑为常见事项固定办理方式") % {
            "share": round(100 * taken[0][1] / total), "n": len(taken)})
    return out
