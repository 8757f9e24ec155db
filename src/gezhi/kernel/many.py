"""Many records written as if singly, at the price of a batch: big imports, and their undoing.

Beside :mod:`gezhi.kernel.bulk`, whose batches share one history row, each record here has its own history row and its
own event, its own checks and its own errors; only the statements are shared (look-ups by set, ``COPY``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from .access import may_begin, sight
from .copying import copy_in, copy_over
from .door import _HIDDEN, Session, _assign, _register, _state, _told, integrity_error
from .errors import Conflict, GezhiError, Invalid, Refused
from .fresh import fresh
from .records import History, Record
from .registers import Register
from .registry import registry
from .unique import digest, once_of


@dataclass(slots=True)
class Outcome:
    """What became of one of many.

    Attributes:
        record: as it was written; ``None`` while or because it was not.
        error: why it was not written.
        digests: what must be unique about it: number of the rule (``Once.number``) and the key in eight bytes.
        version: of the record once everything was done that writing it entails.
    """

    record: Any = None
    error: GezhiError | None = None
    digests: tuple[tuple[int, int], ...] = ()
    version: int = 1
    _names: set[str] = field(default_factory=set)
    _row: History | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing has been found wrong so far."""
        return self.error is None


def light(session: Session, model: type[Record], verb: str) -> bool:
    """Whether a trial of :func:`create_many` finds what is wrong without inserting: reaches are known in memory."""
    register = _register(model)
    names = session.actor.reaches(f"{register.name}.{verb}")
    return "all" in names or all(register.reaches[n].in_memory for n in names)


def create_many(session: Session, model: type[Record], rows: Sequence[Mapping[str, Any]], *, verb: str = "create",
                checked: frozenset[str] = frozenset(), trial: bool = False, digests: bool = False) -> list[Outcome]:
    """Create records as :meth:`Session.create` does one by one; a wrong one is told in its place and holds up no other.

    Args:
        rows: values by field name.
        verb: what history calls it; the permission asked is ``register.verb``.
        checked: fields whose values the caller has read by the register's own kinds.
        trial: only judge; see :func:`light`.
        digests: tell what must be unique about each.

    Raises:
        Refused: the actor may not do this at all.
    """
    register = _register(model)
    session.permit(register, verb)
    made = [_drafted(session, register, values, verb, checked) for values in rows]
    _refuse_twins(register, [one for one in made if one.sound], digests)
    if not trial:
        _lay(session, register, verb, [one for one in made if one.sound])
    return made


def _drafted(session: Session, register: Register, values: Mapping[str, Any], verb: str,
             checked: frozenset[str]) -> Outcome:
    out = Outcome(_names=set(values))
    record = fresh(register.model, created_at=session.now, updated_at=session.now)
    try:
        changed = _assign(register, record, values)
        session._check(register, record, changed, fresh=True, checked=checked)
        if not may_begin(register, session.actor, verb, record):
            raise Refused(_("您不能在该区域或单位新增“%s”") % register.label)
    except GezhiError as error:
        out.error = error
        return out
    told = {n: [None, v] for n, v in _told(register, record, changed).items()}
    out._row = _history(session, register, record, verb, told, target=_state(register, record))
    out.record = record
    return out


def _history(session: Session, register: Register, record: Any, verb: str, told: Mapping[str, Any], opinion: str = "",
             target: str = "") -> History:
    """A history row that is not yet to be written."""
    row = session._history(register, record, verb, told, opinion, target=target)
    session.histories.pop()
    return row


def _refuse_twins(register: Register, made: Sequence[Outcome], digests: bool = False) -> None:
    """Mark what repeats what must be unique: an earlier one of these, or a record that is there."""
    for once in once_of(register.model):
        firsts: dict[tuple[Any, ...], Outcome] = {}
        for one in made:
            key = once.key(one.record) if one.sound else None
            if key is None:
                continue
            if digests:
                one.digests = (*one.digests, (once.number, digest(key)))
            if firsts.setdefault(key, one) is not one:
                one.error = once.wrong(register)
        for key, pk in (once.owners(register.model, list(firsts)) if firsts else {}).items():
            if pk != firsts[key].record.pk:
                firsts[key].error = once.wrong(register)


