"""The empty table to fill in: columns, drop-downs of choices, a note on each column."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from gezhi.kernel.kinds import AreaKind, Kind, LinkKind
from gezhi.kernel.registers import Register

from .book import spooled
from .intake import intake_of

LAST_ROW = 5000


def fields(register: Register) -> list[Kind]:
    """What a table may carry: the key and the fields of the form, or what the move that makes a record asks for."""
    way = intake_of(register)
    if way is not None:
        return list(way.kinds.values())
    names = dict.fromkeys([*([register.key] if register.key != "id" else []), *register.form_names])
    return [register.kinds[n] for n in names]


def note(kind: Kind) -> str:
    """How a column is filled in."""
    spec = kind.widget()
    parts = [_("必填") if kind.required else _("选填")]
    words = {"date": _("日期，如 2026-11-21"), "datetime": _("时间，如 2026-11-21 08:30"), "number": _("数字"),
             "checkbox": _("填“是”或“否”"), "point": _("经度,纬度（WGS84），如 120.62,31.30"),
             "shape": _("图形（GeoJSON）")}
    if spec["type"] in words:
        parts.append(words[spec["type"]])
    if isinstance(kind, LinkKind) and kind.register is not None:
        key = kind.register.kinds[kind.register.key].label
        parts.append(_("填写“%(what)s”的%(key)s") % {"what": kind.register.label, "key": key})
    if isinstance(kind, AreaKind):
        parts.append(_("区域代码，如 320508"))
    if spec.get("maxlength"):
        parts.append(_("最多 %d 个字") % spec["maxlength"])
    if kind.help.startswith(parts[0]):  # it says so itself
        parts.pop(0)
    if kind.help:
        parts.append(kind.help)
    return "；".join(parts)


def template(register: Register) -> Any:
    """An open temporary file with the workbook."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = str(register.label)[:31]
    lists = book.create_sheet(_("选项"))
    lists.sheet_state = "hidden"
    for at, kind in enumerate(fields(register), 1):
        head = sheet.cell(1, at, kind.label)
        head.font = Font(bold=True)
        if kind.required:
            head.fill = PatternFill("solid", fgColor="FFF2CC")
        head.comment = Comment(note(kind), "格治", width=260, height=90)
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = max(12, 2 * len(kind.label) + 4)
        options = [str(o[1]) for o in kind.widget().get("options") or ()]
        if options:
            for row, option in enumerate(options, 1):
                lists.cell(row, at, option)
            rule = DataValidation("list", formula1=f"='{lists.title}'!${letter}$1:${letter}${len(options)}",
                                  allow_blank=not kind.required, showErrorMessage=True)
            rule.error, rule.errorTitle = _("请从列表中选择"), kind.label
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.freeze_panes = "A2"
    return spooled(book)
