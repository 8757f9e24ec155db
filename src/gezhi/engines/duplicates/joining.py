"""Two records made one: links led to the one that stays, what it lacks taken from the other; and all undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _

from gezhi.kernel.door import Session
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.kinds import kinds_of
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.kernel.restore import gone_at, picture, read_back, restore

KEPT = frozenset({"id", "version", "seal", "created_at", "updated_at", "custom"})
"""What each record has of its own and never takes from another."""


class Joining:
    """One merge under way; :meth:`told` is what undoing it needs.

    Args:
        session: open door of who merges; links are written as effects of the merge, which was permitted.
        opinion: why the two are one; stands in every history that the merge touches.
    """

    def __init__(self, session: Session, opinion: str) -> None:
        self.session, self.opinion = session, opinion
        self.moved: list[list[Any]] = []
        self.gone: list[list[Any]] = []
        self.taken: list[list[Any]] = []

    def join(self, keep: Any, gone: Any) -> Any:
        """Make ``gone`` part of ``keep``; additions of both that may be there once are joined in their turn.

        Raises:
            Conflict: a link cannot be led to the other record. Invalid: what is kept would not be sound.
        """
        register = _register(type(keep))
        for other, field, where in _links(register):
            for row in other.model.objects.filter(**where, **{field.name: gone.pk}).order_by("pk"):
                twin = _twin(field, row, keep) if field.is_relation else None
                if twin is not None:
                    self.join(twin, row)
                else:
                    self._lead(other, field, row, keep, gone)
        values = {name: getattr(gone, name) for name in _lacking(register, keep, gone)}
        if gone.custom.keys() - keep.custom.keys():  # fields a city added are taken over one by one
            values["custom"] = {**gone.custom, **keep.custom}
        mine, shown = picture(keep), picture(gone)
        self.session.remove(gone, opinion=self.opinion, trusted=True)
        self.gone.append([register.name, shown | gone_at(self.session, register, gone)])
        at = {n: _column(keep, n) for n in values}
        after = {n: values[n] if n == "custom" else shown[at[n]] for n in values}
        self.taken.append([register.name, keep.pk, {n: [mine[at[n]], after[n]] for n in values}])
        return self.session.change(keep, values, verb="merge", trusted=True, opinion=self.opinion)

    def _lead(self, other: Register, field: Any, row: Any, keep: Any, gone: Any) -> None:
        try:
            target = keep if field.is_relation else keep.pk
            self.session.change(row, {field.name: target}, verb="relink", trusted=True, opinion=self.opinion)
        except Invalid as error:
            if other.confined:  # whoever merges need not know which
                raise Conflict(_("有关联记录不能改指到保留的记录，请先由管理它的单位处理")) from error
            raise Conflict(_("“%(name)s”里的关联记录不能改指到保留的记录：%(why)s") % {
                "name": other.label, "why": error}) from error
        self.moved.append([other.name, row.pk, field.name, keep.pk, gone.pk])

    def told(self) -> str:
        """All of it as text."""
        return json.dumps({"moved": self.moved, "gone": self.gone, "taken": self.taken}, cls=DjangoJSONEncoder)


def undo(session: Session, told: str, opinion: str) -> None:
    """Bring back what a merge removed, as it was, and lead back what has not been led elsewhere since.

    Raises:
        Conflict: what was kept is no longer there, or something else took the place of what is to come back.
    """
    facts = json.loads(told)
    for name, pk, taken in reversed(facts["taken"]):
        keep = registry.register(name).model.objects.filter(pk=pk).first()
        if keep is None:
            raise Conflict(_("保留的记录已不存在，不能撤销合并"))
        now = picture(keep)
        values = {_column(keep, n): read_back(keep._meta.get_field(n), before) for n, (before, after) in taken.items()
                  if now[_column(keep, n)] == after}  # what was changed since then stays
        session.change(keep, values, verb="unmerge", trusted=True, opinion=opinion)
    for name, shown in reversed(facts["gone"]):
        try:
            restore(session, registry.register(name).model, shown, opinion=opinion)
        except Invalid as error:
            raise Conflict(_("并入的记录不能恢复：%s") % error) from error
    for name, pk, field, keep_id, gone_id in facts["moved"]:
        row = registry.register(name).model.objects.filter(pk=pk).first()
        if row is None:
            continue
        link: Any = row._meta.get_field(field)
        if getattr(row, link.attname) == keep_id:  # led elsewhere since then, it stays there
            target = link.remote_field.model.objects.get(pk=gone_id) if link.is_relation else gone_id
            session.change(row, {field: target}, verb="relink", trusted=True, opinion=opinion)


def _register(model: type[models.Model]) -> Register:
    register = registry.register_of(model)
    assert register is not None
    return register


def _links(register: Register) -> Iterator[tuple[Register, Any, dict[str, str]]]:
    """Every declared link to a register's records, wherever declared; also by name and number (documents)."""
    for other in registry.registers.values():
        fields: dict[str, Any] = {f.name: f for f in other.model._meta.concrete_fields}
        for field in fields.values():
            if field.is_relation and field.remote_field.model is register.model:
                yield other, field, {}
        if {"owner_type", "owner_id"} <= fields.keys():
            yield other, fields["owner_id"], {"owner_type": register.name}


def _twin(field: Any, row: Any, keep: Any) -> Any:
    """The record of ``keep`` that a link of ``row`` to ``keep`` would repeat, or ``None``."""
    rows = type(row).objects.exclude(pk=row.pk).filter(**{field.name: keep.pk})
    if field.unique:
        return rows.first()
    for constraint in row._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or field.name not in constraint.fields:
            continue
        rest = {n: getattr(row, row._meta.get_field(n).attname) for n in constraint.fields if n != field.name}
        bound = constraint.condition or models.Q()
        if None not in rest.values() and type(row).objects.filter(bound, pk=row.pk).exists():
            twin = rows.filter(bound, **rest).first()
            if twin is not None:
                return twin
    return None


def _lacking(register: Register, keep: Any, gone: Any) -> list[str]:
    """Fields that are empty in one record and filled in the other; a document's number brings its kind along."""
    out = []
    for name in kinds_of(register.model):
        field: Any = register.model._meta.get_field(name)
        if name not in KEPT and not hasattr(field, "derive") and not field.primary_key:
            mine, theirs = getattr(keep, field.attname), getattr(gone, field.attname)
            if mine in (None, "", [], {}) and theirs not in (None, "", [], {}):
                out.append(name)
    of = {f"{n.removesuffix('_no')}_type" for n in out if n.endswith("_no")} - set(out)
    return [*out, *(n for n in register.kinds if n in of)]


def _column(record: Any, name: str) -> str:
    return str(record._meta.get_field(name).attname)
