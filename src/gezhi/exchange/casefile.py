"""Reports from a spreadsheet (CSV, XLSX): trial first, errors by row, and a second run goes on where the first ended.

Each row bears a key: its column 来源编号 (``source_key``), else the file's content and the row's number. A row whose
case is there already is passed over, so an import that broke off is simply started again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from gezhi.domains.cases import public as cases
from gezhi.domains.cases.public import TABLE_SOURCE, CaseFlow
from gezhi.engines.transfer.sheet import numbered
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import GezhiError, Invalid

from .places import city_code

SHOWN = 200
"""Errors kept with their rows; more are only counted."""
KEY = "source_key"


@dataclass
class Outcome:
    """What became of the rows.

    Attributes:
        count: ``made``, ``known``, ``wrong`` and ``read``.
        errors: row number and words.
    """

    count: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def wrong(self, row: int, why: GezhiError | str) -> None:
        """Count a row that cannot be taken, and keep the words of the first ones."""
        self.count["wrong"] += 1
        if len(self.errors) < SHOWN:
            texts = [why] if isinstance(why, str) else [
                str(m) for ms in getattr(why, "errors", {"": [why]}).values() for m in ms]
            self.errors.append((row, "；".join(texts)))

    def add(self, other: Outcome) -> None:
        """Count what became of further rows."""
        self.count.update(other.count)
        self.errors += other.errors[:SHOWN - len(self.errors)]


def guess(heads: list[str], given: Mapping[str, str] | None = None) -> dict[int, str]:
    """Which column is which input: as given (heading → name), by name, or by label.

    Raises:
        Invalid: no column holds the words of the report, or a name does not exist.
    """
    asks = {a.name: a.kind.label for a in CaseFlow.report.ask}
    names = {**{label: name for name, label in asks.items()}, **{name: name for name in asks}}
    wrong = [n for n in (given or {}).values() if n not in asks]
    if wrong:
        raise Invalid({"mapping": [_("没有“%s”这一项") % "、".join(wrong)]})
    found = {i: (given or {}).get(h.strip()) or names.get(h.strip(), "") for i, h in enumerate(heads)}
    out = {i: n for i, n in found.items() if n and n not in ("photos", "source")}
    if "content" not in out.values():
        raise Invalid({"content": [_("没有“诉求内容”这一列；现有：%s") % "、".join(heads[:20])]})
    return out


def load(actor: Actor, path: Path, *, mapping: Mapping[str, str] | None = None, trial: bool = False,
         channel: str = "hotline_12345", tick: Callable[[int], None] = lambda _n: None) -> Outcome:
    """Take in the reports of a file.

    Args:
        mapping: heading of a column to the name of an input, where the heading itself does not say.
        trial: check every row, write nothing.
        channel: for rows that name none.
        tick: told how many rows are done.

    Raises:
        Invalid: the file cannot be read at all.
    """
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    outcome = Outcome()
    with path.open("rb") as stream:
        rows = numbered(stream, path.name)
        columns = guess(next(rows, (0, []))[1], mapping)
        for number, cells in rows:
            values = {n: cells[i].strip() for i, n in columns.items() if i < len(cells) and cells[i].strip()}
            if values:
                _row(actor, outcome, number, values, f"{mark}:{number}", trial, channel)
            tick(number)
    return outcome


def _row(actor: Actor, outcome: Outcome, number: int, values: dict[str, Any], fallback: str, trial: bool,
         channel: str) -> None:
    outcome.count["read"] += 1
    key = str(values.pop(KEY, "") or fallback)[:80]
    values.setdefault("channel", channel)
    if not (values.get("place") or values.get("address") or values.get("area_code")):
        values["area_code"] = city_code()
    if not values.get("reporter_phone"):
        values.setdefault("anonymous", "1")
    try:
        if trial:
            cases.read(actor, values)
            outcome.count["known" if cases.by_source(TABLE_SOURCE, key) else "made"] += 1
        else:
            _case, made = cases.report(actor, values, source=TABLE_SOURCE, source_key=key)
            outcome.count["made" if made else "known"] += 1
    except GezhiError as error:
        outcome.wrong(number, error)
