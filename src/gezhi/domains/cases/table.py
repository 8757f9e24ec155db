"""Reports from tables: one row of a spreadsheet, through the one intake door, once by its sender's key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gezhi.engines.transfer.intake import Intake
from gezhi.kernel.actors import Actor

from .case import Case
from .public import TABLE_SOURCE, report


def take(actor: Actor, values: Mapping[str, Any], key: str) -> tuple[Case, bool]:
    """Take one row in; a key that is there already gives back its case.

    Raises:
        Refused, Invalid: nothing was written.
    """
    given = {n: v for n, v in values.items() if v is not None}
    return report(actor, given, source=TABLE_SOURCE, source_key=key)


INTAKE = Intake("case", "report", "source_key", take, skip=frozenset({"photos", "source"}))
