"""Entering a new record with a look at what is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict
from gezhi.kernel.registers import Register

from .likeness import Likeness, alike


class LooksAlike(Conflict):
    """The new record may be there already; nothing was written. ``found`` says which ones, of those the actor sees."""

    code = "looks_alike"

    def __init__(self, register: Register, found: list[Likeness]) -> None:
        self.found = found
        self.alike = [{"id": one.record.pk, "title": register.title(one.record), "why": "、".join(one.why)}
                      for one in found]
        said = [_("%(title)s（%(why)s相同或相近）") % one for one in self.alike]
        super().__init__(_("可能已经登记过：%s") % "；".join(said),
                         hint=_("请核对；确认不是同一条的，再次提交并注明已核对"))

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "alike": self.alike}


def enter(actor: Actor, register: Register, values: Mapping[str, Any], *, sure: bool = False) -> Any:
    """Create a record; what it looks like is judged on the whole record, as the door has checked and filled it.

    Args:
        sure: the person has looked at what is alike and says that this is another.

    Raises:
        LooksAlike: unless ``sure``. Refused, Invalid: as the door.
    """
    with door(actor) as session:
        made = session.create(register.model, values)
        found = [] if sure else alike(register, actor, made)
        if found:
            raise LooksAlike(register, found)
    return made
