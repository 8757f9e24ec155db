"""Why this unit, and what would change it: the panels beside a case that waits for dispatch, and after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from gezhi.foundation.catalogue.public import LOST
from gezhi.foundation.units.public import Unit
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment

from .. import codes, ports, suggest
from ..facts import area_name, item_name
from ..limits import stage_limit

PARTS = ("rule", "history", "text", "load")


def why_not(case: Any, grounds: ports.Grounds) -> str:
    """Why the system does not dispatch a case by itself, in words; ``""`` when it does."""
    if not grounds.duties or grounds.duties[0].score < 1:
        return _("没有为该事项单列的清单行，由派遣员决定")
    best = grounds.duties[0]
    if len({d.unit_id for d in grounds.duties if d.score >= 1}) > 1:
        return _("有多个单位同分，由派遣员决定")
    if not best.auto:
        return _("该清单行不允许自动派遣")
    facts = ports.item_facts(case.item_code, moment())
    if facts is not None and facts.human_dispatch and case.urgency == "urgent1":
        return _("特急案件须由人派遣")
    if case.confidence is not None and case.confidence < stage_limit("classify")[0]:
        return _("自动分类的把握不足，由派遣员决定")
    return ""


def line_words(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of the matrix as a table shows them; each scope and area is looked up once."""
    scopes = {code: f"{code} {item_name(code)}".strip() if code else _("全部事项")
              for code in dict.fromkeys(row["scope"] for row in rows)}
    areas = {code: area_name(code) if code else _("全市") for code in dict.fromkeys(row["area"] for row in rows)}
    return [{**row, "scope_words": scopes[row["scope"]], "area_words": areas[row["area"]],
             "why": LOST.get(row["lost"], "")} for row in rows]


def live(case: Any, _actor: Actor) -> dict[str, Any]:
    """A case that waits: the ranked units, why, the lines that lost, what would change the first place."""
    grounds = ports.grounds(case.item_code, case.area_code, moment())
    ranked = suggest.suggestions(case, grounds)
    rows = [as_row(one) for one in ranked]
    return {"case": case, "ranked": rows, "lines": line_words(grounds.rows),
            "weights": suggest.WEIGHTS, "changes": changes(rows, grounds.rows, stage_limit("quota")[0] or 1),
            "by_hand": why_not(case, grounds)}


def as_row(one: suggest.Suggestion) -> dict[str, Any]:
    """A suggestion as the ledger keeps it and panels draw it."""
    return {"unit_id": one.unit.pk, "unit": str(one.unit), "score": one.score, "busy": one.busy, "reason": one.reason,
            "rule_id": one.rule_id, "version": one.version, "model": one.model,
            "parts": {name: round(getattr(one, name), 3) for name in PARTS}}


def changes(ranked: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], quota: float) -> list[str]:
    """What would put another unit first, each the smallest single change that does, in words.

    Args:
        ranked: units as :func:`as_row` gives them, best first.
        lines: lines of the matrix as they were weighed.
        quota: orders at work at which a unit counts as fully loaded.
    """
    if len(ranked) < 2:
        return [_("没有第二个候选单位；只有新增清单行才会改变结果")] if ranked else []
    first, second = ranked[0], ranked[1]
    gap = first["score"] - second["score"]
    names = {"first": first["unit"], "second": second["unit"]}
    out = [*_by_line(ranked, lines)]
    need = gap / suggest.WEIGHTS["history"]
    if second["parts"]["history"] + need <= 1:
        out.append(_("“%(second)s”在同类案件中的承办占比由 %(now)d%% 升到 %(then)d%% 以上，将居首位") % {
            **names, "now": round(second["parts"]["history"] * 100),
            "then": math.ceil((second["parts"]["history"] + need) * 100)})
    need = gap / suggest.WEIGHTS["text"]
    if second["parts"]["text"] + need <= 1:
        out.append(_("文字指向“%(second)s”的把握由 %(now)d%% 升到 %(then)d%% 以上，将居首位") % {
            **names, "now": round(second["parts"]["text"] * 100),
            "then": math.ceil((second["parts"]["text"] + need) * 100)})
    need = gap / suggest.WEIGHTS["load"]
    if need <= first["parts"]["load"]:
        out.append(_("“%(first)s”再多 %(n)d 件在办（现 %(busy)d 件），“%(second)s”将居首位") % {
            **names, "n": math.floor(need * quota) + 1, "busy": first["busy"]})
    else:
        out.append(_("负荷的变化不足以改变首位"))
    return out


