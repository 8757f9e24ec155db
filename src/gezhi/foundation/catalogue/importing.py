"""Import of the catalogue's tables: checked row by row, tried without writing, repeatable, a version a change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import Session, door

from . import reference
from .component import ComponentType
from .dept import codes_by_name
from .edition import CatalogueVersion, in_force
from .item import KINDS, UNITS, Category, Condition, Item

Row = Mapping[str, str]
Progress = Callable[[str, int, int], None]
URGENCY = {"特急": "urgent1", "紧急": "urgent2", "一般": "normal"}
_KINDS = {code for code, _label in KINDS}
_UNITS = {code for code, _label in UNITS}
NEEDED = {
    "items": ("code", "domain", "category", "item", "kind", "lead_dept", "limit_value", "limit_unit", "urgency"),
    "conditions": ("item_code", "condition_code", "condition_label", "limit_value", "limit_unit"),
    "components": ("gb47678_code", "class", "name"),
}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell: table, line in the file (the header is line 1), column, message."""

    table: str
    line: int
    column: str
    message: str


@dataclass
class Report:
    """What an import did or would do.

    Attributes:
        errors: rows that cannot be taken; with any, nothing is written.
        counts: rows by table.
        edition: number of the version made, or of the one that already holds these tables.
        written: whether anything was written.
    """

    errors: list[RowError] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    edition: int | None = None
    written: bool = False


class _Check:
    """Collects what is wrong with the three tables."""

    def __init__(self, departments: Mapping[str, str]) -> None:
        self.departments = departments
        self.errors: list[RowError] = []
        self.codes: set[str] = set()

    def wrong(self, table: str, line: int, column: str, message: str) -> None:
        self.errors.append(RowError(table, line, column, message))

    def header(self, table: str, rows: Sequence[Row]) -> bool:
        """Whether the columns needed are there."""
        missing = [name for name in NEEDED[table] if not rows or name not in rows[0]]
        for name in missing:
            self.wrong(table, 1, name, _("缺少此列") if rows else _("文件没有数据"))
        return not missing

    def limit(self, table: str, line: int, row: Row) -> None:
        value = row["limit_value"].strip()
        if not value.isdecimal() or int(value) == 0:
            self.wrong(table, line, "limit_value", _("应为大于 0 的整数"))
        if row["limit_unit"] not in _UNITS:
            self.wrong(table, line, "limit_unit", _("没有“%s”这个时限单位") % row["limit_unit"])

    def items(self, rows: Sequence[Row]) -> None:
        for line, row in enumerate(rows, 2):
            code = row["code"].strip()
            if len(code) != 7 or not code.isdecimal():
                self.wrong("items", line, "code", _("事项代码应为 7 位数字"))
            elif code in self.codes:
                self.wrong("items", line, "code", _("事项代码 %s 重复") % code)
            self.codes.add(code)
            if not row["item"].strip():
                self.wrong("items", line, "item", _("事项名称不能为空"))
            for column, known in (("kind", _KINDS), ("urgency", URGENCY)):
                if row[column] not in known:
                    self.wrong("items", line, column, _("没有“%s”这个取值") % row[column])
            names = [row["lead_dept"], *filter(None, row.get("co_depts", "").split("、"))]
            for place, name in enumerate(names):
                if name not in self.departments:
                    column = "lead_dept" if place == 0 else "co_depts"
                    self.wrong("items", line, column, _("没有“%s”这个部门类型") % name)
            self.limit("items", line, row)

    def conditions(self, rows: Sequence[Row]) -> None:
        seen: set[tuple[str, str]] = set()
        for line, row in enumerate(rows, 2):
            key = row["item_code"], row["condition_code"]
            if row["item_code"] not in self.codes:
                self.wrong("conditions", line, "item_code", _("清单中没有事项 %s") % row["item_code"])
            if key in seen:
                self.wrong("conditions", line, "condition_code", _("立案条件重复"))
            seen.add(key)
            self.limit("conditions", line, row)

    def components(self, rows: Sequence[Row]) -> None:
        seen: set[str] = set()
        for line, row in enumerate(rows, 2):
            code = row["gb47678_code"]
            if len(code) != 5 or not code.isdecimal() or code in seen:
                self.wrong("components", line, "gb47678_code", _("部件代码应为不重复的 5 位数字"))
            seen.add(code)
            days = row.get("inspection_cycle_days", "")
            if days and not days.isdecimal():
                self.wrong("components", line, "inspection_cycle_days", _("应为整数"))


def check(tables: Mapping[str, Sequence[Row]], departments: Mapping[str, str]) -> list[RowError]:
    """Every mistake in the three tables.

    Args:
        tables: rows of ``items``, ``conditions``, ``components``.
        departments: names and aliases of department types to their codes.
    """
    checker = _Check(departments)
    headers = [checker.header(table, tables[table]) for table in NEEDED]
    if all(headers):  # else a wrong file would make the rows of the other two wrong as well
        for table in NEEDED:
            getattr(checker, table)(tables[table])
    return checker.errors


