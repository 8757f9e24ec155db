"""Grants of a role, computed once a role edit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import orjson

from gezhi.kernel.actors import Reaches
from gezhi.kernel.registry import registry

ROLE_ANY = "*"
"""In a grant: every signed-in role."""


@lru_cache(maxsize=512)
def _grants(role: str, overlay: bytes) -> Mapping[str, Reaches]:
    out: dict[str, Reaches] = {}
    names = (role,) if role == "public" else (ROLE_ANY, role)
    for register in registry.registers.values():
        defaults = register.default_grants
        for name in names:
            for permission, reaches in defaults.get(name, {}).items():
                out[permission] = tuple(dict.fromkeys((*out.get(permission, ()), *reaches)))
    for permission, reaches in orjson.loads(overlay).items():
        if reaches:
            out[permission] = tuple(reaches)
        else:
            out.pop(permission, None)
    return out


def grants_of(role: str, overlay: Mapping[str, list[str]] | None = None) -> Mapping[str, Reaches]:
    """Permission to reaches for a role.

    Args:
        role: role code; the grants of ``*`` are included except for ``public``.
        overlay: an administrator's edits: permission to reaches; an empty list takes a permission away.
    """
    return _grants(role, orjson.dumps(dict(overlay or {}), option=orjson.OPT_SORT_KEYS))


def permissions() -> dict[str, list[str]]:
    """Every permission somebody can be given, with the reaches it can be granted within; for the role editor."""
    out: dict[str, list[str]] = {}
    for register in registry.registers.values():
        verbs = set(register.grants) | {"view", "create", "change", "remove", "export", "import", "reveal"}
        if register.flow is not None:
            verbs |= set(register.flow.moves()) - register.inner
        for verb in sorted(verbs):
            out[f"{register.name}.{verb}"] = list(register.reaches)
    return out
