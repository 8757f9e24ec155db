"""Fields a city adds for itself to any register, at run time (扩展字段): what they are, not what they hold."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.jobs import Job
from gezhi.engines.privacy.blinds import Blinded
from gezhi.engines.privacy.rotation import Sealed
from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.custom import PERSONAL, PREFIX, Added
from gezhi.kernel.errors import Invalid
from gezhi.kernel.events import Hook, Port
from gezhi.kernel.kinds import HIGH, INTERNAL, PUBLIC, SENSITIVE, ChoiceKind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.registry import registry

from . import index, reading, resealing
from .limits import NEVER

KINDS = [("text", _("文本")), ("long", _("多行文本")), ("number", _("整数")), ("decimal", _("小数")),
         ("date", _("日期")), ("choice", _("单选（代码表）")), ("choices", _("多选（代码表）")), ("truth", _("是否")),
         ("name", _("姓名")), ("phone", _("电话")), ("id_number", _("公民身份号码")), ("address", _("地址"))]
CLASSES = [(PUBLIC, _("公开")), (INTERNAL, _("内部")), (SENSITIVE, _("敏感")), (HIGH, _("高度敏感"))]
CHOSEN = frozenset({"choice", "choices"})
MOST = 40
"""Fields in use that one register may be given."""


class RegisterKind(ChoiceKind):
    """The name of a register, chosen by its label."""

    def options(self) -> list[list[str]]:
        return sorted(([r.name, str(r.label)] for r in registry.registers.values()), key=lambda o: o[1])


class RegisterField(models.CharField):
    """Names a register."""

    kind_class = RegisterKind


class CustomField(Record):
    """One added field; its history holds every earlier wording of it."""

    register = RegisterField(_("登记簿"), max_length=40)
    name = models.CharField(_("字段代码"), max_length=30, help_text=_("小写字母、数字和下划线，保存后不能改"),
                            validators=[RegexValidator(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
                                                       _("只能用小写字母、数字和单个下划线，以字母开头"))])
    label = models.CharField(_("名称"), max_length=30)
    kind = models.CharField(_("类型"), max_length=12, choices=KINDS)
    table = models.ForeignKey("codes.CodeTable", models.PROTECT, null=True, blank=True, related_name="+",
                              verbose_name=_("代码表"), help_text=_("单选、多选从该代码表取值"))
    sensitivity = models.CharField(_("字段类别"), max_length=10, choices=CLASSES, default=INTERNAL,
                                   help_text=_("敏感和高度敏感的内容加密保存，各处显示掩码；高度敏感的不能查找"))
    purpose = models.CharField(_("用途和依据"), max_length=200,
                               help_text=_("为什么收集，依据什么；没有用途的信息不收集"))
    help = models.CharField(_("填写说明"), max_length=100, default="", blank=True)
    required = models.BooleanField(_("必填"), default=False)
    listed = models.BooleanField(_("列表显示"), default=True)
    filtered = models.BooleanField(_("可筛选"), default=True)
    length = models.PositiveSmallIntegerField(_("最多字数"), null=True, blank=True,
                                              validators=[MinValueValidator(1), MaxValueValidator(2000)])
    least = models.DecimalField(_("最小值"), max_digits=15, decimal_places=4, null=True, blank=True)
    most = models.DecimalField(_("最大值"), max_digits=15, decimal_places=4, null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("顺序"), default=100)
    active = models.BooleanField(_("启用"), default=True, help_text=_("停用后不再填写和显示，已有内容保留，可重新启用"))
    indexed_at = models.DateTimeField(_("索引建立时间"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "name"], name="custom_field_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def full_name(self) -> str:
        """Name under which the register knows it."""
        return PREFIX + self.name

    @property
    def model(self) -> Any:
        """Table of the register it is added to."""
        return registry.register(self.register).model

    @property
    def wants_index(self) -> bool:
        """Whether lists may be filtered by it."""
        return self.active and self.filtered

    def as_added(self) -> Added:
        """The field as the kernel takes it."""
        return Added(name=self.full_name, label=self.label, type=self.kind, sensitivity=self.sensitivity,
                     table=self.table.code if self.table is not None else "")

    def used(self) -> bool:
        """Whether any record holds a value of it."""
        return self.model.objects.filter(**{f"custom__{self.full_name}__isnull": False}).exists()


def _holds(record: CustomField, actor: Actor) -> dict[str, Any]:
    """How far the field is in use, without a look at any value."""
    rows = record.model.objects.filter(**{f"custom__{record.full_name}__isnull": False}).values("pk")
    number = rows[:1001].count()
    return {"number": min(number, 1000), "more": number > 1000, "field": record, "full_name": record.full_name,
            "label": registry.register(record.register).label}


class CustomFields(Register):
    """The added fields of all registers; who may add them is a permission of its own."""

    model, label, group, icon = CustomField, _("扩展字段"), "settings", "puzzle"
    columns = "label register kind sensitivity required listed filtered order active"
    filters = "register kind sensitivity active"
    search = "label^2 name"
    form = ("register label name kind table", "sensitivity purpose help", "required listed filtered order",
            "length least most", "active")
    grants = kept("admin:all", view="admin:all", verbs="create change export import")
    panels = (Panel("use", _("使用情况"), "custom/use.html", _holds, place="side"),)

    def clean(self, record: CustomField, actor: Actor, changed: set[str]) -> None:
        """What it is stays; what it says may be worded better; what is personal is kept as such."""
        if record.pk:
            self._kept(record, changed)
        self._typed(record)
        self._classed(record, changed)
        self._named(record)
        if {"active", "filtered"} & changed or not record.pk:
            record.indexed_at = None
            changed.add("indexed_at")

    @staticmethod
    def _kept(record: CustomField, changed: set[str]) -> None:
        before = CustomField.objects.get(pk=record.pk)
        for name in ("register", "name", "kind", "table"):
            if getattr(before, f"{name}_id" if name == "table" else name) != getattr(
                    record, f"{name}_id" if name == "table" else name):
                raise Invalid({name: [_t("已有内容按它保存，不能改；请停用它并新增一个")]})
        if before.sensitivity != record.sensitivity and before.used():
            raise Invalid({"sensitivity": [_t("已有记录填了这个字段，类别不能改；请停用它并新增一个")]})

    @staticmethod
    def _typed(record: CustomField) -> None:
        if (record.kind in CHOSEN) != bool(record.table_id):
            raise Invalid({"table": [_t("请选择代码表") if record.kind in CHOSEN else _t("只有单选和多选用代码表")]})
        if record.length and record.kind not in ("text", "long"):
            raise Invalid({"length": [_t("只有文本能限定字数")]})
        for name in ("least", "most"):
            if getattr(record, name) is not None and record.kind not in ("number", "decimal"):
                raise Invalid({name: [_t("只有数字能限定大小")]})
        if record.least is not None and record.most is not None and record.least > record.most:
            raise Invalid({"most": [_t("最大值不能小于最小值")]})

    @staticmethod
    def _classed(record: CustomField, changed: set[str]) -> None:
        if record.kind in PERSONAL and record.sensitivity not in (SENSITIVE, HIGH):
            raise Invalid({"sensitivity": [_t("姓名、电话、证件号码和地址至少是敏感信息")]})
        if record.kind == "id_number" and record.sensitivity != HIGH:
            raise Invalid({"sensitivity": [_t("证件号码是高度敏感信息")]})
        hidden = record.sensitivity == HIGH
        # what is highly sensitive stands in no list; a number of identity is found by its whole all the same
        wanted = {"listed": record.listed and not hidden and record.kind != "long",
                  "filtered": record.filtered and (not hidden or record.kind == "id_number") and record.kind != "long"
                  and not (record.kind == "choices" and record.sensitivity == SENSITIVE)}
        for name, value in wanted.items():
            if getattr(record, name) != value:
                setattr(record, name, value)
                changed.add(name)

    @staticmethod
    def _named(record: CustomField) -> None:
        said = f"{record.label}{record.help}{record.name}".upper()
        if word := next((w for w in NEVER if w.upper() in said), ""):
            raise Invalid({"label": [_t("“%s”一类信息不收集") % word]})
        register = registry.register(record.register)
        others = CustomField.objects.filter(register=record.register).exclude(pk=record.pk)
        labels = {k.label for k in register.declared.values()} | set(
            others.filter(active=True).values_list("label", flat=True))
        if record.active and record.label in labels:
            raise Invalid({"label": [_t("“%s”已有同名字段，导入时会分不清") % register.label]})
        if record.active and others.filter(active=True).count() >= MOST:
            raise Invalid({"register": [_t("一个登记簿最多启用 %d 个扩展字段") % MOST]})


def _changed(session: Any, record: Any, _verb: str, changed: set[str]) -> None:
    """Drop this process's picture when the write commits, and put the index right beside the running work."""
    if reading.forget not in session.after:
        session.after.append(reading.forget)
    if changed - {"indexed_at"}:
        index.ask(record)


DECLARES = (CustomFields, Hook("custom_field", _changed), Port("custom_fields", reading.book),
            Job(index.JOB, index.put_right), Sealed("custom_field", resealing.left, resealing.reseal),
            Blinded("custom_field", resealing.unblind, resealing.carry))
