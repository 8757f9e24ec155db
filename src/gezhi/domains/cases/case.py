"""The case: a citizen's report and everything that becomes of it (案件), one row from report to archive."""

from __future__ import annotations

from django.contrib.gis.db.models import PointField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.fields import AreaCodeField, BlindField, SealedField, TokensField
from gezhi.kernel.records import Record
from gezhi.kernel.slices import Slice, Traits

from . import codes
from .case_flow import CaseFlow

UNIQUE_SOURCE = "(source, source_key) WHERE source_key <> ''"
"""The index by which a repeated submission is known; also the conflict target of the fast insert."""


class Case(Timed, Record):
    """A report and the case it becomes; a merged or voided duplicate stays a row of its own."""

    case_no = models.CharField(_("案件编号"), max_length=24, default="", blank=True)
    query_code = models.CharField(_("查询码"), max_length=8, unique=True)
    status = models.CharField(_("状态"), max_length=24, choices=CaseFlow.choices(), default="reported")
    channel = models.CharField(_("来源渠道"), max_length=20, choices=codes.CHANNELS)
    source = models.CharField(_("来源系统"), max_length=40, default="", blank=True)
    source_key = models.CharField(_("来源编号"), max_length=80, default="", blank=True)

    title = models.CharField(_("标题"), max_length=120)
    content = models.TextField(_("诉求内容"), max_length=8000)
    address = models.CharField(_("事发地址"), max_length=200, default="", blank=True)
    place = PointField(_("位置"), null=True, blank=True)
    area_code = AreaCodeField(_("区域"))
    photos = models.JSONField(_("上报附件"), default=list, blank=True)

    item_code = models.CharField(_("事项代码"), max_length=16, default="", blank=True, db_collation="C")
    item_name = models.CharField(_("事项"), max_length=80, default="", blank=True)
    catalogue_version = models.CharField(_("清单版本"), max_length=20, default="", blank=True)
    labels = models.JSONField(_("标签"), default=list, blank=True)
    urgency = models.CharField(_("紧急程度"), max_length=8, choices=codes.URGENCIES, default="normal")
    demand = models.CharField(_("诉求类型"), max_length=12, choices=codes.DEMANDS, default="other")
    confidence = models.FloatField(_("自动分类把握"), null=True, blank=True)

    reporter_name = SealedField(_("反映人"), form="name")
    reporter_phone = SealedField(_("联系电话"), form="phone")
    reporter_phone_index = BlindField(of="reporter_phone")
    reported_by = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, db_index=False,
                                    related_name="+", verbose_name=_("上报账号"))
    anonymous = models.BooleanField(_("匿名"), default=False)
    secret = models.BooleanField(_("保密"), default=False)

    centre = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                               verbose_name=_("当前中心"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                             verbose_name=_("承办单位"))
    mode = models.CharField(_("处置方式"), max_length=12, choices=codes.MODES, default="", blank=True)
    round = models.PositiveSmallIntegerField(_("派遣轮次"), default=0)
    enough = models.PositiveSmallIntegerField(_("并联办所需份数"), null=True, blank=True)
    steps = models.JSONField(_("待派步骤"), default=list, blank=True)
    limit_value = models.FloatField(_("处置时限"), null=True, blank=True)
    limit_unit = models.CharField(_("时限单位"), max_length=16, default="", blank=True)
    limit_rule = models.CharField(_("时限依据规则"), max_length=24, default="", blank=True)
    auto_dispatched = models.BooleanField(_("自动派遣"), default=False)

    reported_at = models.DateTimeField(_("上报时间"))
    filed_at = models.DateTimeField(_("立案时间"), null=True, blank=True)
    dispatched_at = models.DateTimeField(_("派遣时间"), null=True, blank=True)
    handled_at = models.DateTimeField(_("处置完成时间"), null=True, blank=True)
    callback_from = models.DateTimeField(_("进入回访时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)
    archived_at = models.DateTimeField(_("归档时间"), null=True, blank=True)
    urged_at = models.DateTimeField(_("公众最近催办时间"), null=True, blank=True)

    outcome = models.CharField(_("办理结果"), max_length=4, choices=codes.OUTCOME, default="", blank=True)
    public_reply = models.TextField(_("答复内容"), max_length=8000, default="", blank=True)
    public_visible = models.BooleanField(_("可公开"), default=False)
    end_reason = models.CharField(_("终止原因代码"), max_length=16, default="", blank=True)
    trueness = models.CharField(_("核实结论"), max_length=8, choices=codes.TRUENESS, default="", blank=True)
    inspected = models.CharField(_("核查结论"), max_length=8, choices=codes.SOLVED, default="", blank=True)
    verify_wanted = models.BooleanField(_("立案前须核实"), default=False)
    inspect_wanted = models.BooleanField(_("结案前须核查"), default=False)
    callback_wanted = models.BooleanField(_("须回访"), default=False)
    contacted = models.BooleanField(_("已联系反映人"), null=True, blank=True)
    solved = models.CharField(_("是否解决"), max_length=4, choices=codes.SOLVED, default="", blank=True)
    first_satisfaction = models.SmallIntegerField(_("首次满意度"), choices=codes.SCORES, null=True, blank=True)
    final_satisfaction = models.SmallIntegerField(_("最终满意度"), choices=codes.SCORES, null=True, blank=True)
    attitude = models.SmallIntegerField(_("态度满意度"), choices=codes.SCORES, null=True, blank=True)
    rated_by_public = models.BooleanField(_("公众自评"), default=False)
    tries = models.JSONField(_("回访联系记录"), default=list, blank=True, editable=False)

    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)
    reworks = models.PositiveSmallIntegerField(_("退回重办次数"), default=0)
    redos = models.PositiveSmallIntegerField(_("重派次数"), default=0)
    reassigns = models.PositiveSmallIntegerField(_("改派次数"), default=0)
    urges = models.PositiveSmallIntegerField(_("催办次数"), default=0)
    suspensions = models.PositiveSmallIntegerField(_("挂起次数"), default=0)
    asked_redo = models.BooleanField(_("公众已要求重办"), default=False)
    hard = models.BooleanField(_("疑难"), default=False)
    self_handled = models.BooleanField(_("自行处置"), default=False)
    excluded = models.BooleanField(_("不计入考核"), default=False)
    returned_once = models.CharField(_("退回来自"), max_length=12, default="", blank=True, editable=False)
    reviewed_by = models.BigIntegerField(_("审核人"), null=True, blank=True, editable=False)
    master = models.ForeignKey("self", models.PROTECT, null=True, blank=True, db_index=False, related_name="duplicates",
                               verbose_name=_("主案件"))
    merged_from = models.CharField(_("并案前状态"), max_length=24, default="", blank=True, editable=False)
    invented = models.BooleanField(_("演示数据"), default=False)
    tokens = TokensField(of="title content address item_name case_no")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_key"], name="case_source", condition=~Q(source_key="")),
            models.UniqueConstraint(fields=["case_no"], name="case_number", condition=~Q(case_no="")),
        ]
        indexes = [
            GinIndex("tokens", Slice("id"), Traits("area_code", "item_code", "channel", "unit_id", "urgency"),
                     name="case_found"),
            models.Index(fields=["centre", "status", "-id"], name="case_open", condition=Q(finished_at=None)),
            models.Index(fields=["-id"], name="case_open_new", condition=Q(finished_at=None)),
            models.Index(fields=["status", "-id"], name="case_status"),
            models.Index(fields=["area_code", "-id"], name="case_area"),
            models.Index(fields=["address", "-id"], name="case_address", condition=~Q(address="")),
            models.Index(fields=["channel", "-id"], name="case_channel"),
            models.Index(fields=["reported_at"], name="case_reported"),
            models.Index(fields=["due_at"], name="case_due", condition=Q(finished_at=None, paused=False)),
            models.Index(fields=["item_code", "-id"], name="case_item", condition=~Q(item_code="")),
            models.Index(fields=["item_code", "area_code"], name="case_item_area", condition=~Q(item_code="")),
            models.Index(fields=["unit", "-id"], name="case_unit", condition=Q(unit__isnull=False)),
            models.Index(fields=["filed_at"], name="case_filed", condition=Q(filed_at__isnull=False)),
            models.Index(fields=["handled_at"], name="case_handled", condition=Q(handled_at__isnull=False)),
            models.Index(fields=["closed_at"], name="case_closed", condition=Q(closed_at__isnull=False)),
            models.Index(fields=["urgency", "-id"], name="case_urgent", condition=~Q(urgency="normal")),
            models.Index(fields=["-id"], name="case_hard", condition=Q(hard=True)),
            models.Index(fields=["reporter_phone_index"], name="case_phone",
                         condition=Q(reporter_phone_index__isnull=False)),
            models.Index(fields=["reported_by", "-id"], name="case_reporter", condition=Q(reported_by__isnull=False)),
            models.Index(fields=["master"], name="case_master", condition=Q(master__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.case_no} {self.title}" if self.case_no else self.title

    @property
    def open(self) -> bool:
        """Whether anything is still expected of anybody."""
        return not CaseFlow.states()[self.status].final

    @property
    def stage(self) -> str:
        """The step citizens see."""
        return str(CaseFlow.states()[self.status].stage)
