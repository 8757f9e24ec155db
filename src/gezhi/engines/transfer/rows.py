"""From the texts of rows to records: read by kinds, links found by set, written through the bulk door of the kernel.

Rows whose records are made by a move (:mod:`.intake`) are taken in one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from gezhi.engines.duplicates.likeness import Likeness, alike, alike_many
from gezhi.kernel import many, seal
from gezhi.kernel.access import sight
from gezhi.kernel.door import Session
from gezhi.kernel.errors import GezhiError, Invalid, Refused
from gezhi.kernel.kinds import (
    INTERNAL,
    PUBLIC,
    AreaKind,
    ChoiceKind,
    CodesKind,
    DateKind,
    Kind,
    LinkKind,
    NumberKind,
    TruthKind,
)
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.restore import picture
from gezhi.kernel.unique import digest, once_of

from .chunks import Row
from .intake import Intake, intake_of
from .models import ImportJob
from .template import fields

DONE = ("created", "changed", "same")
THOROUGH = 2_000
"""Rows of a file up to which a trial writes and undoes all, and looks for likeness letter by letter; beyond, where that
finds the same, it only judges, and looks for equal names beside equal facts."""
REPEATED = (ChoiceKind, AreaKind, DateKind, NumberKind, TruthKind)
"""Kinds whose texts repeat in a file, so that each is read once."""
REMEMBERED = 20_000


@dataclass(slots=True)
class Result:
    """What became of a row; as :class:`~.models.ImportRow` keeps it."""

    number: int
    state: str
    record_id: int | None = None
    version: int | None = None
    before: bytes | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)
    digests: tuple[tuple[int, int], ...] = ()


@dataclass
class Plan:
    """How the rows of a job are read; worked out once a run.

    Attributes:
        kinds: columns on offer, by name.
        way: the way in of registers whose records are made by a move.
        key: name of the column that holds each row's key, ``""`` if none does.
    """

    job: ImportJob
    register: Register
    kinds: dict[str, Kind]
    way: Intake | None
    key: str
    readers: dict[str, Callable[[str], Any]] = field(default_factory=dict)

    @property
    def rule_names(self) -> list[str]:
        """The field that is named when rows repeat one another, by the number of the rule; the key's is the first."""
        return [self.key, *(next(iter(once.wrong(self.register).errors)) for once in once_of(self.register.model))]


def plan_of(job: ImportJob) -> Plan:
    """The plan of a job's columns."""
    register = registry.register(job.register)
    way = intake_of(register)
    key = way.key if way else register.key
    plan = Plan(job, register, {k.name: k for k in fields(register)}, way, key if key in job.mapping.values() else "")
    plan.readers = {n: _reader(plan.kinds[n]) for n in job.mapping.values()}
    return plan


def _reader(kind: Kind) -> Callable[[str], Any]:
    """``kind.parse``, which remembers texts that come again and again."""
    if not isinstance(kind, REPEATED) or isinstance(kind, CodesKind):
        return kind.parse
    known: dict[str, Any] = {}

    def read_once(raw: str) -> Any:
        found = known.get(raw)
        if found is None:
            try:
                found = kind.parse(raw)
            except Invalid as error:
                found = error
            if len(known) < REMEMBERED:
                known[raw] = found
        if found.__class__ is Invalid:
            raise found
        return found

    return read_once


def parse(plan: Plan, batch: Sequence[Row]) -> list[dict[str, Any] | Invalid]:
    """Values of rows by field, or everything that is wrong with one. A query or two a column of links.

    Empty cells are left out, unless they are of required fields.
    """
    columns = []
    for at, name in sorted((int(at), name) for at, name in plan.job.mapping.items()):
        kind, read = plan.kinds[name], plan.readers[name]
        if isinstance(kind, LinkKind):
            read = _links(kind, {cells[at] for _number, cells in batch if at < len(cells) and cells[at]})
        columns.append((at, name, read, kind.required, kind.sensitivity not in (PUBLIC, INTERNAL)))
    return [_parsed(columns, cells) for _number, cells in batch]


