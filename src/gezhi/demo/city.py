"""The record of a demo city: what it was made from and how far it has come, so that a broken build goes on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

STAGES = [
    ("ground", _("行政区划与网格")), ("catalogue", _("事项清单")), ("people", _("单位、人员与岗位")),
    ("matrix", _("权责清单")), ("past", _("已办结案件")), ("live", _("在办案件")),
    ("rooms", _("监管、权责与考核")), ("registers", _("人口、房屋等登记簿")), ("done", _("已建成")),
]


class DemoCity(Record):
    """One invented city in this database. ``now`` is the moment at which its two years end."""

    code = models.CharField(_("城市代码"), max_length=4, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    seed = models.BigIntegerField(_("随机种子"))
    cases = models.PositiveIntegerField(_("案件数"))
    grids = models.PositiveIntegerField(_("网格数"))
    people = models.PositiveIntegerField(_("登记人口数"), default=0)
    now = models.DateTimeField(_("数据截止时间"))
    stage = models.CharField(_("进度"), max_length=12, choices=STAGES, default="ground")
    made = models.PositiveIntegerField(_("已生成案件"), default=0)

    def __str__(self) -> str:
        return self.name


class DemoCities(Register):
    """Shown to administrators, so that nobody takes invented data for real; written by the build only."""

    model = DemoCity
    label = _("演示城市")
    icon = "building-community"
    group = "settings"
    key = "code"
    columns = "code name seed cases grids people now stage made"
    filters = "stage"
    search = "name"
    grants = {"view": "admin:all"}
    writable = False
