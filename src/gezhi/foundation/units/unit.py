"""Units: command centres of each level, departments and their sub-units, communities, enterprises, teams."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.engines.tables.names import name_of
from gezhi.kernel.access import UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register

KINDS = [
    ("centre", _("指挥中心")), ("department", _("职能部门")), ("sub_unit", _("下属单位")), ("town", _("街道（乡镇）")),
    ("community", _("社区（村）")), ("station", _("网格站")), ("enterprise", _("公用企业")), ("team", _("队伍")),
]
LEVELS = [
    ("city", _("市")), ("county", _("区县")), ("town", _("街镇")), ("community", _("社区")), ("grid_cell", _("网格")),
]
MODES = [("inside", _("平台内办理")), ("loose", _("自有系统，同步状态")), ("watched", _("只监督考核"))]
"""How a department takes part (一网统管): its orders are handled here, synced from its own system, or only watched."""


class Unit(Record):
    """A unit that can act on cases. ``path`` is ``/code/code/`` from the root; descendants start with it."""

    code = models.CharField(_("单位编码"), max_length=24, unique=True)
    name = models.CharField(_("单位名称"), max_length=80)
    short_name = models.CharField(_("简称"), max_length=24, default="", blank=True)
    kind = models.CharField(_("单位类型"), max_length=12, choices=KINDS)
    dept_type = models.CharField(_("权责部门类型"), max_length=12, default="", blank=True,
                                 help_text=_("事项清单第 6 节的部门代码，如 CG 城管"))
    level = models.CharField(_("层级"), max_length=12, choices=LEVELS)
    area_code = AreaCodeField(_("管辖区域"))
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children",
                               verbose_name=_("上级单位"))
    path = models.CharField(_("路径"), max_length=200, default="", blank=True, editable=False, db_collation="C")
    mode = models.CharField(_("接入方式"), max_length=8, choices=MODES, default="inside")
    phone = models.CharField(_("值班电话"), max_length=24, default="", blank=True)
    address = models.CharField(_("地址"), max_length=120, default="", blank=True)
    place = PointField(_("位置"), null=True, blank=True)
    duties = models.TextField(_("职能"), default="", blank=True)
    active = models.BooleanField(_("启用"), default=True)
    invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        indexes = [
            models.Index(fields=["path"], name="unit_path"),
            models.Index(fields=["dept_type", "area_code"], name="unit_duty"),
            models.Index(fields=["kind", "area_code"], name="unit_kind"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class Units(Register):
    """Everybody sees the directory of units; administrators keep it."""

    model = Unit
    label = _("单位")
    icon = "building"
    group = "organisation"
    key = "code"
    columns = "name kind dept_type level area_code parent mode active"
    filters = "name kind dept_type level area_code parent mode active"
    search = "name^3 short_name^2 code"
    order = "path"
    form = ("code name short_name kind", "dept_type level area_code parent mode",
            "phone address place duties active")
    reaches = {"unit": UnitReach("path")}
    grants = {"view": "*:all", "create": "admin:all", "change": "admin:all", "remove": "admin:all",
              "export": "admin:all leader:all", "import": "admin:all"}
    layer = Layer("place", icon="building", colour="kind", title="short_name")

    def says(self, record: Any, name: str) -> str | None:
        """The type of department by name."""
        return name_of("dept_type", record.dept_type) if name == "dept_type" else None

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Keep the path; refuse a unit below itself."""
        if record.parent_id and "/" in record.code:
            raise Invalid({"code": [_("单位编码不能含“/”")]})
        above = record.parent.path if record.parent_id else "/"
        if record.pk and record.path and above.startswith(record.path):
            raise Invalid({"parent": [_("上级单位不能是本单位或其下级")]})
        path = f"{above}{record.code}/"
        if record.path and path != record.path and Unit.objects.filter(path__startswith=record.path).exclude(
                pk=record.pk).exists():
            raise Invalid({"parent": [_("该单位还有下级单位，请先调整下级单位再移动")]})
        if path != record.path:
            record.path = path
            changed.add("path")
