"""Figures of visits; each counts what its reader may see, and equals the rows behind its link."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gezhi.kernel.metrics import Metric

BY = ("programme", "level", "area", "post")
UNIT = ("unit",)

METRICS = (
    Metric("visit_open", _("待走访"), of="visit_task", where={"open": "1"}, by=BY, boards=UNIT, window="all"),
    Metric("visit_overdue", _("走访逾期"), of="visit_task", where={"open": "1", "light": "red"}, by=BY, boards=UNIT,
           window="all", good="down"),
    Metric("visit_soon", _("走访将到期"), of="visit_task", where={"open": "1", "light": "yellow"}, by=BY, boards=UNIT,
           window="all", good="down"),
    Metric("visit_unassigned", _("未派出的走访"), of="visit_task", where={"open": "1", "post": "-"}, by=("programme",),
           boards=UNIT, window="all", good="down"),
    Metric("visit_done", _("完成走访"), of="visit_task", where={"status": "done"}, at="done_at", by=(*BY, "way"),
           boards=UNIT, window="30d", good="up"),
    Metric("visit_on_time", _("走访按期率"), of="visit_task", where={"status": "done", "overtime": "0"},
           base={"status": "done"}, measure="share", at="done_at", window="30d", unit="%", good="up", target=95, by=BY,
           boards=UNIT),
    Metric("visit_records", _("走访记录数"), of="visit_record", at="visited_at", by=("programme", "way", "visitor"),
           boards=UNIT, window="30d"),
    Metric("referrals_made", _("转介数"), of="referral", at="referred_on", by=("to",), boards=UNIT, window="30d"),
)
