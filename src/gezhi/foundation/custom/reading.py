"""Reading the added fields: from this process's memory, which looks again after a while."""

from __future__ import annotations

import math
import time

from django.conf import settings
from django.db import OperationalError, connection

from gezhi.kernel.custom import Added, Book, kind_of

_book = Book()
_until: float | None = None
_there = False


def book() -> Book:
    """All added fields, in their order; the same object until something about them has changed.

    Another process's change is seen after ``GEZHI_CUSTOM_SECONDS`` (5); with ``None`` only this process's own is.
    """
    global _book, _until
    now = time.monotonic()
    pause: float | None = getattr(settings, "GEZHI_CUSTOM_SECONDS", 5.0) if _until is None else 0.0
    if pause is None or (_until is not None and now < _until):
        return _book
    if connection.needs_rollback:  # nothing can be asked in a transaction that has failed
        return _book
    _until = now + (getattr(settings, "GEZHI_CUSTOM_SECONDS", 5.0) or math.inf)
    found = _read()
    if found != _book:
        found.edition = _book.edition + 1
        _book = found
    return _book


def _read() -> Book:
    global _there
    from .custom_field import CustomField

    try:
        _there = _there or CustomField._meta.db_table in connection.introspection.table_names()
    except OperationalError:  # the start-up checks may run before there is a database
        return Book()
    out: dict[str, dict[str, object]] = {}
    for row in CustomField.objects.select_related("table").order_by("order", "id") if _there else ():
        added = Added(
            name=row.full_name, label=row.label, help=row.help, type=row.kind, sensitivity=row.sensitivity,
            table=row.table.code if row.table is not None else "", required=row.required, listed=row.listed,
            filtered=row.filtered, length=row.length, least=row.least, most=row.most, active=row.active)
        out.setdefault(row.register, {})[added.name] = kind_of(added)
    return Book(out)  # type: ignore[arg-type]


def forget() -> None:
    """Read the fields again at the next question."""
    global _until
    _until = -math.inf
