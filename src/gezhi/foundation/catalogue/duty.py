"""The responsibility matrix (权责清单): which unit answers for which matter in which area."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.units.unit import Unit
from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register


class Responsibility(Record):
    """One line of the matrix. ``scope`` is an item (7 digits), a category (4), a domain (2) or, empty, everything."""

    scope = models.CharField(_("事项、类别或领域代码"), max_length=7, default="", blank=True, db_collation="C")
    area_code = AreaCodeField(_("区域"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, related_name="+", verbose_name=_("主办单位"))
    co_units = models.JSONField(_("协办单位"), default=list, blank=True, help_text=_("单位编号的列表"))
    edition = models.ForeignKey("catalogue.CatalogueVersion", models.PROTECT, null=True, blank=True, related_name="+",
                                verbose_name=_("依据版本"))
    legal_basis = models.CharField(_("法律依据"), max_length=200, default="", blank=True)
    valid_from = models.DateField(_("起始日期"))
    valid_to = models.DateField(_("截止日期"), null=True, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    auto = models.BooleanField(_("可自动派遣"), default=True,
                               help_text=_("唯一对应本行的案件由系统派遣；不勾选的由派遣员决定"))
    derived = models.BooleanField(_("按部门类型推定"), default=False, editable=False)
    no = models.PositiveIntegerField(_("版本号"), default=1, editable=False)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="newer",
                             verbose_name=_("上一版本"), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "area_code", "unit", "valid_from", "no"],
                                               name="responsibility_once")]
        indexes = [models.Index(fields=["scope", "area_code"], name="responsibility_find"),
                   models.Index(fields=["base"], name="responsibility_base", condition=models.Q(base__isnull=False))]

    @property
    def label(self) -> str:
        """The version as logs name it: number of the version and how often this row was edited since."""
        return f"{self.no}.{self.version}"

    def __str__(self) -> str:
        return f"{self.scope or '*'} × {self.area_code} → {self.unit}"


def versions(row: Any, _actor: Actor) -> dict[str, Any]:
    """The versions before and after a line, the oldest first; one query a version."""
    chain = [row]
    while chain[0].base is not None:
        chain.insert(0, chain[0].base)
    while (newer := chain[-1].newer.select_related("unit").order_by("id").last()) is not None:
        chain.append(newer)
    names = dict(Unit.objects.filter(pk__in={pk for one in chain for pk in one.co_units}).values_list("pk", "name"))
    return {"this": row, "rows": [(one, [names.get(pk, str(pk)) for pk in one.co_units]) for one in chain]}


class Responsibilities(Register):
    """Everybody signed in may look up who answers; administrators keep the matrix."""

    model = Responsibility
    label = _("权责清单")
    icon = "sitemap"
    group = "catalogue"
    columns = "scope area_code unit co_units no legal_basis valid_from valid_to active auto derived"
    filters = "scope area_code unit active auto derived valid_from valid_to base"
    search = "scope unit__name legal_basis"
    order = "scope"
    form = ("scope area_code unit co_units", "edition legal_basis valid_from valid_to active auto")
    grants = {**kept("admin:all"), "export": "*:all"}
    panels = (Panel("versions", _("各版本"), "catalogue/versions.html", versions,
                    when=lambda row, _actor: row.no > 1 or row.newer.exists()),)

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Codes of the right length, dates in order, a lead that is not its own assistant."""
        errors: dict[str, list[Any]] = {}
        if len(record.scope) not in (0, 2, 4, 7) or not (record.scope.isdecimal() or not record.scope):
            errors["scope"] = [_("应为 7 位事项代码、4 位类别代码、2 位领域代码，或留空")]
        if record.valid_to and record.valid_to < record.valid_from:
            errors["valid_to"] = [_("截止日期不能早于起始日期")]
        if not isinstance(record.co_units, list) or not all(isinstance(pk, int) for pk in record.co_units):
            errors["co_units"] = [_("应为单位编号的列表")]
        elif record.unit_id in record.co_units:
            errors["co_units"] = [_("主办单位不能同时是协办单位")]
        if errors:
            raise Invalid(errors)
        record.derived = record.derived and actor.kind == "system"