def _lay(session: Session, register: Register, verb: str, made: Sequence[Outcome]) -> None:
    """Insert drafts with their history, events and effects; what the database refuses is found by halving."""
    if not made:
        return
    kept = len(session.histories), len(session.events), len(session.after)
    try:
        with transaction.atomic():
            copy_in(register.model, [one.record for one in made])
            _hold_links()
            outside = _outside(session, register, verb, [one.record for one in made])
            if outside:
                raise _Outside(outside)
            for one in made:
                assert one._row is not None
                one._row.record_id = one.record.pk
                session.histories.append(one._row)
                session._done(register, one.record, verb, one._names, True, None)
            _number(session, register, made)
            session.flush()
    except (IntegrityError, DataError, GezhiError, _Outside) as error:
        del session.histories[kept[0]:], session.events[kept[1]:], session.after[kept[2]:]
        session._held.clear()
        if isinstance(error, _Outside):
            for one in made:
                if one.record.pk in error.ids:
                    one.error = Refused(_("您不能在该区域或单位新增“%s”") % register.label)
            _lay(session, register, verb, _again(made))
        elif len(made) == 1:
            made[0].error = _worded(error, register)
        else:
            half = len(made) // 2
            _lay(session, register, verb, _again(made[:half]))
            _lay(session, register, verb, _again(made[half:]))


def _number(session: Session, register: Register, made: Sequence[Outcome]) -> None:
    """Note the versions of what was written; a hook may have written some of it again, which history knows."""
    newest = {h.record_id: h.seq for h in session.histories if h.register == register.name}
    for one in made:
        one.version = newest.get(one.record.pk, one.record.version)


def _again(made: Sequence[Outcome]) -> list[Outcome]:
    """Those that are still sound, as new rows."""
    for one in made:
        one.record.pk, one.record._state.adding = None, True
    return [one for one in made if one.sound]


class _Outside(Exception):
    """Records that lie outside what the actor may write, by number."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__()
        self.ids = ids


def _outside(session: Session, register: Register, verb: str, records: Sequence[Any]) -> set[int]:
    """Which saved records lie outside the actor's reach. At most one query."""
    names = session.actor.reaches(f"{register.name}.{verb}")
    if "all" in names:
        return set()
    known = [register.reaches[n] for n in names if register.reaches[n].in_memory]
    left = {r.pk for r in records if not any(reach.holds(session.actor, r) for reach in known)}
    if left and len(known) < len(names):
        seen = register.model.objects.filter(sight(register, session.actor, verb), pk__in=left)
        left -= set(seen.values_list("pk", flat=True))
    return left


def _hold_links() -> None:
    """Have links judged now, so that one that leads nowhere is this batch's error and not that of the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _worded(error: BaseException, register: Register) -> GezhiError:
    if isinstance(error, IntegrityError):
        return integrity_error(error, register)
    if isinstance(error, GezhiError):
        return error
    return Invalid(_("数据超出可存储的范围：%s") % str(error).splitlines()[0])


# -- changing ----------------------------------------------------------------------------------------------
def change_many(session: Session, model: type[Record], pairs: Sequence[tuple[int, Mapping[str, Any]]], *, verb: str,
                checked: frozenset[str] = frozenset(), opinion: str = "", trusted: bool = False,
                meets: Callable[[Any, Mapping[str, Any]], Mapping[str, Any]] | None = None,
                trial: bool = False) -> list[Outcome]:
    """Change records as :meth:`Session.change` does one by one; a wrong one is told in its place.

    Args:
        pairs: number of a record, and values by field name.
        meets: sees each record as it stands, locked, with its values, and gives those to write; may raise.
        trusted: the caller has permitted this.

    Returns:
        In the order of the pairs; an outcome without record and error had nothing to write.
    """
    register = _register(model)
    if not trusted:
        session.permit(register, verb)
    held: dict[int, Any] = {r.pk: r for r in model.objects.select_for_update(of=("self",)).filter(
        pk__in=[pk for pk, _values in pairs]).select_related(*_linked(register, pairs)).order_by("pk")}
    barred = set() if trusted else _outside(session, register, verb, list(held.values()))
    made = [_changed(session, register, held.get(pk), values, verb, checked, opinion, meets, pk in barred)
            for pk, values in pairs]
    late = set() if trusted else _outside_now(session, register, verb, made)
    for one in made:
        if one.record is not None and one.record.pk in late:
            one.error = Refused(_("不能把记录移出您的管辖范围"))
    _refuse_twins(register, [one for one in made if one.sound and one.record is not None])
    if not trial:
        _overlay(session, register, verb, [one for one in made if one.sound and one.record is not None])
    return made


def _linked(register: Register, pairs: Sequence[tuple[int, Mapping[str, Any]]]) -> list[str]:
    """Links that are written or looked at, to be read with the records."""
    names = {n for _pk, values in pairs[:1] for n in values}
    return [n for n in names if n in register.kinds and register.kinds[n].select_related]


def _changed(session: Session, register: Register, record: Any, values: Mapping[str, Any], verb: str,
             checked: frozenset[str], opinion: str, meets: Any, barred: bool) -> Outcome:
    out = Outcome()
    try:
        if record is None:
            raise Conflict(_("记录已不存在"))
        if barred:
            raise Refused
        values = values if meets is None else meets(record, values)
        if not values:
            return out
        out._names = {n if n in register.customs else record._meta.get_field(n).name for n in values}
        before = _told(register, record, out._names)
        changed = _assign(register, record, values)
        session._check(register, record, changed, checked=checked)
    except GezhiError as error:
        out.error = error
        return out
    after = _told(register, record, changed)
    told = {n: [before.get(n), after.get(n)] for n in sorted(changed) if before.get(n) != after.get(n)}
    record.version += 1
    record.updated_at = session.now
    out._row = _history(session, register, record, verb, told, opinion)
    out._names |= changed
    out.record = record
    return out


def _outside_now(session: Session, register: Register, verb: str, made: Sequence[Outcome]) -> set[int]:
    """Records that would lie outside the actor's reach, as far as memory can tell."""
    names = session.actor.reaches(f"{register.name}.{verb}")
    reaches = [register.reaches[n] for n in names if n != "all"]
    if "all" in names or not all(reach.in_memory for reach in reaches):
        return set()
    return {one.record.pk for one in made if one.record is not None
            and not any(reach.holds(session.actor, one.record) for reach in reaches)}


