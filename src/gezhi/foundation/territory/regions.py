"""Region (行政区划): the city, its counties, towns and communities."""

from __future__ import annotations

from django.contrib.gis.db.models import MultiPolygonField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory import codes, regrouping
from gezhi.foundation.territory.bounded import GRANTS, USED, Bounded, boundary, in_use, measured, opinion, out_of_use
from gezhi.foundation.territory.checking import check_panel
from gezhi.foundation.territory.fields import OwnCodeField
from gezhi.foundation.territory.staffed import TEAM
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Panel, Register
from gezhi.kernel.workflow import Ask, Move, Workflow

COMMUNITIES = {"level": "community", **USED}
LEVELS = [(level.value, level.label) for level in codes.LEVELS if level is not codes.Level.GRID_CELL]


class RegionFlow(Workflow):
    """A region is in use or abolished; its boundary and its code change only by moves."""

    active, disabled = in_use(), out_of_use()

    enable = Move(_("恢复启用"), source=(disabled,), to=active, who="admin:area")
    disable = Move(
        _("停用"),
        source=(active,),
        to=disabled,
        who="admin:area",
        tone="danger",
        run=regrouping.disable,
        ask=(Ask("opinion", models.TextField(_("原因"))),),
        help=_("停用前，其下级区域和网格须先停用或改划。"),
    )
    outline = Move(
        _("修改边界"),
        source=(active,),
        who="admin:area",
        run=regrouping.outline,
        ask=(boundary(_("边界")), opinion()),
        help=_("相邻的同级区域随之让出或接收土地。"),
    )
    recode = Move(
        _("变更代码"),
        source=(active,),
        who="admin:area",
        tone="danger",
        strong=True,
        run=regrouping.recode,
        ask=(Ask("code", models.CharField(_("新代码"), max_length=12)), Ask("opinion", models.TextField(_("依据")))),
        help=_("下级区域、网格和未办结的记录随之变更；历史记录保留原代码。"),
    )
    absorb = Move(
        _("并入其他社区"),
        source=(active,),
        who="admin:area",
        tone="danger",
        run=regrouping.absorb,
        when=lambda record, _actor: "" if record.level == codes.Level.COMMUNITY else _("只有社区（村）可以互相并入。"),
        ask=(
            Ask("others", Ref(_("被并入的社区（村）"), register="region", many=True, where=COMMUNITIES)),
            Ask("opinion", models.TextField(_("依据"))),
        ),
        help=_("被并入社区的土地、网格和记录转入本社区，网格重新编码；原代码仍可查到。"),
    )


class Region(Bounded, Record):
    """An administrative division from the city down to the community (行政区划).

    `area_code` is the short prefix code, `code` its 12-digit form.
    """

    area_code = OwnCodeField(_("区域代码"), max_length=12, unique=True)
    code = models.CharField(_("区划代码"), max_length=12, unique=True, blank=True, editable=False)
    name = models.CharField(_("名称"), max_length=100)
    level = models.CharField(_("级别"), max_length=10, choices=LEVELS, blank=True, editable=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="children", verbose_name=_("上级")
    )
    boundary = MultiPolygonField(_("边界"), null=True, blank=True, editable=False, spatial_index=False)
    population = models.PositiveIntegerField(_("人口数"), null=True, blank=True)
    status = models.CharField(_("状态"), max_length=10, choices=RegionFlow.choices(), default="active", editable=False)

    class Meta:
        verbose_name = _("行政区划")
        indexes = [
            GistIndex(fields=["boundary"], name="region_boundary"),
            GinIndex(fields=["former_codes"], name="region_former"),
            models.Index(fields=["level", "area_code"], name="region_level"),
        ]

    def __str__(self) -> str:
        return self.name


class Regions(Register):
    """Register of the regions."""

    model, label, group, icon, key = Region, _("行政区划"), "territory", "map", "area_code"
    columns = "area_code name level parent population area_m2 made status"
    filters = "area_code name level parent made status former_codes"
    search = "name^2 area_code"
    order = "area_code"
    form = ("area_code name population",)
    grants = {**GRANTS, "create": "admin:area"}
    flow = RegionFlow
    layer = Layer("boundary", icon="map", colour="level", title="name", show="area_code made", cluster=False)
    panels = (TEAM, Panel("check", _("网格校验"), "territory/check.html", check_panel))

    def clean(self, record: Region, actor: Actor, changed: set[str]) -> None:
        """Derive level, long code and parent from the code; area and centre from the boundary."""
        if "area_code" in changed:
            _place(record, changed)
        measured(record, changed)


def _place(record: Region, changed: set[str]) -> None:
    code = record.area_code
    level = codes.level_of(code)
    if level is codes.Level.GRID_CELL:
        raise Invalid({"area_code": [_t("“%s”是网格代码，不是区划代码。") % code]})
    above = codes.parent_of(code)
    if above is None:
        record.parent = None
    elif record.parent is None or record.parent.area_code != above:
        record.parent = Region.objects.filter(area_code=above).first()
        if record.parent is None:
            raise Invalid({"area_code": [_t("上级区划“%s”不存在，请先新增上级。") % above]})
    record.level, record.code = level.value, codes.region_code(code)
    changed |= {"level", "code", "parent"}
