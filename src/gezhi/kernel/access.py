"""Reaches: how far a permission goes. A register names its reaches; a grant names one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from .actors import Actor
from .kinds.places import area_q

NOTHING = Q(pk__in=())
WIDE = 4
"""A unit with so great a part of all units below it is no place to begin to look for rows."""


KEEPING = "create change remove export import"
VERBS = {
    "view": _("查看"), "create": _("新增"), "change": _("修改"), "remove": _("删除"), "export": _("导出"),
    "import": _("导入"), "reveal": _("查看敏感信息"), "merge": _("合并重复"),
}
"""Labels of the verbs every register has."""


def kept(by: str, *, view: str = "*:all", verbs: str = KEEPING) -> dict[str, str]:
    """Grants of a register that one sort of people keeps and others read.

    Args: by: who has *verbs*, e.g. ``admin:all``. view: who reads it. verbs: blank-separated.
    """
    return {"view": view, **dict.fromkeys(verbs.split(), by)}


class Reach:
    """A set of records relative to an actor.

    Args:
        q: the records within reach, as a filter of the register's model.
        holds: the same for one record in memory; by default asked of the database.
        begins: the same for a record that is not saved yet; by default ``holds``, or left to be seen once it is saved.
    """

    def __init__(self, q: Callable[[Actor], Q], holds: Callable[[Actor, Any], bool] | None = None,
                 begins: Callable[[Actor, Any], bool] | None = None) -> None:
        self._q, self._holds, self.begins = q, holds, begins or holds or (lambda _actor, _record: True)

    @property
    def in_memory(self) -> bool:
        """Whether ``holds`` asks the database nothing."""
        return self._holds is not None

    def q(self, actor: Actor) -> Q:
        """Filter of the records within reach."""
        return self._q(actor)

    def holds(self, actor: Actor, record: Any) -> bool:
        """Whether one record is within reach."""
        if self._holds is not None:
            return self._holds(actor, record)
        if record.pk is None:
            return False
        return type(record).objects.filter(self.q(actor), pk=record.pk).exists()


class AllReach(Reach):
    """Every record."""

    def __init__(self) -> None:
        super().__init__(lambda _actor: Q(), lambda _actor, _record: True)


class AreaReach(Reach):
    """Records whose ``area_code`` lies in the actor's area."""

    def __init__(self, field: str = "area_code") -> None:
        super().__init__(
            lambda actor: area_q(field, actor.area) if actor.area else NOTHING,
            lambda actor, record: bool(actor.area) and _dig(record, field).startswith(actor.area))


class UnitReach(Reach):
    """Records of the actor's unit or one below it; ``path`` leads to the unit's materialised path."""

    def __init__(self, path: str = "unit__path") -> None:
        super().__init__(
            lambda actor: Q(**{f"{path}__startswith": actor.unit_path}) if actor.unit_path else NOTHING)


class Served(Subquery):
    """Keys of the rows for which a unit, or one below it, works: that rows of another table say of it.

    A subquery like any other; that it can be told from others lets counts be kept for it (``engines.metrics.days``).

    Args:
        model: of the rows. through: the relation back to the other table and its link to the unit, ``orders__unit``.
        path: the unit's materialised path.
    """

    def __init__(self, model: type[Model], through: str, path: str) -> None:
        self.through, self.path = through, path
        relation, _sep, self.link = through.partition("__")
        back: Any = model._meta.get_field(relation)
        self.back, self.rows = back.field.attname, back.related_model._default_manager.order_by()
        super().__init__(self.rows.filter(**{f"{self.link}__path__startswith": path}).values(self.back))

    def looked_up(self) -> Q | None:
        """The same asked of each row by itself, where the unit stands above most others; ``None`` where it does not.

        For questions about few rows: to gather all that such a unit ever worked on first would take longer the longer
        the house has stood. One query for the units.
        """
        units = self.rows.model._meta.get_field(self.link).related_model._default_manager
        found = dict(units.values_list("pk", "path"))
        mine = [pk for pk, path in found.items() if path.startswith(self.path)]
        if len(mine) * WIDE < len(found):
            return None
        of_row = self.rows.filter(**{self.back: OuterRef("pk"), f"{self.link}__in": mine})
        return Q(IsNull(Subquery(of_row.values("pk")[:1]), False))

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two of them equal; Django's own would read the rows to know."""
        return (type(self), self.through, self.path)


class SameReach(Reach):
    """Records whose ``field`` equals an attribute of the actor (``user_id``, ``post_id``, ``unit_id``)."""

    def __init__(self, field: str, attribute: str = "user_id") -> None:
        def q(actor: Actor) -> Q:
            value = getattr(actor, attribute)
            return Q(**{field: value}) if value is not None else NOTHING

        plain = "__" not in field
        super().__init__(q, (lambda actor, record: getattr(actor, attribute) is not None
                             and getattr(record, field) == getattr(actor, attribute)) if plain else None)


def _dig(record: Any, path: str) -> str:
    for part in path.split("__"):
        record = getattr(record, part, None)
    return record or ""


def sight(register: Any, actor: Actor, verb: str = "view") -> Q:
    """Filter of the records on which ``actor`` holds ``register.verb``."""
    names = actor.reaches(f"{register.name}.{verb}")
    if "all" in names:
        return Q()
    q = NOTHING
    for name in names:
        q = q | register.reaches[name].q(actor) if q is not NOTHING else register.reaches[name].q(actor)
    return q


def permits(register: Any, actor: Actor, verb: str, record: Any = None) -> bool:
    """Whether ``actor`` may do ``verb`` on ``record`` (or at all, when no record is given)."""
    if verb in register.inner and actor.kind != "system":
        return False
    names = actor.reaches(f"{register.name}.{verb}")
    if record is None or "all" in names:
        return bool(names)
    return any(register.reaches[name].holds(actor, record) for name in names)


def may_begin(register: Any, actor: Actor, verb: str, record: Any) -> bool:
    """Whether a new record, filled but not saved, may lie within what ``actor`` holds ``verb`` on.

    Asked before saving, so that no constraint answers somebody who would be refused (who is in a programme).
    """
    names = actor.reaches(f"{register.name}.{verb}")
    return "all" in names or any(register.reaches[name].begins(actor, record) for name in names)


def parse_grants(text: str) -> dict[str, tuple[str, ...]]:
    """``"acceptor:centre leader:area leader:own"`` to ``{"acceptor": ("centre",), "leader": ("area", "own")}``."""
    out: dict[str, tuple[str, ...]] = {}
    for part in text.split():
        role, _colon, reach = part.partition(":")
        out[role] = (*out.get(role, ()), reach or "all")
    return out