def _overlay(session: Session, register: Register, verb: str, made: Sequence[Outcome]) -> None:
    """Write changed records back with their history, events and effects; what is refused is found by halving."""
    if not made:
        return
    kept = len(session.histories), len(session.events), len(session.after)
    names = set().union(*(one._names for one in made)) - register.customs.keys() | {"version", "updated_at", "seal"}
    try:
        with transaction.atomic():
            copy_over(register.model, [one.record for one in made], names)
            _hold_links()
            for one in made:
                assert one._row is not None
                session.histories.append(one._row)
                session._done(register, one.record, verb, one._names, True, None)
            _number(session, register, made)
            session.flush()
    except (IntegrityError, DataError, GezhiError) as error:
        del session.histories[kept[0]:], session.events[kept[1]:], session.after[kept[2]:]
        session._held.clear()
        if len(made) == 1:
            made[0].error = _worded(error, register)
        else:
            half = len(made) // 2
            _overlay(session, register, verb, made[:half])
            _overlay(session, register, verb, made[half:])


# -- removing ----------------------------------------------------------------------------------------------
def remove_many(session: Session, model: type[Record], pks: Sequence[int], *, verb: str = "remove",
                opinion: str = "", unless: Callable[[Any], str] | None = None) -> dict[int, str]:
    """Remove records, each with its history row, which stays; what is in use stays too. The caller has permitted it.

    Args:
        unless: why a record, as it stands, is not to be removed; ``""`` to remove it.

    Returns:
        Number to the reason for those that stay.
    """
    register = _register(model)
    rows = list(model.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
    stay = {pk: _("记录已不存在") for pk in set(pks) - {r.pk for r in rows}}
    for row in rows:
        why = unless(row) if unless is not None else ""
        if why:
            stay[row.pk] = why
    used = _used(register, [r.pk for r in rows if r.pk not in stay])
    stay |= {pk: _("“%s”里有记录在使用它") % label for pk, label in used.items()}
    gone = [r for r in rows if r.pk not in stay]
    for record in gone:
        told = {n: [v, None] for n, v in _told(register, record, set(register.kinds) - _HIDDEN).items()}
        record.version += 1
        session._history(register, record, verb, told, opinion)
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [[r.pk for r in gone]])
    for record in gone:
        session._done(register, record, verb, set(), True, None)
    return stay


def _used(register: Register, pks: Sequence[int]) -> dict[int, str]:
    """Records that others point at, with the name of a register that does. One query for each kind of link."""
    out: dict[int, str] = {}
    inside = set(pks)
    for other in registry.registers.values():
        model: Any = other.model
        fields: dict[str, Any] = {f.name: f for f in model._meta.concrete_fields}
        for link in fields.values():
            if link.is_relation and link.remote_field.model is register.model and inside:
                rows = model.objects.filter(**{f"{link.name}__in": inside})
                if other is register:
                    rows = rows.exclude(pk__in=inside)
                out |= dict.fromkeys(rows.values_list(link.attname, flat=True), _("受限登记簿") if other.confined
                                     else str(other.label))
        if {"owner_type", "owner_id"} <= fields.keys():
            owned = model.objects.filter(owner_type=register.name, owner_id__in=inside)
            out |= dict.fromkeys(owned.values_list("owner_id", flat=True), str(other.label))
    return out
