"""The code tables as shipped; what an administrator has added or changed is left alone."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from typing import Any

from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import Session

from .reading import forget
from .table import Code, CodeTable


def shipped(name: str) -> list[dict[str, str]]:
    """Rows of ``data/<name>.csv``: ``code_tables`` or ``codes``."""
    text = files(__package__).joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def seed(session: Session) -> None:
    """Add the shipped tables that are not there yet, whole; a table that is there is an administrator's."""
    have = set(CodeTable.objects.values_list("code", flat=True))
    new = [row for row in shipped("code_tables") if row["table"] not in have]
    if not new:
        return
    made: dict[str, Any] = {record.code: record for record in bulk_create(session, CodeTable, [
        {"code": row["table"], "name": row["name"], "standard": row["standard"], "basis": row["basis"]}
        for row in new])}
    bulk_create(session, Code, [
        {"table": made[row["table"]], "code": row["code"], "label": row["label"], "order": number}
        for number, row in enumerate(shipped("codes")) if row["table"] in made], check=False)
    forget()
