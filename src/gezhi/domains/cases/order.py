"""Work orders: the tree of assignments of a case, each to one unit (工单)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.foundation.units.unit import MODES as UNIT_MODES
from gezhi.kernel.access import SameReach, UnitReach
from gezhi.kernel.door import moment
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Filter, Register, Spot

from . import codes
from .kinds import TIMED_FILTERS, LightKind
from .limits import stage_limit
from .moves import outside
from .order_flow import OrderFlow
from .panels import ORDER_PANELS
from .tools import CENTRE, before


class WorkOrder(Timed, Record):
    """What one unit has to do for a case; co and child orders stand below the order they serve."""

    no = models.CharField(_("工单编号"), max_length=40, unique=True)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="orders", verbose_name=_("案件"))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children",
                               verbose_name=_("上级工单"))
    role = models.CharField(_("角色"), max_length=6, choices=codes.ROLES, default="lead")
    seq = models.PositiveSmallIntegerField(_("次序"), default=1)
    round = models.PositiveSmallIntegerField(_("派遣轮次"), default=1)
    unit = models.ForeignKey("units.Unit", models.PROTECT, db_index=False, related_name="+", verbose_name=_("承办单位"))
    handler = models.ForeignKey("units.Post", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                                verbose_name=_("处置人员"))
    status = models.CharField(_("状态"), max_length=16, choices=OrderFlow.choices(), default="pending_sign")
    area_code = AreaCodeField(_("区域"))
    item_code = models.CharField(_("事项代码"), max_length=16, default="", blank=True, db_collation="C")
    urgency = models.CharField(_("紧急程度"), max_length=8, choices=codes.URGENCIES, default="normal")
    limit_value = models.FloatField(_("时限"))
    limit_unit = models.CharField(_("时限单位"), max_length=16)
    remark = models.TextField(_("派遣要求"), max_length=2000, default="", blank=True)
    reason = models.CharField(_("派遣依据"), max_length=200, default="", blank=True)
    via = models.CharField(_("办理方式"), max_length=8, choices=UNIT_MODES, default="inside")
    outside_no = models.CharField(_("对方编号"), max_length=60, default="", blank=True)
    outside_state = models.CharField(_("对方状态"), max_length=8, choices=outside.STATES, default="", blank=True)
    synced_at = models.DateTimeField(_("对方状态时间"), null=True, blank=True)

    opened_at = models.DateTimeField(_("派遣时间"))
    signed_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("报送时间"), null=True, blank=True)
    result = models.TextField(_("处置情况"), max_length=8000, default="", blank=True)
    outcome = models.CharField(_("办理结果"), max_length=4, choices=codes.OUTCOME, default="", blank=True)
    reply = models.TextField(_("对反映人的答复"), max_length=8000, default="", blank=True)
    photos = models.JSONField(_("处置附件"), default=list, blank=True)
    contact_method = models.CharField(_("联系方式"), max_length=8, choices=codes.CONTACT, default="", blank=True)
    contact_at = models.DateTimeField(_("联系时间"), null=True, blank=True)
    override = models.CharField(_("未等协办即报送的原因"), max_length=200, default="", blank=True)

    extensions = models.PositiveSmallIntegerField(_("延期次数"), default=0)
    suspended_until = models.DateTimeField(_("挂起至"), null=True, blank=True)
    suspension_reviewed_at = models.DateTimeField(_("挂起复核时间"), null=True, blank=True)
    unsigned_late = models.BooleanField(_("签收超期"), default=False)
    held = models.BooleanField(_("随案件暂停"), default=False, editable=False)
    before_return = models.CharField(_("申请退回前的状态"), max_length=16, default="", blank=True, editable=False)
    reworks = models.PositiveSmallIntegerField(_("退回重办次数"), default=0)
    handled_by = models.BigIntegerField(_("处置人"), null=True, blank=True, editable=False)
    submitted_by = models.BigIntegerField(_("报送人"), null=True, blank=True, editable=False)
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["unit", "status", "-id"], name="order_unit"),
            models.Index(fields=["unit", "-id"], name="order_unit_open", condition=Q(finished_at=None)),
            models.Index(fields=["unit", "case"], name="order_unit_case"),
            models.Index(fields=["handler", "-id"], name="order_handler", condition=Q(handler__isnull=False)),
            models.Index(fields=["due_at"], name="order_due", condition=Q(finished_at=None, paused=False)),
            models.Index(fields=["warn_at"], name="order_warn", condition=Q(finished_at=None, paused=False)),
            models.Index(fields=["suspended_until"], name="order_suspended",
                         condition=Q(suspended_until__isnull=False)),
            models.Index(fields=["area_code", "-id"], name="order_area"),
            models.Index(fields=["item_code", "area_code", "opened_at"], name="order_history"),
            models.Index(fields=["opened_at"], name="order_opened"),
            models.Index(fields=["via", "-id"], name="order_outside", condition=~Q(via="inside")),
            models.Index(fields=["submitted_at"], name="order_submitted", condition=Q(submitted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.no} {self.unit}"

    @staticmethod
    def flow_states() -> dict[str, Any]:
        """States by code."""
        return OrderFlow.states()


def silent(raw: str, _actor: Any) -> Q:
    """``silent=1``: orders of units with their own system that have not been heard of for too long."""
    if raw != "1":
        return Q()
    since = before(moment(), stage_limit("silence"))
    return Q(via="loose", finished_at=None) & (Q(synced_at__lt=since) | Q(synced_at=None, opened_at__lt=since))


class WorkOrders(Register):
    """Orders are given and moved, never edited by form."""

    model = WorkOrder
    name = "work_order"
    label = _("工单")
    icon = "clipboard-list"
    group = "cases"
    key = "no"
    columns = "no case unit role handler status light urgency opened_at due_at submitted_at outcome"
    filters = ("no status role unit handler area_code item_code urgency opened_at signed_at submitted_at due_at "
               "outcome overtime unsigned_late suspended_until extensions case parent invented via outside_no "
               "outside_state synced_at")
    search = "no^3 case__title"
    virtual = {"light": LightKind()}
    extra_filters = (*TIMED_FILTERS, Filter("silent", _("久未同步"), silent, lambda: [["1", str(_("是"))]]))
    reaches = {"unit": UnitReach("unit__path"), "parent": UnitReach("parent__unit__path"),
               "centre": UnitReach("case__centre__path"), "handler": SameReach("handler_id", "post_id")}
    grants = {"view": f"{CENTRE} unit_clerk:unit unit_clerk:parent handler:unit leader:area admin:all app:unit",
              "export": "shift_leader:centre supervisor:centre unit_clerk:unit leader:area admin:all"}
    flow = OrderFlow
    panels = ORDER_PANELS
    spot = Spot("feedback", about="case", facts=codes.SPOT_FACTS)
    writable, under = False, "case"

    def title(self, record: Any) -> str:
        return record.no
