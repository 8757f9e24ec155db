"""City components (部件): every manhole, lamp and bench with its 17-digit code (GB/T 47678.5-2026, table 2)."""

from __future__ import annotations

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory.public import settle
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import next_number
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, CodeField, ComponentCodeField, CreditCodeField, indexed, public
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register


class Component(Record):
    """A component; its type is one of the catalogue's 153, its code is made of area, type and a running number."""

    code = public(ComponentCodeField(_("部件标识码"), unique=True, blank=True, default="",
                                     help_text=_("留空时按区划和部件类型自动编号")))
    name = public(models.CharField(_("部件名称"), max_length=30, default="", blank=True))
    type = models.ForeignKey("catalogue.ComponentType", models.PROTECT, related_name="+", verbose_name=_("部件类型"))
    area_code = AreaCodeField(_("所属区域"))
    place = PointField(_("位置"))
    state = CodeField(_("部件状态"), table="component_state", default="01")
    authority_code = public(CreditCodeField(_("主管部门代码"), default="", blank=True))
    authority_name = public(models.CharField(_("主管部门"), max_length=100, default="", blank=True))
    owner_code = public(CreditCodeField(_("权属单位代码"), default="", blank=True))
    owner_name = public(models.CharField(_("权属单位"), max_length=100, default="", blank=True))
    maintainer_code = public(CreditCodeField(_("养护单位代码"), default="", blank=True))
    maintainer_name = public(models.CharField(_("养护单位"), max_length=100, default="", blank=True))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("平台内责任单位"))
    since = models.DateField(_("初始日期"), null=True, blank=True)
    changed_on = models.DateField(_("变更日期"), null=True, blank=True)
    origin = CodeField(_("部件数据来源"), table="component_data_source", blank=True, default="")
    accuracy = CodeField(_("定位精度"), table="accuracy", blank=True, default="")
    remark = models.TextField(_("备注"), max_length=1000, default="", blank=True)

    class Meta:
        indexes = indexed("component", "area_code", "type+state", "state", "owner_name", "maintainer_name")

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class Components(Register):
    """The components of an area."""

    model, label, group, icon, key = Component, _("部件"), "places", "components", "code"
    columns = "code name type area_code state owner_name maintainer_name unit changed_on"
    filters = "area_code type state owner_name maintainer_name unit origin accuracy place"
    search = "code^3 name owner_name"
    form = ("code type name state place area_code", "authority_name authority_code owner_name owner_code",
            "maintainer_name maintainer_code unit", "since changed_on origin accuracy remark")
    grants = {"view": "*:area", "create": "grid_member:area grid_leader:area unit_clerk:area admin:all",
              "change": "grid_member:area grid_leader:area unit_clerk:area admin:all", "remove": "admin:all",
              "export": "unit_clerk:area leader:area admin:all", "import": "unit_clerk:area admin:all"}
    layer = Layer("place", icon="components", colour="state", title="name", show="code")
    hub = True

    def clean(self, record: Component, actor: Actor, changed: set[str]) -> None:
        """The code tells county and type; a new one is given when none is."""
        settle(record, changed)
        record.name = record.name or record.type.name[:30]
        if not record.code:
            head = f"{record.area_code[:6]:0<6}{record.type.code}"
            record.code = f"{head}{next_number(f'component:{head}'):06d}"
        elif {"code", "type"} & changed and record.code[6:11] != record.type.code:
            raise Invalid({"code": [_t("标识码第 7 至 11 位应是部件类型的代码 %s") % record.type.code]})
        changed |= {"name", "code"}
        if record.since and record.changed_on and record.changed_on < record.since:
            raise Invalid({"changed_on": [_t("变更日期不能早于初始日期")]})


DECLARES = (Components,)