def _links(kind: LinkKind, texts: set[str]) -> Callable[[str], Any]:
    found = kind.clean_many(texts)

    def read(raw: str) -> Any:
        text = raw.strip()
        if not text:
            return kind.empty()
        if text not in found:
            raise kind.lost(text)
        return found[text]

    return read


def _parsed(columns: Sequence[Any], cells: Sequence[str]) -> dict[str, Any] | Invalid:
    out: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    width = len(cells)
    for at, name, read, required, veiled in columns:
        raw = cells[at] if at < width else ""
        if not raw and not required:
            continue
        if veiled and ("*" in raw or "＊" in raw):
            continue  # the masked text of an export says nothing new
        try:
            out[name] = read(raw)
        except Invalid as error:
            errors.update(error.errors)
    return Invalid(errors) if errors else out


# -- taking rows in ----------------------------------------------------------------------------------------
def take(session: Session, plan: Plan, batch: Sequence[Row], *, trial: bool) -> list[Result]:
    """Try or write rows; a wrong one is told in its place and holds up no other.

    A trial may have written: the caller undoes it.
    """
    results = [_by_move(session, plan, row) for row in batch] if plan.way is not None else _by_form(
        session, plan, batch, trial)
    if trial and plan.key:
        at = next(int(at) for at, name in plan.job.mapping.items() if name == plan.key)
        for result, (_number, cells) in zip(results, batch, strict=True):
            if at < len(cells) and cells[at]:
                result.digests = ((0, digest(cells[at])), *result.digests)
    return results


def _by_form(session: Session, plan: Plan, batch: Sequence[Row], trial: bool) -> list[Result]:
    out: dict[int, Result] = {}
    new: list[tuple[int, dict[str, Any]]] = []
    known: list[tuple[int, dict[str, Any]]] = []
    read = list(zip([number for number, _cells in batch], parse(plan, batch), strict=True))
    there = _there(plan, [values for _number, values in read if isinstance(values, dict)])
    for number, values in read:
        if isinstance(values, Invalid):
            out[number] = wrong(number, values)
        else:
            (known if plan.key and values.get(plan.key) in there else new).append((number, values))
    for result in (*_created(session, plan, new, trial), *_changed(session, plan, known, there, trial)):
        out[result.number] = result
    return [out[number] for number, _values in read]


def wrong(number: int, error: GezhiError) -> Result:
    """A row that cannot be written, and why."""
    if isinstance(error, Invalid):
        return Result(number, "wrong", errors={n: [str(m) for m in ms] for n, ms in error.errors.items()})
    return Result(number, "wrong", errors={"": [str(error)]})


