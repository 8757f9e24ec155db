"""What the codes of a small register are called, for readers of another register that keeps the bare code."""

from __future__ import annotations

import time

from django.utils.translation import get_language

from gezhi.kernel.registry import registry

KEEP_SECONDS = 30.0
MOST = 5000
"""Registers of more rows are not read as a table of names."""
_kept: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}


def name_of(register: str, code: str) -> str:
    """The name of the record of that key; the code itself where there is none.

    Args:
        register: name of a register of few rows; all of them are read at most every :data:`KEEP_SECONDS`.
        code: value of its ``key`` field.
    """
    declared = registry.registers.get(register)
    if declared is None or not code:
        return code
    place = (register, get_language() or "")
    until, names = _kept.get(place, (0.0, {}))
    if until < time.monotonic():
        names = {str(getattr(r, declared.key)): declared.title(r) for r in declared.model.objects.all()[:MOST]}
        _kept[place] = (time.monotonic() + KEEP_SECONDS, names)
    return names.get(code, code)
