"""Registers of personal data that have no term of their own: they go with another record, or stay for a reason.

Whatever holds personal data says one of three things: a :class:`~.terms.Term`, :class:`GoesWith` or :class:`Lasts`;
:func:`untold` names what says none, and a test holds that there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from gezhi.kernel.door import Session
from gezhi.kernel.kinds import SecretKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .anonymise import anonymise, fields_of, speaks
from .terms import Term, held


@dataclass(frozen=True)
class GoesWith:
    """A register whose records are erased together with the record they belong to, in the same transaction.

    Args:
        register: its name.
        link: its link to the record it belongs to.
        act: what befalls it when that record is emptied: ``sensitive`` (emptied too) or ``remove``. When that record
            is removed, it is removed as well.
    """

    register: str
    link: str
    act: str = "sensitive"
    DECLARATION: bool = True


@dataclass(frozen=True)
class Lasts:
    """A register whose personal fields are kept as long as the record itself.

    Args:
        register: its name.
        reason: why no term runs, for readers.
    """

    register: str
    reason: Any
    DECLARATION: bool = True


def personal(register: Register) -> bool:
    """Whether it holds personal data: fields of that class, or records of which the mere presence is one."""
    return register.confined or any(not isinstance(kind, SecretKind) for kind in fields_of(register, "sensitive"))


def untold() -> list[str]:
    """Registers of personal data that do not say how long they keep all of it.

    A term for the highly sensitive fields alone leaves the others, so it does not count. Where being in the register
    is what nobody may know, emptied records are not enough: it must say when they are removed.
    """
    terms: dict[str, set[str]] = {}
    for term in registry.of(Term):
        terms.setdefault(term.register, set()).add(term.act)
    for follows in registry.of(GoesWith):
        terms.setdefault(follows.register, set()).add(follows.act)
    lasting = {one.register for one in registry.of(Lasts)}
    return [r.name for r in registry.registers.values() if personal(r) and r.name not in lasting
            and not terms.get(r.name, set()) & ({"remove"} if r.confined else {"remove", "sensitive"})]


def followers(register: Register) -> Iterator[tuple[Register, GoesWith]]:
    """Registers whose records go with those of this one."""
    for follows in registry.of(GoesWith):
        other = registry.register(follows.register)
        if other.model._meta.get_field(follows.link).related_model is register.model:
            yield other, follows


def take_along(session: Session, register: Register, records: Sequence[Any], act: str, why: str) -> None:
    """Erase what belongs to records that are about to be erased; what is on hold itself stays.

    Args:
        records: locked by the caller.
        act: ``sensitive`` or ``remove``, what befalls them; ``high`` takes nothing along.
        why: stands in every history it touches.

    Raises:
        Conflict: something still points at what is to be removed.
    """
    if act == "high" or not records:
        return
    for other, follows in followers(register):
        rows = other.model.objects.filter(**{f"{follows.link}__in": list(records)})
        rows = rows.exclude(held(other, timezone.localdate())).order_by("pk").select_for_update(of=("self",))
        if act == "remove" or follows.act == "remove":
            for row in rows:
                remove(session, other, row, why)
        else:
            anonymise(session, other, rows.filter(speaks(other, "sensitive")), "sensitive", why)


def remove(session: Session, register: Register, record: Any, why: str) -> None:
    """Remove a record with what belongs to it and what was attached to it.

    Raises:
        Conflict: something still points at it.
    """
    take_along(session, register, [record], "remove", why)
    documents = registry.registers.get("document")
    if documents is not None:  # the content itself is deleted once nobody names it any more
        model: Any = documents.model
        for one in model.objects.filter(owner_type=register.name, owner_id=record.pk):
            session.remove(one, opinion=why, trusted=True)
    session.remove(record, opinion=why, trusted=True)