def _there(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> dict[Any, int]:
    """Records that have the keys of these rows. One query."""
    if not plan.key or plan.key == "id":
        return {}
    keys = {values[plan.key] for values in rows if values.get(plan.key) not in (None, "")}
    found = plan.register.model.objects.filter(**{f"{plan.key}__in": keys}) if keys else None
    return dict(found.values_list(plan.key, "pk")) if found is not None else {}


def _created(session: Session, plan: Plan, rows: Sequence[tuple[int, dict[str, Any]]], trial: bool) -> list[Result]:
    if not rows:
        return []
    model = plan.register.model
    judged = trial and plan.job.total > THOROUGH and many.light(session, model, "import")
    made = many.create_many(session, model, [values for _number, values in rows], verb="import", trial=judged,
                            checked=frozenset(plan.readers), digests=trial)
    out = []
    for (number, _values), one in zip(rows, made, strict=True):
        result = wrong(number, one.error) if one.error else Result(number, "created", one.record.pk, one.version)
        result.digests = one.digests
        out.append(result)
    if trial and plan.register.alike is not None:
        _warn(session, plan, [(r, one.record) for r, one in zip(out, made, strict=True) if not one.error], judged)
    return out


def _warn(session: Session, plan: Plan, pairs: Sequence[tuple[Result, Any]], judged: bool) -> None:
    """Say of new records which others they look like: by likeness in files of moderate size, by equality in large."""
    if judged:
        found = alike_many(plan.register, session.actor, [record for _result, record in pairs])
    else:
        found = [next(iter(alike(plan.register, session.actor, record, most=1)), None) for _result, record in pairs]
    for (result, _record), like in zip(pairs, found, strict=True):
        if like is not None:
            result.errors = {"": [_resembles(plan, like)]}


def _resembles(plan: Plan, like: Likeness) -> str:
    return _("可能与“%(title)s”重复：%(why)s相同或相近") % {
        "title": plan.register.title(like.record), "why": "、".join(like.why)}


def _changed(session: Session, plan: Plan, rows: Sequence[tuple[int, dict[str, Any]]], there: Mapping[Any, int],
             trial: bool) -> list[Result]:
    if not rows:
        return []
    model, key = plan.register.model, plan.key
    pks = {number: there[values[key]] for number, values in rows}
    seen = set(model.objects.filter(sight(plan.register, session.actor, "import"), pk__in=pks.values())
               .values_list("pk", flat=True))
    out = [wrong(number, Refused(_("“%s”已存在，但不在您的管辖范围") % values[key]))
           for number, values in rows if pks[number] not in seen]
    taken: set[int] = set()
    mine = []
    for number, values in rows:
        if pks[number] in seen and pks[number] not in taken:
            mine.append((number, values))
            taken.add(pks[number])
        elif pks[number] in taken:
            out.append(wrong(number, Invalid({key: [_("同一编号在文件中重复")]})))
    before: dict[int, dict[str, Any]] = {}

    def meets(record: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
        before[record.pk] = picture(record)
        return {n: v for n, v in values.items() if _other(plan.register.kinds[n], record, v)}

    made = many.change_many(session, model, [(pks[number], values) for number, values in mine], verb="import",
                            checked=frozenset(plan.readers), meets=meets)
    for (number, _values), one in zip(mine, made, strict=True):
        if one.error:
            out.append(wrong(number, one.error))
        elif one.record is None:
            out.append(Result(number, "same", pks[number]))
        else:
            out.append(Result(number, "changed", one.record.pk, one.version,
                              _kept(before[one.record.pk], one.record) if not trial else None))
    return out


def _other(kind: Kind, record: Any, value: Any) -> bool:
    if isinstance(kind, LinkKind):
        return getattr(record, f"{kind.name}_id") != getattr(value, "pk", None)
    return kind.value(record) != value


def _kept(before: Mapping[str, Any], record: Any) -> bytes:
    """What the import changed in a record, as it was, encrypted."""
    after = picture(record)
    return seal.encrypt_bytes(orjson.dumps({n: v for n, v in before.items() if after.get(n) != v}))


def _by_move(session: Session, plan: Plan, row: Row) -> Result:
    """One row by the declared way in, inside a savepoint."""
    number, way = row[0], plan.way
    assert way is not None
    values = parse(plan, [row])[0]
    if isinstance(values, Invalid):
        return wrong(number, values)
    given = str(values.pop(way.key, "") or "")
    try:
        with transaction.atomic(), _undone(session):
            record, made = way.take(session.actor, values, (given or f"{plan.job.mark}:{number}")[:80])
            return Result(number, "created" if made else "same", record.pk, record.version)
    except GezhiError as error:
        return wrong(number, error)


class _undone:
    """History and events collected by a row that failed are dropped with its records."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> None:
        self.kept = len(self.session.histories), len(self.session.events), len(self.session.after)

    def __exit__(self, kind: Any, *_more: Any) -> None:
        if kind is not None:
            histories, events, after = self.kept
            del self.session.histories[histories:], self.session.events[events:], self.session.after[after:]
