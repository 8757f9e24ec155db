"""Who acts. Every write and every read of a register names an actor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_lazy as _

Reaches = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """One person in one post, a citizen, an outside program, or the system itself.

    Args:
        kind: ``staff``, ``public``, ``app`` (outside program with a key) or ``system``.
        name: shown in history.
        user_id, post_id, unit_id: identities, ``None`` where there is none.
        role: role code of the post (case_lifecycle.md section 2).
        unit_path: materialised path of the unit, ``/1/7/``; a unit's descendants start with it.
        area: ``area_code`` prefix the post covers; ``""`` covers nothing unless the reach is ``all``.
        grants: permission (``register.verb``) to the names of reaches it is granted within.
        via: surface or adapter the act came through.
        strong: a second factor was given in this session.
    """

    kind: str
    name: str
    user_id: int | None = None
    post_id: int | None = None
    role: str = ""
    unit_id: int | None = None
    unit_path: str = ""
    area: str = ""
    grants: Mapping[str, Reaches] = field(default_factory=dict)
    via: str = ""
    strong: bool = False

    def reaches(self, permission: str) -> Reaches:
        """Names of the reaches within which this actor holds ``permission``; empty when it is not held."""
        if self.kind == "system":
            return ("all",)
        held = self.grants.get(permission)
        if held is None:
            held = self.grants.get(permission.partition(".")[0] + ".*") or self.grants.get("*") or ()
        return held

    def may(self, permission: str) -> bool:
        """Whether the actor holds ``permission`` at all, somewhere."""
        return bool(self.reaches(permission))

    def through(self, via: str) -> Actor:
        """The same actor, acting through another surface or adapter."""
        return replace(self, via=via)


SYSTEM = Actor(kind="system", name="系统", via="system")
"""The platform itself: clocks, automatic dispatch, imports, the demo city."""


def public(grants: Mapping[str, Reaches], via: str = "public") -> Actor:
    """A citizen who has not signed in."""
    return Actor(kind="public", name=str(_("公众")), role="public", grants=grants, via=via)
