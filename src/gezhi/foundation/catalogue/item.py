"""Categories, items and filing conditions of one version of the catalogue."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.engines.tables.names import name_of
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

KINDS = [("component_anomaly", _("部件异常")), ("event", _("事件")), ("dispute", _("矛盾纠纷"))]
UNITS = [("urgent_minute", _("紧急工作分")), ("urgent_hour", _("紧急工作时")), ("natural_day", _("自然日")),
         ("work_hour", _("工作时")), ("work_day", _("工作日"))]
URGENCIES = [("urgent1", _("特急")), ("urgent2", _("紧急")), ("normal", _("一般"))]
READ = "*:all public:all"


class InEdition(Record):
    """A row that belongs to one version of the catalogue and is fixed once that version is published."""

    edition = models.ForeignKey("catalogue.CatalogueVersion", models.PROTECT, related_name="+", verbose_name=_("版本"))
    ref = models.CharField(_("版本内编号"), max_length=40, unique=True, editable=False, default="")

    class Meta:
        abstract = True


class Category(InEdition):
    """A domain (two digits) or a category within it (four digits)."""

    code = models.CharField(_("代码"), max_length=4)
    name = models.CharField(_("名称"), max_length=40)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children",
                               verbose_name=_("所属领域"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="category_once")]

    def __str__(self) -> str:
        return self.name


class Item(InEdition):
    """A leaf of the catalogue: what happened, who answers, how long it may take.

    ``lead_dept`` and ``co_depts`` are codes of :class:`DeptType` (``co_depts`` a list). ``verify`` asks a
    verification (核实) of citizens' reports before filing, ``inspect`` an inspection (核查) before closing.
    """

    category = models.ForeignKey(Category, models.PROTECT, related_name="items", verbose_name=_("类别"))
    code = models.CharField(_("事项代码"), max_length=7)
    name = models.CharField(_("事项名称"), max_length=60)
    kind = models.CharField(_("性质"), max_length=20, choices=KINDS)
    gb47678_code = models.CharField(_("GB/T 47678.5 代码"), max_length=8, default="", blank=True)
    gb30428_code = models.CharField(_("GB/T 30428.2 代码"), max_length=12, default="", blank=True)
    gb31000_code = models.CharField(_("GB/T 31000 代码"), max_length=8, default="", blank=True)
    lead_dept = models.CharField(_("主责部门类型"), max_length=12)
    co_depts = models.JSONField(_("协办部门类型"), default=list, blank=True)
    limit_value = models.PositiveIntegerField(_("处置时限"))
    limit_unit = models.CharField(_("时限单位"), max_length=16, choices=UNITS)
    urgency = models.CharField(_("紧急程度"), max_length=8, choices=URGENCIES, default="normal")
    verify = models.BooleanField(_("立案前核实"), default=False)
    inspect = models.BooleanField(_("结案前核查"), default=False)
    self_handle = models.BooleanField(_("网格员可自行处置"), default=False)
    closing = models.TextField(_("结案条件"), default="", blank=True)
    basis = models.CharField(_("时限来源"), max_length=12, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="item_once")]
        indexes = [models.Index(fields=["code"], name="item_code")]

    def __str__(self) -> str:
        return self.name

    @property
    def limit(self) -> tuple[int, str]:
        """The limit as the workflow's clocks take it."""
        return self.limit_value, self.limit_unit


class Condition(InEdition):
    """A filing condition (立案条件) of an item, with a limit of its own."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="conditions", verbose_name=_("事项"))
    code = models.CharField(_("条件代码"), max_length=20)
    label = models.CharField(_("立案条件"), max_length=40)
    limit_value = models.PositiveIntegerField(_("处置时限"))
    limit_unit = models.CharField(_("时限单位"), max_length=16, choices=UNITS)
    closing = models.CharField(_("结案条件"), max_length=60, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "code"], name="condition_once")]

    def __str__(self) -> str:
        return self.label


class EditionRegister(Register):
    """Rows of a version: read by everybody, changed by administrators while the version is a draft."""

    group = "catalogue"
    order = "ref"
    grants: ClassVar[dict[str, str]] = {
        "view": READ, "create": "admin:all", "change": "admin:all", "remove": "admin:all", "export": "*:all"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Only a draft can be changed; the reference within the version follows the code."""
        if record.edition.status != "draft":
            raise Invalid({"edition": [_("该版本已经发布，不能再改；请起草新版本")]})
        wanted = self.reference(record)
        if record.ref != wanted:
            record.ref = wanted
            changed.add("ref")

    def reference(self, record: Any) -> str:
        """The unique reference of a row: version number and code."""
        return f"{record.edition.no}-{record.code}"


class Categories(EditionRegister):
    model = Category
    name = "category"
    label = _("事项类别")
    icon = "folders"
    key = "ref"
    columns = "code name parent edition"
    filters = "edition parent"
    search = "name code"
    form = ("edition code name parent",)


class Items(EditionRegister):
    """The catalogue itself."""

    model = Item
    label = _("事项清单")
    icon = "list-details"
    key = "ref"
    columns = "code name category kind lead_dept limit_value limit_unit urgency verify inspect edition"
    filters = "edition category kind lead_dept limit_unit urgency verify inspect self_handle code name"
    search = "name^3 code"
    form = ("edition category code name kind", "lead_dept co_depts limit_value limit_unit urgency",
            "verify inspect self_handle closing", "gb47678_code gb30428_code gb31000_code basis")

    def says(self, record: Any, name: str) -> str | None:
        """Departments by name."""
        if name == "lead_dept":
            return name_of("dept_type", record.lead_dept)
        if name == "co_depts":
            return "、".join(name_of("dept_type", str(code)) for code in record.co_depts or ())
        return None

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Seven digits under the category's four, a positive limit, a list of departments."""
        super().clean(record, actor, changed)
        errors: dict[str, list[Any]] = {}
        if not (record.code.isdecimal() and len(record.code) == 7):
            errors["code"] = [_("事项代码应为 7 位数字")]
        elif not record.code.startswith(record.category.code):
            errors["code"] = [_("事项代码应以类别代码 %s 开头") % record.category.code]
        if record.category.edition_id != record.edition_id:
            errors["category"] = [_("类别不属于同一版本")]
        if not record.limit_value:
            errors["limit_value"] = [_("时限应大于 0")]
        if not isinstance(record.co_depts, list):
            errors["co_depts"] = [_("应为部门代码的列表")]
        if errors:
            raise Invalid(errors)


class Conditions(EditionRegister):
    model = Condition
    name = "filing_condition"
    label = _("立案条件")
    icon = "checklist"
    key = "ref"
    columns = "item code label limit_value limit_unit closing edition"
    filters = "edition code item"
    search = "label code"
    form = ("edition item code label", "limit_value limit_unit closing")

    def reference(self, record: Any) -> str:
        """Version, item and condition."""
        return f"{record.edition.no}-{record.item.code}-{record.code}"
