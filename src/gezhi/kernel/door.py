"""The one door through which records are written.

``write()`` writes one record; ``door()`` opens a session in which several records are written as one. Each
write permits, locks, validates, saves, keeps history and puts an event in the outbox, in one transaction. A
trigger on every record table refuses writes of transactions that did not pass here (see ``guard``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import seal
from .access import may_begin, permits
from .actors import Actor
from .copying import copy_in
from .errors import Conflict, Invalid, Missing, Refused
from .fresh import fresh
from .kinds import Kind
from .records import Event, History, Record
from .registers import Register
from .registry import registry
from .unique import repeated

R = TypeVar("R", bound=Record)
_current: ContextVar[Session | None] = ContextVar("gezhi_door", default=None)
FEW = 20  # rows of history up to which they are inserted, beyond which they are copied
OPEN = "SELECT set_config('gezhi.door', 'open', true)"


class Session:
    """An open door: writes of one transaction, its history and its events.

    Args:
        actor: who acts.
        at: moment of the act; only the system may set it (imports of past cases, the demo city).
    """

    def __init__(self, actor: Actor, at: dt.datetime | None = None) -> None:
        if at is not None and actor.kind != "system":
            raise Refused(_("只有系统可以补记过去的时间"))
        self.actor = actor
        self._at = at
        self.now = at or timezone.now()
        self.histories: list[History] = []
        self.events: list[Event] = []
        self.after: list[Any] = []
        self.blind_key: int | None = None
        self._held: dict[tuple[type, int], Record] = {}

    # -- single writes -------------------------------------------------------------------------------------
    def create(self, model: type[R], values: Mapping[str, Any], *, verb: str = "create", opinion: str = "",
               trusted: bool = False, emit: bool = True, payload: Mapping[str, Any] | None = None) -> R:
        """Create a record.

        Args:
            model: its class.
            values: Python values by field name.
            verb: what history calls it; the permission asked is ``register.verb``.
            opinion: words of the actor.
            trusted: the caller has already permitted this (effects of a permitted move).
            emit: whether an event ``register.verb`` goes to the outbox.

        Raises:
            Refused, Invalid: nothing was written.
        """
        register = _register(model)
        if not trusted:
            self.permit(register, verb)
        record = fresh(model, created_at=self.now, updated_at=self.now)
        changed = _assign(register, record, values)
        self._check(register, record, changed, fresh=True)
        if not trusted and not may_begin(register, self.actor, verb, record):
            raise Refused(_("您不能在该区域或单位新增“%s”") % register.label)
        changes = {n: [None, v] for n, v in _told(register, record, changed).items()}
        history = self._history(register, record, verb, changes, opinion, target=_state(register, record))
        _saving(lambda: models.Model.save_base(record, force_insert=True), register)
        history.record_id = record.pk
        if not trusted and not permits(register, self.actor, verb, record):
            raise Refused(_("您不能在该区域或单位新增“%s”") % register.label)
        self._done(register, record, verb, set(values), emit, payload)
        return record

    def change(self, record: R, values: Mapping[str, Any], *, verb: str = "change", opinion: str = "",
               version: int | None = None, trusted: bool = False, emit: bool = True, source: str = "",
               payload: Mapping[str, Any] | None = None, note: Mapping[str, Any] | None = None) -> R:
        """Change a record under its row lock.

        Args:
            version: version the actor saw; another one means somebody was faster.
            note: facts for history that are not fields (inputs of a move).

        Raises:
            Missing, Refused, Conflict, Invalid: nothing was written.
        """
        register = _register(type(record))
        if self._held.get((type(record), record.pk)) is not record:  # the very one locked last needs no second look
            record = self.lock(record)
        if not trusted:
            self.permit(register, verb, record)
        if version is not None and version != record.version:
            raise Conflict(_("“%s”刚刚被别人修改过") % register.title(record),
                           current={"version": record.version})
        before = _told(register, record, set(values))
        changed = _assign(register, record, values)
        self._check(register, record, changed)
        if not trusted and not permits(register, self.actor, verb, record):
            raise Refused(_("不能把记录移出您的管辖范围"))
        after = _told(register, record, changed)
        changes: dict[str, Any] = {n: [before.get(n), after.get(n)] for n in sorted(changed)
                                   if before.get(n) != after.get(n)}
        if note:
            changes["_"] = dict(note)
        record.version += 1
        record.updated_at = self.now
        self._history(register, record, verb, changes, opinion, source=source, target=_state(register, record))
        fields = {*(changed - register.customs.keys()), "version", "updated_at", "seal"}
        _saving(lambda: models.Model.save_base(record, force_update=True, update_fields=fields), register)
        self._done(register, record, verb, changed, emit, payload)
        return record

    def note(self, record: R, verb: str, *, opinion: str = "", data: Mapping[str, Any] | None = None,
             trusted: bool = False, emit: bool = True) -> R:
        """History and event without a change of fields (a remark, an urging, a look at sensitive data)."""
        return self.change(record, {}, verb=verb, opinion=opinion, note=data, trusted=trusted, emit=emit,
                           payload=data)

    def log(self, register: Register, verb: str, facts: Mapping[str, Any], opinion: str = "") -> None:
        """History and event of an act on a register as a whole (an export); belongs to no record's chain."""
        self.permit(register, verb)
        self._history(register, _Whole(), verb, facts, opinion).batch = 0
        self.emit(f"{register.name}.{verb}", _Whole(), facts, register)  # type: ignore[arg-type]

    def remove(self, record: Record, *, opinion: str = "", trusted: bool = False) -> None:
        """Delete a record; its history stays.

        Raises:
            Conflict: other records still point at it.
        """
        register = _register(type(record))
        record = self.lock(record)
        if not trusted:
            self.permit(register, "remove", record)
        gone = {n: [v, None] for n, v in _told(register, record, set(register.kinds) - _HIDDEN).items()}
        record.version += 1
        self._history(register, record, "remove", gone, opinion)
        try:
            models.Model.delete(record)
        except models.ProtectedError:
            raise Conflict(_("“%s”正被其他记录使用，不能删除；可以停用") % register.title(record)) from None
        record.pk = self.histories[-1].record_id
        self._done(register, record, "remove", set(), True, None)

    # -- tools ---------------------------------------------------------------------------------------------
    def permit(self, register: Register, verb: str, record: Any = None) -> None:
        """Refuse unless the actor holds ``register.verb`` (on ``record``)."""
        if not permits(register, self.actor, verb, record):
            if record is not None and verb != "view" and not permits(register, self.actor, "view", record):
                raise Missing
            raise Refused

    def lock(self, record: R) -> R:
        """The record as it stands now, locked until the transaction ends."""
        try:
            locked = type(record).objects.select_for_update(of=("self",)).get(pk=record.pk)
        except type(record).DoesNotExist:
            raise Missing from None
        self._held[type(record), locked.pk] = locked
        return locked

    def open(self) -> None:
        """Let this transaction write records."""
        with connection.cursor() as cursor:
            cursor.execute(OPEN)

    def emit(self, kind: str, record: Record, payload: Mapping[str, Any] | None = None,
             register: Register | None = None) -> None:
        """Put an event about a record in the outbox."""
        register = register or _register(type(record))
        area = getattr(record, register.area_field, "") if register.area_field else ""
        self.events.append(fresh(Event, at=self.now, kind=kind, register=register.name, record_id=record.pk,
                                 area_code=area or "", unit_id=getattr(record, "unit_id", None),
                                 payload=dict(payload or {})))

    def _check(self, register: Register, record: Any, changed: set[str], fresh: bool = False,
               checked: frozenset[str] = frozenset()) -> None:
        # what a new record was not given stands at its default, which needs no check; only what it must have does
        names = changed | register.required_names if fresh else changed
        _validate(register, record, names - _HIDDEN - checked)
        register.clean(record, self.actor, changed)
        register.derive(record, changed, fresh)

    def _history(self, register: Register, record: Any, verb: str, changes: Mapping[str, Any], opinion: str,
                 source: str = "", target: str = "") -> History:
        actor = self.actor
        row = fresh(History, at=self.now, register=register.name, record_id=record.pk or 0, seq=record.version,
                    verb=verb, source=source, target=target if source or record.version == 1 else "",
                    actor_kind=actor.kind, actor_name=actor.name[:80], user_id=actor.user_id, post_id=actor.post_id,
                    unit_id=actor.unit_id, via=actor.via[:40], opinion=opinion, changes=dict(changes))
        record.seal = row.seal = seal.chain(record.seal or seal.GENESIS, sealed_row(row))
        self.histories.append(row)
        return row

    def _done(self, register: Register, record: Any, verb: str, changed: set[str], emit: bool,
              payload: Mapping[str, Any] | None) -> None:
        if emit:
            self.emit(f"{register.name}.{verb}", record, payload, register)
        for hook in registry.hooks_of(register.name):
            hook.run(self, record, verb, changed)

    def flush(self) -> None:
        """Write the collected history and events; called when the door closes."""
        batches: tuple[tuple[Any, list[Any]], ...] = ((History, self.histories), (Event, self.events))
        for model, rows in batches:
            if rows:
                copy_in(model, rows, numbered=False) if len(rows) > FEW else model._default_manager.bulk_create(rows)
        self.histories, self.events = [], []


