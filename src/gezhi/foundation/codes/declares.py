"""What this room declares."""

from __future__ import annotations

from typing import Any

from gezhi.kernel.events import Hook, Port, Seed

from .reading import forget, known
from .seeding import seed
from .table import Codes, CodeTables


def _changed(session: Any, _record: Any, _verb: str, _changed: set[str]) -> None:
    """Drop this process's picture of the tables when the write commits; others look again after a while."""
    if forget not in session.after:
        session.after.append(forget)


DECLARES = (CodeTables, Codes, Hook("code_table", _changed), Hook("code", _changed), Port("codes", known),
            Seed("code_tables", "codes_code", seed))
