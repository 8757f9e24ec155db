"""The fields a city added to records that are not kept by form: filled in by whoever may work on the record now.

A case has no form, it is only moved; what a city wants to know of it beside that is entered by those who may make a
move on it, or who hold ``change``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .act import allowed


def editable(register: Register, actor: Actor, record: Any) -> bool:
    """Whether the actor may change the record by its form."""
    return register.writable and bool(register.form) and permits(register, actor, "change", record)


def extra_names(actor: Actor, register: Register, record: Any) -> list[str]:
    """Names of the added fields this actor may fill in on a record that is not kept by form."""
    if (register.writable and register.form) or not register.added or not permits(register, actor, "view", record):
        return []
    may = permits(register, actor, "change", record) or (register.flow is not None and bool(allowed(actor, record)))
    return list(register.added) if may else []


def extend(actor: Actor, record: Any, values: Mapping[str, Any], version: int | None = None) -> Any:
    """Write added fields of such a record.

    Raises:
        Refused: they are not this actor's to fill in. Invalid: another field is among them.
    """
    register = registry.register_of(type(record))
    names = extra_names(actor, register, record) if register is not None else []
    if not names:
        raise Refused
    if other := sorted(values.keys() - set(names)):
        raise Invalid({other[0]: [_("没有“%s”这个字段，或它不能填写") % other[0]]})
    with door(actor) as session:
        return session.change(record, values, verb="change", version=version, trusted=True)
