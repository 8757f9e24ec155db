"""Types of city components (部件类型): what can be broken, and who usually owns it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class ComponentType(Record):
    """A type of component; its code is the 5 digits of GB/T 47678.5, which item 01xxxxx ends with."""

    code = models.CharField(_("部件代码"), max_length=5, unique=True)
    name = models.CharField(_("部件名称"), max_length=40)
    family = models.CharField(_("大类"), max_length=40)
    owner_type = models.CharField(_("权属单位类型"), max_length=40, default="", blank=True)
    spatial_form = models.CharField(_("空间形态"), max_length=8, default="", blank=True)
    inspection_days = models.PositiveIntegerField(_("巡检周期（天）"), null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ComponentTypes(Register):
    """Everybody reads, administrators keep."""

    model = ComponentType
    label = _("部件类型")
    icon = "components"
    group = "catalogue"
    key = "code"
    columns = "code name family owner_type spatial_form inspection_days"
    filters = "family owner_type spatial_form"
    search = "name code"
    order = "code"
    form = ("code name family", "owner_type spatial_form inspection_days")
    grants = kept("admin:all")
