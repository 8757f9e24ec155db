"""Fields that a city adds, for the contracts that try them on every register."""

from __future__ import annotations

from typing import Any

from gezhi.foundation.codes.models import CodeTable
from gezhi.foundation.custom import reading
from gezhi.foundation.custom.custom_field import CustomField
from gezhi.kernel.door import write

from .conftest import actor

SECRET = "玄鸟甲乙丙丁戊己"
HIDDEN = {"x_who": SECRET, "x_since": "1987-06-05", "x_story": "黄鹤甲乙丙丁"}
"""Values of the personal fields of :func:`add_personal`."""


def add(register: str, name: str, kind: str, **more: Any) -> CustomField:
    """Add a field as an administrator."""
    wanted = {"register": register, "name": name, "label": f"城市{name}", "kind": kind, "purpose": "契约试验"}
    if kind in ("choice", "choices"):
        wanted["table"] = CodeTable.objects.get(code="gender")
    if kind in ("name", "phone", "address"):
        wanted["sensitivity"] = "sensitive"
    made = write(actor("admin"), "create", CustomField, {**wanted, **more})
    reading.forget()
    return made


def add_personal(register: str) -> None:
    """Add one personal field of each way of keeping: sealed by its kind, sealed by its class, highly sensitive."""
    add(register, "who", "name")
    add(register, "since", "date", sensitivity="sensitive")
    add(register, "story", "text", sensitivity="high")