def _by_line(ranked: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> list[str]:
    """What the loss of the first unit's line would do, and which fact of the case that would be."""
    first = ranked[0]
    line = next((row for row in lines if str(row["row"]) == first["rule_id"]), None)
    if line is None:
        return []
    others = {row["unit_id"]: row["score"] for row in lines if row["unit_id"] != first["unit_id"] and not _dead(row)}
    best = max(others.values(), default=0)
    scores = {row["unit_id"]: row["score"] for row in ranked}
    scores[first["unit_id"]] -= suggest.WEIGHTS["rule"] * first["parts"]["rule"]
    for unit_id in others:
        if others[unit_id] == best and unit_id in scores:  # the next line moves up to where the lost one stood
            had = next(row["parts"]["rule"] for row in ranked if row["unit_id"] == unit_id)
            scores[unit_id] += suggest.WEIGHTS["rule"] * (max(had, best) - had)
    winner = max(scores, key=lambda pk: scores[pk])
    if winner == first["unit_id"]:
        return [_("即使没有清单行 %(row)d（版本 %(version)s），仍推荐“%(first)s”") % {
            "row": line["row"], "version": line["version"], "first": first["unit"]}]
    other = next(row["unit"] for row in ranked if row["unit_id"] == winner)
    said = line_words([line])[0]
    out = [_("清单行 %(row)d（版本 %(version)s）停用或失效，将改为推荐“%(other)s”") % {
        "row": line["row"], "version": line["version"], "other": other}]
    if line["area"]:
        out.append(_("事发地不在“%(area)s”，将改为推荐“%(other)s”") % {"area": said["area_words"], "other": other})
    if len(line["scope"]) == 7:
        out.append(_("事项不是“%(scope)s”，该行不再适用") % {"scope": said["scope_words"]})
    return out


def _dead(row: dict[str, Any]) -> bool:
    return row["lost"] in ("off", "over", "not_yet", "unit_off")


def decision(record: Any, _actor: Actor) -> dict[str, Any]:
    """A dispatch of the ledger: row, version, facts, lines that lost, ranking."""
    return {"decisions": [_kept(record)]}


def decisions(case: Any, _actor: Actor) -> dict[str, Any]:
    """All dispatches of a case, the newest first."""
    found = case.decisions.select_related("unit", "duty__unit", "advised", "order").order_by("-id")[:20]
    return {"decisions": [_kept(one) for one in found]}


def _kept(one: Any) -> dict[str, Any]:
    facts = one.facts
    words = [(_("事项"), f"{facts.get('item_code', '')} {facts.get('item_name', '')}".strip()),
             (_("区域"), area_name(facts.get("area_code", ""))), (_("清单版本"), facts.get("catalogue_version")),
             (_("紧急程度"), dict(codes.URGENCIES).get(facts.get("urgency", ""))),
             (_("诉求类型"), dict(codes.DEMANDS).get(facts.get("demand", ""))),
             (_("标签"), "、".join(facts.get("labels") or []))]
    others = list(Unit.objects.filter(pk__in=facts.get("others") or []))
    return {"one": one, "facts": [(label, value) for label, value in words if value], "others": others,
            "lines": line_words(one.rows),
            "changes": changes(one.ranking, one.rows, stage_limit("quota")[0] or 1) if one.ranking else []}