class _Whole:
    """Stands for a register as a whole in history."""

    pk, version, seal = 0, 1, None


_HIDDEN = {"id", "version", "seal", "created_at", "updated_at"}
_HOLLOW = (str, dict, list)
"""What says nothing when there is nothing in it; a zero, or a no, does."""


@lru_cache(maxsize=64)
def _moment_told(at: dt.datetime) -> str:
    """A moment as seals cover it; all rows of a transaction have the same."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def sealed_row(row: History) -> list[Any]:
    """What of a history row its seal covers, in a fixed order. The record's id is bound by the chain's start."""
    return [row.register, row.seq, _moment_told(row.at), row.verb, row.source,
            row.target, row.actor_kind, row.actor_name, row.user_id, row.post_id, row.unit_id, row.via,
            row.opinion, row.changes]


def _register(model: type[models.Model]) -> Register:
    register = registry.register_of(model)
    if register is None:
        raise LookupError(f"{model.__name__} has no register")
    return register


def _state(register: Register, record: Any) -> str:
    return getattr(record, register.flow.field, "") if register.flow else ""


def _assign(register: Register, record: Any, values: Mapping[str, Any]) -> set[str]:
    changed = set()
    added: Mapping[str, Any] = register.customs
    for name, value in values.items():
        if name in added and (value is None or added[name].added.active):  # one out of use can still be emptied
            added[name].put(record, None if value is None else added[name].parse(value))
            changed |= {name, "custom"}
            continue
        try:
            changed.add(record._meta.get_field(name).name)
        except FieldDoesNotExist:
            raise Invalid({name: [_("没有“%s”这个字段") % name]}) from None
        setattr(record, name, value)
    return changed


@lru_cache(maxsize=512)
def _tellable(register: Register) -> dict[str, Kind]:
    """Declared kinds that history tells of: what is derived or hidden is left out."""
    return {n: k for n, k in register.declared.items() if n not in _HIDDEN and not k.derived}


def _told(register: Register, record: Any, names: Iterable[str]) -> dict[str, Any]:
    """Values as history keeps them; derived and hidden columns are left out."""
    kinds, added, out = _tellable(register), register.customs, {}
    for name in names:
        kind = kinds.get(name) or added.get(name)
        if kind is None:
            continue
        if kind.select_related:
            pk = getattr(record, f"{name}_id")
            cached = record._state.fields_cache.get(name)
            out[name] = None if pk is None else {"id": pk, "name": str(cached)} if cached is not None else {"id": pk}
        else:
            value = kind.value(record)
            if value is not None and (value or not isinstance(value, _HOLLOW)):
                out[name] = kind.history(value)
    return out


def _validate(register: Register, record: Any, names: set[str]) -> None:
    """Check fields by their kinds without asking the database; constraints answer for links and uniqueness."""
    errors: dict[str, list[Any]] = {}
    for name in names:
        kind = register.declared.get(name)  # an added field was checked when it was set
        if kind is None or kind.field is None or kind.derived or kind.select_related:
            if kind is not None and kind.select_related and kind.required and getattr(record, f"{name}_id") is None:
                errors[name] = [_("请选择“%s”") % kind.label]
            continue
        value = getattr(record, name)
        if hasattr(value, "resolve_expression"):
            continue
        try:
            setattr(record, name, kind.empty() if value is None or value == "" else kind.clean(value))
        except Invalid as error:
            errors.update(error.errors)
    if errors:
        raise Invalid(errors)


def _saving(save: Any, register: Register) -> None:
    """Save, and say a broken constraint in the user's words; the whole session is undone by the error."""
    try:
        save()
    except IntegrityError as error:
        raise integrity_error(error, register) from error
    except DataError as error:
        raise Invalid(_("数据超出可存储的范围：%s") % str(error).splitlines()[0]) from error


