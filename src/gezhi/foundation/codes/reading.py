"""Reading code tables: from this process's memory, which looks again after a while."""

from __future__ import annotations

import time
from collections.abc import Mapping

from django.conf import settings

_tables: dict[str, dict[str, tuple[str, bool]]] = {}
_read_at = -1e9


def known(table: str) -> Mapping[str, tuple[str, bool]]:
    """All codes of a table in order: code to label and whether it is offered; nothing for an unknown table.

    Another process's change is seen after ``GEZHI_CODES_SECONDS`` (30).
    """
    global _tables, _read_at
    now = time.monotonic()
    if now - _read_at > getattr(settings, "GEZHI_CODES_SECONDS", 30.0):
        from .table import Code

        fresh: dict[str, dict[str, tuple[str, bool]]] = {}
        rows = Code.objects.order_by("table__code", "order", "code")
        for name, code, label, offered in rows.values_list("table__code", "code", "label", "offered"):
            fresh.setdefault(name, {})[code] = (label, offered)
        _tables, _read_at = fresh, now
    return _tables.get(table, {})


def forget() -> None:
    """Read the tables again at the next question."""
    global _read_at
    _read_at = -1e9
