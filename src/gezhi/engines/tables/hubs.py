"""Which registers point at the records of another: who lives in a home, what stands in a building."""

from __future__ import annotations

from functools import lru_cache

from gezhi.kernel.kinds import LinkKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry


@lru_cache(maxsize=256)
def pointing_at(register: Register) -> tuple[tuple[Register, str], ...]:
    """Registers with a link to this one, and the link's name; only links that are filters, for they lead to a list."""
    return tuple((other, name) for other in registry.registers.values() for name in other.filters.split()
                 if isinstance(kind := other.kinds[name], LinkKind) and kind.target is register.model)
