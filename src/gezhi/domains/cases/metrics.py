"""Figures of the case line on the situation board; each equals the rows behind its link."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gezhi.engines.metrics.days import Rollup
from gezhi.kernel.metrics import Metric

SITUATION = ("situation",)
DIMENSIONS = ("area", "channel", "urgency", "item_code", "unit")

METRICS = (
    Metric("case_reported", _("新增上报"), of="case", at="reported_at", by=DIMENSIONS, boards=SITUATION),
    Metric("case_filed", _("立案数"), of="case", at="filed_at", by=DIMENSIONS, boards=SITUATION),
    Metric("case_handled", _("处置完成数"), of="case", at="handled_at", by=DIMENSIONS, boards=SITUATION),
    Metric("case_closed", _("结案数"), of="case", at="closed_at", by=DIMENSIONS, boards=SITUATION, good="up"),
    Metric("case_open", _("在办案件"), of="case", where={"open": "1"}, by=DIMENSIONS, boards=SITUATION, window="all"),
    Metric("case_overdue", _("超期在办"), of="case", where={"light": "red", "open": "1"}, by=DIMENSIONS,
           boards=SITUATION, window="all", good="down"),
    Metric("case_yellow", _("即将到期"), of="case", where={"light": "yellow"}, by=DIMENSIONS, boards=SITUATION,
           window="all", good="down"),
    Metric("case_green", _("正常在办"), of="case", where={"light": "green"}, by=DIMENSIONS, boards=SITUATION,
           window="all"),
    Metric("case_paused", _("暂停计时"), of="case", where={"light": "grey"}, by=DIMENSIONS, boards=SITUATION,
           window="all"),
    Metric("case_urgent", _("特急案件"), of="case", where={"urgency": "urgent1"}, at="reported_at", by=DIMENSIONS,
           boards=SITUATION),
    Metric("case_urgent_open", _("特急在办"), of="case", where={"urgency": "urgent1", "open": "1"}, by=DIMENSIONS,
           boards=SITUATION, window="all", chart="list"),
    Metric("case_hard", _("疑难案件"), of="case", where={"hard": "1"}, by=("area",), boards=SITUATION, window="all",
           good="down"),
    Metric("case_by_channel", _("来源渠道"), of="case", at="reported_at", by=("channel",), boards=SITUATION,
           chart="donut"),
    Metric("case_by_area", _("区域分布"), of="case", at="reported_at", by=("area",), boards=SITUATION, chart="bar"),
    Metric("case_by_item", _("高发事项"), of="case", at="reported_at", by=("item_code",), boards=SITUATION,
           chart="bar"),
    Metric("case_waiting", _("待受理"), of="case", where={"status": "reported", "open": "1"},
           by=("area", "channel"), boards=SITUATION, window="all", good="down"),
    Metric("case_on_time", _("按期处置率"), of="case", where={"overtime": "0", "excluded": "0"},
           base={"excluded": "0"}, measure="share", at="handled_at", window="30d", unit="%", good="up", target=95,
           by=DIMENSIONS, boards=SITUATION),
    Metric("case_auto_dispatched", _("自动派遣率"), of="case", where={"auto_dispatched": "1"}, base={}, measure="share",
           at="handled_at", window="30d", unit="%", good="up", by=("area", "item_code"), boards=SITUATION),
    Metric("case_satisfied", _("满意率"), of="case", where={"final_satisfaction": "4,5", "excluded": "0"},
           base={"final_satisfaction": "1,2,3,4,5", "excluded": "0"}, measure="share", at="closed_at", window="30d",
           unit="%", good="up", target=90, by=DIMENSIONS, boards=SITUATION),
    Metric("case_solved", _("解决率"), of="case", where={"solved": "yes", "excluded": "0"},
           base={"solved": "yes,part,no", "excluded": "0"}, measure="share", at="closed_at", window="30d", unit="%",
           good="up", target=90, by=DIMENSIONS, boards=SITUATION),
    Metric("order_open", _("在办工单"), of="work_order", where={"open": "1"}, by=("unit", "area"), window="all",
           boards=("unit",)),
    Metric("order_overdue", _("超期工单"), of="work_order", where={"light": "red", "open": "1"}, by=("unit", "area"),
           window="all", good="down", boards=("unit",)),
    Metric("order_on_time", _("工单按期率"), of="work_order", where={"overtime": "0"}, base={}, measure="share",
           at="submitted_at", window="30d", unit="%", good="up", by=("unit", "area"), boards=("unit",)),
)
MOMENTS = ("reported_at", "filed_at", "handled_at", "closed_at")
ROLLUPS = (*(Rollup("case", at, ("centre",)) for at in MOMENTS),
           *(Rollup("case", at, digits=6, through="orders__unit") for at in MOMENTS),
           Rollup("work_order", "submitted_at", ("case__centre",)),
           Rollup("work_order", "submitted_at", ("unit", "parent__unit"), digits=6))
"""Moments by which figures look far back over the two tables that grow with the city: for whom area and centre decide,
and for the units that work on them."""
