"""Saved views and habits of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.registers import Register

from .counts import Count
from .models import Habit, SavedView
from .query import RESERVED, Query, flat

MOST = 12
"""Views a person may keep of one list."""


@dataclass(frozen=True)
class View:
    """A saved view as the list shows it: its row, and the count behind it (``None``: it no longer reads)."""

    row: SavedView
    count: Count | None


def habit_of(actor: Actor, register: Register) -> Habit:
    """The person's habit of this list; an empty one when there is none."""
    found = None
    if actor.user_id is not None:
        found = Habit.objects.filter(user_id=actor.user_id, register=register.name).first()
    return found or Habit(user_id=actor.user_id or 0, register=register.name)


def remember(actor: Actor, register: Register, **values: Any) -> None:
    """Keep columns or sort of a list."""
    if actor.user_id is not None:
        Habit.objects.update_or_create(user_id=actor.user_id, register=register.name, defaults=values)


def choose_columns(actor: Actor, register: Register, names: list[str]) -> None:
    """Keep which columns a person wants to see.

    Raises:
        Invalid: none of them is a column.
    """
    known = [n for n in names if n in register.column_names]
    if not known:
        raise Invalid({"columns": [_("请至少选择一列")]})
    remember(actor, register, columns=" ".join(known))


def views_of(actor: Actor, register: Register) -> list[SavedView]:
    """The person's views of a list and those of the role."""
    mine = Q(user_id=actor.user_id) if actor.user_id is not None else Q(pk__in=())
    mine |= Q(user_id=None, role__in=["", actor.role])
    return list(SavedView.objects.filter(mine, register=register.name).order_by("position", "id")[:MOST * 2])


def counted(actor: Actor, register: Register) -> list[View]:
    """Saved views with their counts: one capped count a view."""
    out = []
    for row in views_of(actor, register):
        try:
            out.append(View(row, Query(register, actor, QueryDict(row.query)).count()))
        except Invalid:
            out.append(View(row, None))
    return out


def save_view(actor: Actor, register: Register, name: str, query: str) -> SavedView:
    """Keep filters under a name; the same name replaces them.

    Raises:
        Invalid: no name, too many views, or filters that do not read.
    """
    name = name.strip()
    if not name or len(name) > 40:
        raise Invalid({"name": [_("请填写视图名称，最多 40 个字")]})
    if actor.user_id is None:
        raise Invalid(_("登录后才能保存视图"))
    wanted = Query(register, actor, QueryDict(query))
    kept = QueryDict(mutable=True)
    for key, value in flat(wanted.params).items():
        if key not in RESERVED - {"q", "sort", "view"}:
            kept[key] = value
    have = SavedView.objects.filter(user_id=actor.user_id, register=register.name)
    if have.count() >= MOST and not have.filter(name=name).exists():
        raise Invalid({"name": [_("最多保存 %d 个视图，请先删除不用的") % MOST]})
    row, _made = SavedView.objects.update_or_create(
        user_id=actor.user_id, register=register.name, name=name, defaults={"query": kept.urlencode()[:2000]})
    return row


def drop_view(actor: Actor, view_id: int) -> SavedView:
    """Delete one of one's own views; gives it back so that it can be restored.

    Raises:
        Missing: it is not one's own.
    """
    row = SavedView.objects.filter(pk=view_id, user_id=actor.user_id).first() if actor.user_id else None
    if row is None:
        raise Missing
    row.delete()
    return row