def fingerprint(tables: Mapping[str, Sequence[Row]]) -> str:
    """A digest of the tables' content; the same tables make no second version."""
    plain = {name: [dict(row) for row in tables[name]] for name in ("items", "conditions")}
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]


def load(tables: Mapping[str, Sequence[Row]] | None = None, *, dry_run: bool = False, publish: bool = True,
         progress: Progress = lambda step, done, total: None) -> Report:
    """Import the catalogue.

    The tables become a new version that replaces the one in force; tables that a version already holds
    change nothing, so the command can be repeated.

    Args:
        tables: rows by table; the project's own reference tables by default.
        dry_run: check and count only.
        publish: put the new version in force at once; otherwise it stays a draft.
        progress: told of each step, its done and total.
    """
    tables = tables or {name: reference.rows(name) for name in NEEDED}
    departments = codes_by_name()
    report = Report(counts={name: len(tables[name]) for name in NEEDED})
    report.errors = check(tables, departments)
    if report.errors:
        return report
    mark = fingerprint(tables)
    standing = CatalogueVersion.objects.filter(source=mark).order_by("-no").first()
    if standing is not None:
        report.edition = standing.no
    if dry_run or standing is not None:
        return report
    with door(SYSTEM) as session:
        edition = _write(session, tables, departments, mark, progress)
        if publish:
            edition = act(SYSTEM, edition, "publish", {"opinion": _("导入事项清单")})
    report.edition, report.written = edition.no, True
    return report


def _write(session: Session, tables: Mapping[str, Sequence[Row]], departments: Mapping[str, str], mark: str,
           progress: Progress) -> CatalogueVersion:
    first = in_force() is None
    today = timezone.localdate(session.now)
    effective = today.replace(year=2020, month=1, day=1) if first else today
    edition = act(SYSTEM, CatalogueVersion, "prepare", {"effective_from": effective, "empty": True})
    edition = session.change(edition, {"source": mark}, verb="import", emit=False)
    categories = _categories(session, edition, tables["items"])
    progress("categories", len(categories), len(categories))
    items = bulk_create(session, Item, [_item(edition, row, categories, departments) for row in tables["items"]])
    progress("items", len(items), len(items))
    by_code = {item.code: item for item in items}
    made = bulk_create(session, Condition, [{
        "edition": edition, "item": by_code[row["item_code"]], "code": row["condition_code"],
        "label": row["condition_label"], "limit_value": int(row["limit_value"]), "limit_unit": row["limit_unit"],
        "closing": reference.CLOSINGS.get(row["condition_code"], "")} for row in tables["conditions"]])
    progress("conditions", len(made), len(made))
    _components(session, tables["components"])
    progress("components", len(tables["components"]), len(tables["components"]))
    return edition


def _categories(session: Session, edition: CatalogueVersion, rows: Sequence[Row]) -> dict[str, Category]:
    """Domains, then the categories below them."""
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row["code"][:2], row["domain"])
        names.setdefault(row["code"][:4], row["category"])
    found: dict[str, Category] = {}
    for width in (2, 4):
        values = [{"edition": edition, "code": code, "name": name, "parent": found.get(code[:2])}
                  for code, name in sorted(names.items()) if len(code) == width]
        found.update({row.code: row for row in bulk_create(session, Category, values)})
    return found


def _item(edition: CatalogueVersion, row: Row, categories: Mapping[str, Category],
          departments: Mapping[str, str]) -> dict[str, Any]:
    own = row.get("self_handle")
    return {
        "edition": edition, "category": categories[row["code"][:4]], "code": row["code"], "name": row["item"],
        "kind": row["kind"], "gb47678_code": row.get("gb47678_code", ""), "gb30428_code": row.get("gb30428_code", ""),
        "gb31000_code": row.get("gb31000_code", ""), "lead_dept": departments[row["lead_dept"]],
        "co_depts": [departments[name] for name in row.get("co_depts", "").split("、") if name],
        "limit_value": int(row["limit_value"]), "limit_unit": row["limit_unit"], "urgency": URGENCY[row["urgency"]],
        "verify": row.get("verify_before_filing") == "Y", "inspect": row.get("inspect_before_closing") == "Y",
        "self_handle": own == "Y" if own is not None else row["code"] in reference.SELF_HANDLED,
        "basis": row.get("basis", ""),
    }


def _components(session: Session, rows: Sequence[Row]) -> None:
    """Component types have no versions: new ones are added, changed ones changed."""
    known = {row.code: row for row in ComponentType.objects.all()}
    fresh = []
    for row in rows:
        days = row.get("inspection_cycle_days") or None
        values = {"name": row["name"], "family": row["class"], "owner_type": row.get("default_owner_type", ""),
                  "spatial_form": row.get("spatial_form", ""), "inspection_days": int(days) if days else None}
        standing = known.get(row["gb47678_code"])
        if standing is None:
            fresh.append({"code": row["gb47678_code"], **values})
        elif any(getattr(standing, name) != value for name, value in values.items()):
            session.change(standing, values, verb="import")
    bulk_create(session, ComponentType, fresh)
