"""Disputes found and settled (矛盾纠纷排查化解): about what, who settles each, by when, and how it went."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel import identifiers
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, BlindField, CodeField, OwnNumberField, SealedField, indexed, sensitive
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

OUTCOMES = [("settled", _("化解成功")), ("failed", _("未能化解"))]


class Dispute(Record):
    """One dispute. Ethnicity, schooling and petitions of the parties are not asked."""

    number = OwnNumberField(_("纠纷编号"), prefix="D")
    name = sensitive(models.CharField(_("纠纷名称"), max_length=100))
    happened_on = models.DateField(_("发生日期"))
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"), null=True, blank=True)
    address = models.CharField(_("发生地点"), max_length=100)
    scale = CodeField(_("事件规模"), table="dispute_scale")
    kind = CodeField(_("纠纷类别"), table="dispute_type")
    people_count = models.PositiveIntegerField(_("涉及人数"), default=2)
    units = models.CharField(_("涉及单位"), max_length=100, default="", blank=True)
    summary = SealedField(_("简要情况"), high=True)
    party_name = sensitive(models.CharField(_("主要当事人"), max_length=80), "name")
    party_id_type = CodeField(_("当事人证件种类"), table="id_type", blank=True, default="")
    party_id_no = SealedField(_("当事人证件号码"), form="document")
    party_id_index = BlindField(of="party_id_no")
    party_kind = CodeField(_("当事人类别"), table="party_type")
    party_phone = SealedField(_("当事人电话"), form="phone")
    party_address = SealedField(_("当事人住址"), form="address")
    due_on = models.DateField(_("化解时限"))
    method = CodeField(_("化解方式"), table="resolve_method")
    resolver = models.CharField(_("化解组织"), max_length=100)
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("责任单位"))
    head_name = models.CharField(_("化解责任人"), max_length=50)
    head_phone = SealedField(_("化解责任人电话"), form="phone")
    settled_on = models.DateField(_("化解日期"), null=True, blank=True)
    outcome = models.CharField(_("化解结果"), max_length=8, choices=OUTCOMES, default="", blank=True)
    result = SealedField(_("化解情况"), high=True)

    class Meta:
        indexes = indexed("dispute", "area_code", "kind", "scale", "happened_on", "due_on", "settled_on", "outcome",
                          "party_id_index")

    def __str__(self) -> str:
        return self.number


class Disputes(Register):
    """The disputes of an area, called by number; the parties' names stand behind a mask."""

    model, label, group, icon, key = Dispute, _("矛盾纠纷"), "safety", "scale", "number"
    columns = "number kind scale happened_on area_code party_name people_count method resolver due_on outcome"
    filters = "area_code kind scale happened_on method due_on settled_on outcome unit party_id_no"
    search = "number^3 address resolver party_id_no"
    form = ("name kind scale happened_on", "area_code place address people_count units summary",
            "party_name party_kind party_id_type party_id_no party_phone party_address",
            "due_on method resolver unit head_name head_phone", "settled_on outcome result")
    grants = {"view": "grid_leader:area unit_clerk:area shift_leader:area leader:area supervisor:area",
              "create": "grid_leader:area unit_clerk:area", "change": "grid_leader:area unit_clerk:area",
              "remove": "admin:all", "export": "unit_clerk:area leader:area", "import": "unit_clerk:area",
              "reveal": "grid_leader:area unit_clerk:area"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Days follow each other, and who says that it is over says how it ended."""
        identifiers.checked(record, "party_id_type", "party_id_no")
        if record.happened_on > timezone.localdate(moment()):
            raise Invalid({"happened_on": [_t("日期不能晚于今天")]})
        for name in ("due_on", "settled_on"):
            if getattr(record, name) and getattr(record, name) < record.happened_on:
                raise Invalid({name: [_t("不能早于发生日期")]})
        if bool(record.settled_on) != bool(record.outcome):
            raise Invalid({"outcome": [_t("化解日期和化解结果要一起填写")]})
        settle(record, changed)
