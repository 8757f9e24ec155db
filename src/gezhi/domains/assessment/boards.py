"""The board of assessment: the newest month, what is disputed, and how scores have moved."""

from __future__ import annotations

from typing import Any

from django.db.models import Avg, Count
from django.utils.translation import gettext_lazy as _

from gezhi.engines.metrics.boards import Board, Part
from gezhi.engines.metrics.period import Period
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registry import registry

from . import panels
from .publication import Publication, ScoreLine

NAME = ("assessment",)
METRICS = (
    Metric("assess_draft", _("待公布的月份"), of="publication", where={"status": "draft"}, window="all", boards=NAME),
    Metric("assess_sealed", _("已公布的月份"), of="publication", where={"status": "sealed"}, window="all", boards=NAME),
    Metric("assess_appeals", _("在办考核申诉"), of="score_appeal", where={"status": "open,advised"}, window="all",
           by=("unit", "indicator"), good="down", boards=NAME),
    Metric("assess_corrected", _("更正记录"), of="score_appeal", where={"status": "granted"}, at="decided_at",
           window="365d", by=("unit", "indicator"), boards=NAME),
)
MONTHS = 12


def newest(actor: Actor, _area: str, _period: Period) -> dict[str, Any]:
    """The ranking of the newest month that is published, else counted."""
    found = Publication.objects.filter(status__in=("sealed", "draft")).order_by("-month", "-no").first()
    return panels.ranking(found, actor) if found is not None else {"groups": []}


def trend(actor: Actor, _area: str, _period: Period) -> dict[str, Any]:
    """Mean score by month and sort of object, of published months; one query."""
    rows = ScoreLine.objects.filter(sight(registry.register("score_line"), actor), publication__status="sealed")
    found = rows.values("publication__month", "kind").annotate(mean=Avg("score"), count=Count("id"))
    months = sorted({r["publication__month"] for r in found})[-MONTHS:]
    labels = dict(ScoreLine._meta.get_field("kind").flatchoices)
    by = {(r["publication__month"], r["kind"]): round(float(r["mean"]), 2) for r in found}
    series = [{"name": str(label), "values": [by.get((month, kind)) for month in months]}
              for kind, label in labels.items() if any((month, kind) in by for month in months)]
    return {"months": months, "chart": {"kind": "line", "categories": months, "series": series}}


BOARDS = (Board("assessment", _("绩效考核"), "score_line.view", "report-analytics", (
    Part("newest", _("最近一个月"), "assessment/newest.html", newest),
    Part("trend", _("各月平均得分"), "assessment/trend.html", trend)), (), "oversight"),)
