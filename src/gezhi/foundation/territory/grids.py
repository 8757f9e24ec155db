"""GridCell (网格): the smallest service area, a closed polygon within one community."""

from __future__ import annotations

import shapely
from django.contrib.gis.db.models import PolygonField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.territory import reshaping
from gezhi.foundation.territory.bounded import GRANTS, USED, Bounded, boundary, in_use, measured, opinion, out_of_use
from gezhi.foundation.territory.fields import DrawnLineField, DrawnPolygonField, OwnGridCodeField
from gezhi.foundation.territory.regions import COMMUNITIES, Region
from gezhi.foundation.territory.staffed import TEAM
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register
from gezhi.kernel.workflow import Ask, Move, Workflow

KINDS = [("general", _("综合网格")), ("dedicated", _("专属网格")), ("micro", _("微网格"))]


class GridFlow(Workflow):
    """A cell is in use or disabled; a disabled one stays, because old records carry its code."""

    active, disabled = in_use(), out_of_use()

    draw = Move(
        _("绘制网格"),
        to=active,
        who="admin:area",
        run=reshaping.draw,
        tone="primary",
        ask=(
            Ask("community", Ref(_("所属社区（村）"), register="region", where=COMMUNITIES, blank=True)),
            Ask("boundary", DrawnPolygonField(_("范围"))),
            Ask("name", models.CharField(_("名称"), max_length=100, blank=True)),
            Ask("kind", models.CharField(_("类型"), max_length=10, choices=KINDS, default="general")),
            Ask("households", models.PositiveIntegerField(_("户数"), null=True, blank=True)),
            opinion(),
        ),
        help=_("新网格盖住的土地从原网格划出；微网格不改变其他网格。不选社区时按所绘位置归属。"),
    )
    reshape = Move(
        _("修改边界"),
        source=(active,),
        who="admin:area",
        run=reshaping.reshape,
        ask=(boundary(_("范围")), opinion()),
        help=_("相邻网格随之让出或接收土地，不留空隙、不重叠。"),
    )
    split = Move(
        _("拆分"),
        source=(active,),
        who="admin:area",
        run=reshaping.split,
        ask=(Ask("line", DrawnLineField(_("分割线"))), opinion()),
        help=_("最大的一块保留原代码，其余编新代码；未办结记录按位置重新归属。"),
    )
    merge = Move(
        _("合并"),
        source=(active,),
        who="admin:area",
        run=reshaping.merge,
        ask=(Ask("others", Ref(_("并入的网格"), register="grid_cell", many=True, where=USED)), opinion()),
        help=_("所选网格并入本网格后停用，其未办结记录转入本网格。"),
    )
    disable = Move(
        _("停用"),
        source=(active,),
        to=disabled,
        who="admin:area",
        run=reshaping.disable,
        tone="danger",
        ask=(
            Ask("heir", Ref(_("接收土地的网格"), register="grid_cell", blank=True, where=USED)),
            Ask("opinion", models.TextField(_("原因"))),
        ),
        help=_("土地和未办结记录转入所选的相邻网格。"),
    )
    enable = Move(
        _("恢复启用"),
        source=(disabled,),
        to=active,
        who="admin:area",
        run=reshaping.enable,
        ask=(opinion(),),
        help=_("按停用前的边界恢复，现有网格让出这片土地。"),
    )


class GridCell(Bounded, Record):
    """A grid cell (网格). General and dedicated cells tile their community; micro cells lie over them."""

    area_code = OwnGridCodeField(_("网格代码"), unique=True)
    alt_code = models.CharField(_("地方编码"), max_length=30, default="", blank=True)
    name = models.CharField(_("名称"), max_length=100)
    community = models.ForeignKey(Region, models.PROTECT, related_name="cells", verbose_name=_("所属社区（村）"))
    kind = models.CharField(_("类型"), max_length=10, choices=KINDS, default="general")
    boundary = PolygonField(_("范围"), editable=False, spatial_index=False)
    households = models.PositiveIntegerField(_("户数"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name=_("并入网格")
    )
    status = models.CharField(_("状态"), max_length=10, choices=GridFlow.choices(), default="active", editable=False)

    class Meta:
        verbose_name = _("网格")
        indexes = [
            GistIndex(fields=["boundary"], name="gridcell_boundary"),
            GinIndex(fields=["former_codes"], name="gridcell_former"),
        ]

    def __str__(self) -> str:
        return self.name


class GridCells(Register):
    """Register of the grid cells."""

    model, label, group, icon, key = GridCell, _("网格"), "territory", "layout-grid", "area_code"
    columns = "area_code name community kind households area_m2 made status"
    filters = "area_code name community kind made status former_codes"
    search = "name^2 area_code alt_code"
    order = "area_code"
    form = ("name alt_code households",)
    grants = {**GRANTS, "change": "admin:area grid_leader:area"}
    flow = GridFlow
    layer = Layer(
        "boundary",
        icon="layout-grid",
        colour="kind",
        title="name",
        show="area_code made",
        where=USED,
        cluster=False,
    )
    links = "community"
    panels = (TEAM,)

    def clean(self, record: GridCell, actor: Actor, changed: set[str]) -> None:
        """See that the cell is of its community; derive area and centre from the boundary."""
        if {"area_code", "community"} & changed:
            above = record.area_code[:12]
            if record.community_id is None or record.community.area_code != above:
                found = Region.objects.filter(area_code=above, level="community").first()
                if found is None:
                    raise Invalid({"area_code": [_t("网格代码所指的社区“%s”不存在。") % above]})
                record.community = found
                changed.add("community")
        shape = measured(record, changed)
        if shape is not None and not shapely.is_valid(shape):
            raise Invalid({"boundary": [_t("网格范围与自身相交：%s") % shapely.is_valid_reason(shape)]})
