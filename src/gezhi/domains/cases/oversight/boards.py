"""Boards of the four kinds of supervision: process, speed, several parties, quality; each figure one declaration."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, FloatField, Value
from django.db.models.functions import Extract, Greatest
from django.utils.translation import gettext_lazy as _

from gezhi.engines.metrics.boards import Board, Part
from gezhi.engines.metrics.period import Period
from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.metrics import Metric
from gezhi.kernel.registry import registry

from .. import models as m
from . import checks, mining

PROCESS, SPEED, PARTIES, QUALITY = (("supervise_" + n,) for n in ("process", "speed", "parties", "quality"))
GROUP = "oversight"
MOST = 40


def _stage(name: str, label: Any, states: str) -> Metric:
    return Metric(f"stage_{name}", label, of="case", where={"status": states, "open": "1"}, by=("area", "unit"),
                  window="all", boards=PROCESS)


METRICS = (
    _stage("accept", _("上报阶段在办"), "reported,verifying"), _stage("file", _("立案阶段在办"), "registered"),
    _stage("dispatch", _("派遣阶段在办"), "pending_dispatch,pending_coordination"),
    _stage("handle", _("处置阶段在办"), "pending_sign,handling,suspended,pending_unit_review"),
    _stage("review", _("反馈阶段在办"), "pending_review,inspecting,pending_callback"),
    Metric("case_returned", _("有退回的案件"), of="case", where={"returns": "1.."}, at="reported_at", window="30d",
           good="down", by=("area", "item_code"), boards=PROCESS),
    Metric("speed_red", _("超期工单"), of="work_order", where={"light": "red", "open": "1"}, by=("unit", "area"),
           window="all", good="down", boards=SPEED),
    Metric("speed_yellow", _("即将到期工单"), of="work_order", where={"light": "yellow"}, by=("unit", "area"),
           window="all", good="down", boards=SPEED),
    Metric("speed_unsigned", _("待签收工单"), of="work_order", where={"status": "pending_sign", "open": "1"},
           by=("unit", "area"), window="all", boards=SPEED),
    Metric("speed_on_time", _("工单按期率"), of="work_order", where={"overtime": "0"}, base={}, measure="share",
           at="submitted_at", window="30d", unit="%", good="up", target=95, by=("unit", "area"), boards=SPEED),
    Metric("supervision_open", _("在办督办单"), of="supervision_order", where={"open": "1"}, window="all",
           by=("unit", "area", "level"), boards=(*SPEED, *PARTIES)),
    Metric("supervision_missed", _("逾期未回复督办单"), of="supervision_order", where={"missed": "1"}, at="issued_at",
           window="30d", good="down", by=("unit", "area"), boards=SPEED),
    Metric("card_yellow", _("黄牌"), of="card", where={"colour": "yellow", "status": "issued,appealed,reviewed,upheld"},
           at="issued_at", window="30d", good="down", by=("unit", "area"), boards=SPEED),
    Metric("card_red", _("红牌"), of="card", where={"colour": "red", "status": "issued,appealed,reviewed,upheld"},
           at="issued_at", window="30d", good="down", by=("unit", "area"), boards=SPEED),
    Metric("remark_waiting", _("待答复监督意见"), of="supervision_remark", where={"status": "open"},
           by=("unit", "area"), window="all", good="down", boards=PARTIES),
    Metric("remark_said", _("监督意见"), of="supervision_remark", at="said_at", window="30d",
           by=("from_unit", "kind", "area"), boards=PARTIES),
    Metric("instruction_waiting", _("待回复批示"), of="instruction", where={"status": "issued"}, by=("unit", "area"),
           window="all", good="down", boards=PARTIES),
    Metric("co_open", _("在办协办工单"), of="work_order", where={"role": "co,equal", "open": "1"}, by=("unit", "area"),
           window="all", boards=PARTIES),
    Metric("co_late", _("超期协办工单"), of="work_order", where={"role": "co,equal", "light": "red", "open": "1"},
           by=("unit", "area"), window="all", good="down", boards=PARTIES),
    Metric("check_score", _("中心评分平均"), of="quality_check", where={"side": "centre", "status": "checked"},
           measure="avg:score", at="checked_at", window="30d", good="up", target=85, by=("unit", "area"),
           boards=QUALITY),
    Metric("check_composite", _("综合评价平均"), of="quality_check", where={"status": "checked"},
           measure="avg:composite", at="checked_at", window="30d", good="up", by=("unit", "area"), boards=QUALITY),
    Metric("check_false", _("结论虚假"), of="quality_check", where={"verdict": "false"}, at="checked_at", window="30d",
           good="down", by=("unit", "area"), boards=QUALITY),
    Metric("check_waiting", _("待检查"), of="quality_check", where={"status": "open"}, by=("unit", "area", "source"),
           window="all", boards=QUALITY),
    Metric("flag_waiting", _("待核实异常线索"), of="gaming_flag", where={"status": "open"}, by=("unit", "area", "kind"),
           window="all", good="down", boards=QUALITY),
    Metric("quality_satisfied", _("满意率"), of="case", where={"final_satisfaction": "4,5", "excluded": "0"},
           base={"final_satisfaction": "1,2,3,4,5", "excluded": "0"}, measure="share", at="closed_at", window="30d",
           unit="%", good="up", target=90, by=("unit", "area", "item_code"), boards=QUALITY),
)


def slowest(actor: Actor, area: str, _period: Period) -> dict[str, Any]:
    """Open orders whose light is no longer green, by the share of the limit that is used; one query.

    Shares are of plain time, so that the database sorts them in one pass; the light itself is by working time.
    """
    now = moment()
    register = registry.register("work_order")
    span = ExpressionWrapper(Greatest(F("due_at") - F("opened_at"), Value(dt.timedelta(minutes=1))),
                             output_field=DurationField())
    used = ExpressionWrapper(Value(now) - F("opened_at"), output_field=DurationField())
    share = ExpressionWrapper(Extract(used, "epoch") * 100.0 / Extract(span, "epoch"), output_field=FloatField())
    rows = m.WorkOrder.objects.filter(sight(register, actor), finished_at=None, paused=False, warn_at__lte=now,
                                      area_code__startswith=area)
    found = list(rows.annotate(share=share).order_by("-share", "id").select_related("case", "unit")[:MOST])
    orders = set(m.SupervisionOrder.objects.filter(case__in=[o.case_id for o in found], finished_at=None).values_list(
        "case_id", flat=True))
    may = permits(registry.register("case"), actor, "supervise")
    return {"rows": [{"order": o, "share": round(o.share), "light": o.light(now), "supervised": o.case_id in orders}
                     for o in found], "may": may, "most": MOST}


def paths(actor: Actor, area: str, period: Period) -> dict[str, Any]:
    """The real paths of the cases reported in the period."""
    if not actor.may("case.view") or period.start is None or period.end is None:
        return {"count": 0}
    return mining.mined(actor, area, period.start, period.end)


def said(actor: Actor, area: str, _period: Period) -> dict[str, Any]:
    """The newest remarks and the orders that wait, as far as the actor sees them."""
    remarks = m.Remark.objects.filter(sight(registry.register("supervision_remark"), actor),
                                      area_code__startswith=area)
    waiting = m.SupervisionOrder.objects.filter(sight(registry.register("supervision_order"), actor),
                                                area_code__startswith=area, finished_at=None)
    return {"remarks": list(remarks.select_related("case", "unit", "from_unit").order_by("-id")[:15]),
            "orders": list(waiting.select_related("case", "unit").order_by("due_at", "id")[:15])}


def judged(actor: Actor, area: str, period: Period) -> dict[str, Any]:
    """Units by their composite evaluation."""
    if period.start is None or period.end is None:
        return {"rows": []}
    return {"rows": checks.ranking(actor, area, period.start, period.end)}


def _here(name: str) -> str:
    return f"oversight/{name}.html"


SEEN = "supervision_order.view"
BOARDS = (
    Board("supervise_process", _("流程监管"), SEEN, "route",
          (Part("paths", _("案件实际走的路径"), _here("paths"), paths),),
          (("case_returned", "area"), ("stage_handle", "unit")), GROUP),
    Board("supervise_speed", _("效率监管"), SEEN, "gauge",
          (Part("slow", _("用时占时限最多的在办工单"), _here("slow"), slowest),),
          (("speed_red", "unit"), ("supervision_open", "unit")), GROUP),
    Board("supervise_parties", _("协同监管"), SEEN, "messages",
          (Part("said", _("各方意见与督办"), _here("said"), said),),
          (("co_late", "unit"), ("remark_waiting", "unit")), GROUP),
    Board("supervise_quality", _("质量监管"), SEEN, "star",
          (Part("judged", _("单位综合评价"), _here("judged"), judged),),
          (("check_score", "unit"), ("flag_waiting", "kind")), GROUP),
)
__all__ = ["BOARDS", "METRICS"]