def integrity_error(error: IntegrityError, register: Register) -> Invalid:
    """A broken database constraint as an :class:`Invalid` that names the field."""
    diag = getattr(error.__cause__, "diag", None)
    name = (getattr(diag, "constraint_name", "") or "").lower()
    for constraint in register.model._meta.constraints:
        if constraint.name == name:
            if isinstance(constraint, models.UniqueConstraint):
                return repeated(register, constraint.fields)
            return Invalid(str(getattr(constraint, "violation_error_message", "")) or str(error))
    # the longest column first: every name of a link's constraint also holds "id"
    for field in sorted(register.model._meta.concrete_fields, key=lambda f: -len(f.column or "")):
        if field.column in name or field.column == getattr(diag, "column_name", None):
            label = register.kinds[field.name].label
            text = _("“%s”已存在，不能重复") if "unique" in str(error).lower() else _("“%s”不符合要求")
            return Invalid({field.name: [text % label]})
    return Invalid(_("与已有数据冲突：%s") % str(error).splitlines()[0])


@contextmanager
def door(actor: Actor, *, at: dt.datetime | None = None) -> Iterator[Session]:
    """Open the door: everything written inside is one transaction, or nothing.

    A door opened inside another joins it.
    """
    outer = _current.get()
    if outer is not None:
        with transaction.atomic():
            previous = outer.actor, outer.now
            outer.actor, outer.now = actor, at or outer.now
            try:
                yield outer
            except BaseException:
                outer._held.clear()  # what they hold is undone in the database
                raise
            finally:
                outer.actor, outer.now = previous
        return
    session = Session(actor, at)
    token = _current.set(session)
    try:
        with transaction.atomic():
            session.open()
            yield session
            session.flush()
    finally:
        _current.reset(token)
    for call in session.after:
        call()


def moment() -> dt.datetime:
    """The moment of the act under way, which may lie in the past (archives, replays), else the present one.

    Rules of a domain ask this and never the wall clock.
    """
    session = _current.get()
    return session.now if session is not None else timezone.now()


def write(actor: Actor, verb: str, target: Any, changes: Mapping[str, Any] | None = None, *, opinion: str = "",
          version: int | None = None, at: dt.datetime | None = None) -> Any:
    """Write one record and nothing else.

    Args:
        verb: ``create`` with a model class as target, ``change`` or ``remove`` with a record, or any other
            permission of the register, then kept as history's verb.
    """
    with door(actor, at=at) as session:
        if isinstance(target, type):
            return session.create(target, changes or {}, verb=verb, opinion=opinion)
        if verb == "remove":
            return session.remove(target, opinion=opinion)
        return session.change(target, changes or {}, verb=verb, opinion=opinion, version=version)


def next_number(key: str) -> int:
    """The next number of a gap-free series; the series is locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO kernel_counter (key, value) VALUES (%s, 1) "
                       "ON CONFLICT (key) DO UPDATE SET value = kernel_counter.value + 1 RETURNING value", [key])
        return cursor.fetchone()[0]
