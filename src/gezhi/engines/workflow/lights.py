"""The light of a deadline as a column, and the filters of every register whose records are timed."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import Kind
from gezhi.kernel.registers import Filter

from .clocks import LIGHTS, light_q


class LightKind(Kind):
    """The light of a timed record now: code and word, never colour alone."""

    widget_type = "light"
    sortable = False
    reads: ClassVar[tuple[str, ...] | None] = ()

    def __init__(self) -> None:
        super().__init__(None, "light", _("红绿灯"))

    def value(self, record: Any) -> str:
        return record.light()

    def show(self, value: Any) -> str:
        return str(LIGHTS.get(value, ""))

    def filter_widget(self) -> None:
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [*LIGHTS, ""], "title": self.label}

    def sample(self, rng: random.Random) -> str:
        return rng.choice(list(LIGHTS))


def _light(raw: str, _actor: Actor, now: dt.datetime | None = None) -> Q:
    q = Q()
    for colour in (p for p in raw.split(",") if p):
        if colour not in LIGHTS:
            raise Invalid({"light": [_("没有这种灯色")]})
        q |= light_q(colour, now or moment())
    return q


def _overtime(raw: str, _actor: Actor) -> Q:
    late = Q(overtime=True) | Q(finished_at=None, paused=False, due_at__lt=moment())
    return late if raw in ("1", "true") else ~late


def _open(raw: str, _actor: Actor) -> Q:
    return Q(finished_at__isnull=raw in ("1", "true"))


YES_NO: list[list[Any]] = [["1", _("是")], ["0", _("否")]]
TIMED_FILTERS = (
    Filter("light", _("红绿灯"), _light, lambda: [[c, str(w)] for c, w in LIGHTS.items()]),
    Filter("open", _("在办"), _open, lambda: [[c, str(w)] for c, w in YES_NO]),
    Filter("late", _("超期"), _overtime, lambda: [[c, str(w)] for c, w in YES_NO]),
)
"""Filters of every register whose records are timed."""
