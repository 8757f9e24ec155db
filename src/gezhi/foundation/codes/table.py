"""Code tables (代码表): the vocabularies of the standards as data that an administrator edits."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register


class CodeTable(Record):
    """A vocabulary and the standard, with its year, that it comes from."""

    code = models.CharField(_("代码表"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    standard = models.CharField(_("标准编号"), max_length=40, default="", blank=True,
                                help_text=_("标准号和年份，如 GB/T 31000-2015；自定的留空"))
    basis = models.CharField(_("来源说明"), max_length=100, default="", blank=True)

    def __str__(self) -> str:
        return self.name


class CodeTables(Register):
    """The list of vocabularies."""

    model, label, group, icon, key = CodeTable, _("代码表"), "settings", "list-details", "code"
    columns = "name code standard basis"
    filters = "standard"
    search = "name^2 code standard"
    order = "code"
    form = ("code name", "standard basis")
    grants = kept("admin:all")


class Code(Record):
    """One code of a vocabulary."""

    table = models.ForeignKey(CodeTable, models.PROTECT, related_name="codes", verbose_name=_("代码表"))
    code = models.CharField(_("代码"), max_length=20)
    label = models.CharField(_("含义"), max_length=100)
    order = models.PositiveIntegerField(_("顺序"), default=0)
    offered = models.BooleanField(_("可选"), default=True, help_text=_("停用的代码不再供选择，旧记录仍照原样显示"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "code"], name="code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class Codes(Register):
    """All codes of all vocabularies."""

    model, label, group, icon = Code, _("代码"), "settings", "list"
    columns = "code label table order offered"
    filters = "table offered"
    search = "label^2 code"
    order = "id"
    form = ("table code label", "order offered")
    grants = kept("admin:all")

    def clean(self, record: Code, actor: Actor, changed: set[str]) -> None:
        """A code in use keeps its sign: its meaning may be worded better, it may be withdrawn."""
        if record.pk and "code" in changed and record.code != Code.objects.values_list("code", flat=True).get(
                pk=record.pk):
            raise Invalid({"code": [_t("已有记录可能用到该代码，不能改；请停用它并新增一个")]})
        self._refuse_double(record)

    @staticmethod
    def _refuse_double(record: Any) -> None:
        same = Code.objects.filter(table_id=record.table_id, label=record.label, offered=True).exclude(pk=record.pk)
        if record.offered and same.exists():
            raise Invalid({"label": [_t("该代码表已有含义相同的代码，导入时会分不清")]})
