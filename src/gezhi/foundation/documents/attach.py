"""Tie uploaded documents to the record they belong to.

A move that asks for `Files` ties them by itself (the engine calls the port ``attach``); `add` is for attaching
to a record beside any move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .document import Document
from .errors import TooMany
from .limit import limits

__all__ = ["add", "attach", "claiming", "of_record", "of_records"]

_claimed: ContextVar[frozenset[int]] = ContextVar("gezhi_claimed", default=frozenset())
_PER_RECORD = 50


@contextmanager
def claiming(ids: Iterable[int]) -> Iterator[None]:
    """Say which loose documents a visitor without sign-in has uploaded (a surface keeps them in the session).

    Without it an id guessed would make another person's photo part of one's own report.
    """
    token = _claimed.set(_claimed.get() | frozenset(ids))
    try:
        yield
    finally:
        _claimed.reset(token)


def attach(
    session: Session, record: Record, ids: Sequence[int], role: str = "attachment", kinds: Sequence[str] = ()
) -> list[Document]:
    """Tie loose documents to a record inside an open door; the caller has permitted the act on the record.

    Args:
        ids: documents of the actor's own. A document tied to this record already stays as it is.
        role: what they show, see `document.ROLES`. kinds: accepted kinds; empty for any.

    Raises:
        Invalid: a document is missing, another's, of a wrong kind or tied to another record.
        TooMany: more than the record may have of a kind.
    """
    if not ids:
        return []
    register = registry.register_of(type(record))
    if register is None:
        raise LookupError(f"{type(record).__name__} has no register")
    found = {d.pk: d for d in Document.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk")}
    documents = [found.get(pk) for pk in dict.fromkeys(ids)]
    fresh = []
    for document in documents:
        if document is None or not _own(session.actor, document, register, record):
            raise Invalid(_("附件不存在、不属于您，或已用于其他记录，请重新上传"))
        if kinds and document.kind not in kinds:
            raise Invalid(_("附件“%s”的类别不符合要求") % document.name)
        if not document.owner_type:
            fresh.append(document)
    _bound(register, record, fresh)
    area = getattr(record, register.area_field, "") if register.area_field else ""
    values = {"owner_type": register.name, "owner_id": record.pk, "role": role, "area_code": area or ""}
    tied = {d.pk: session.change(d, values, verb="attach", trusted=True, emit=False) for d in fresh}
    return [tied.get(d.pk, d) for d in documents if d is not None]


def _own(actor: Actor, document: Document, register: Register, record: Record) -> bool:
    if document.owner_type:
        return document.owner_type == register.name and document.owner_id == record.pk
    if actor.kind == "system" or document.pk in _claimed.get():
        return True
    return actor.user_id is not None and document.uploader_id == actor.user_id


def _bound(register: Register, record: Record, fresh: Sequence[Document]) -> None:
    if not fresh:
        return
    rows = limits()[1]
    held = list(Document.objects.filter(owner_type=register.name, owner_id=record.pk).values_list("kind", flat=True))
    held += [document.kind for document in fresh]
    for kind in {document.kind for document in fresh}:
        most = rows[kind].per_record if kind in rows else _PER_RECORD
        if held.count(kind) > most:
            raise TooMany(_("该记录的这类附件已达上限（%d 个）") % most)


def add(actor: Actor, record: Record, ids: Sequence[int], role: str = "attachment") -> list[Document]:
    """Attach beside any move: for whoever may change the record, or holds ``register.attach`` on it.

    Raises:
        Refused, Invalid, TooMany.
    """
    with door(actor) as session:
        record = session.lock(record)
        register = registry.register_of(type(record))
        if register is None or not any(permits(register, actor, verb, record) for verb in ("change", "attach")):
            raise Refused
        documents = attach(session, record, ids, role)
        names: dict[str, Any] = {"documents": [d.pk for d in documents], "role": role}
        session.note(record, "attach", data=names, trusted=True)
        return documents


def of_record(record: Record, *roles: str) -> list[Document]:
    """Documents of a record in order of upload, of the given roles or all; one query."""
    register = registry.register_of(type(record))
    if register is None:
        return []
    found = Document.objects.filter(owner_type=register.name, owner_id=record.pk)
    return list((found.filter(role__in=roles) if roles else found).order_by("pk"))


def of_records(owners: Mapping[str, Iterable[int]]) -> list[Document]:
    """Documents of records of several registers, in order of upload; one query.

    Args:
        owners: ids of records by the name of their register.
    """
    wanted = Q()
    for name, ids in owners.items():
        wanted |= Q(owner_type=name, owner_id__in=list(ids))
    return list(Document.objects.filter(wanted).order_by("pk")) if wanted else []
