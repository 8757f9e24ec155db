"""From what a person types to filters of a register, strictest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Lookup, Q

from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import TokensField
from gezhi.kernel.kinds import SealedKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .words import asked, asked_names

KEY_LIKE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-/.]{2,39}")
"""What may be the number or code of a record."""


@TokensField.register_lookup
class Words(Lookup):
    """``tokens__words=(operator, words)``: rows whose words match; ``operator`` is ``&`` (all) or ``|`` (any)."""

    lookup_name = "words"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        left, params = self.process_lhs(compiler, connection)
        operator, words = self.rhs
        return f"{left} @@ %s::tsquery", [*params, operator.join(_lexeme(w) for w in words)]


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def ways(register: Register, text: str) -> list[Q]:
    """Filters that may find the text, strictest first; the last one is the loosest. Never empty.

    A register with a :class:`TokensField` is searched by words: all of them, then any. Another one by parts of
    its ``search`` fields (give those a trigram index when the table is large). A sealed field is found by its
    whole value only.
    """
    out = []
    exact = _exact(register, text)
    if exact is not None:
        out.append(exact)
    if register.tokens_field:
        tokens: Any = register.model._meta.get_field(register.tokens_field)
        words = asked_names(text) if tokens.names else asked(text)
        if words:
            field = f"{register.tokens_field}__words"
            out.append(Q(**{field: ("&", words)}))
            if len(words) > 1:
                out.append(Q(**{field: ("|", words)}))
    else:
        parts = text.split()[:8]
        all_, any_ = Q(), Q()
        for part in parts:
            one = _contains(register, part)
            all_ &= one
            any_ |= one
        if parts:
            out.append(all_)
            if len(parts) > 1:
                out.append(any_)
    return out or [Q(pk__in=())]


def _names(register: Register) -> list[str]:
    return [n.split("^")[0] for n in register.search.split()]


def _exact(register: Register, text: str) -> Q | None:
    """The record whose key, or sealed field, is exactly this."""
    if not KEY_LIKE.fullmatch(text):
        return None
    q = Q(pk__in=())
    if isinstance(register.model._meta.get_field(register.key), models.CharField):
        q |= Q(**{register.key: text}) | Q(**{register.key: text.upper()})
    for name in _names(register):
        kind = register.kinds.get(name)
        if isinstance(kind, SealedKind):
            try:
                q |= kind.q(text)
            except Invalid:
                continue
    return q


def _contains(register: Register, part: str) -> Q:
    q = Q(pk__in=())
    for name in _names(register):
        path = _text_path(register, name)
        if path:
            q |= Q(**{f"{path}__icontains": part})
    return q


def _text_path(register: Register, name: str) -> str:
    """The path of the text a search field stands for: that of a link is its target's key or name."""
    model: Any = register.model
    parts = name.split("__")
    field: Any = None
    for part in parts:
        field = model._meta.get_field(part)
        model = field.related_model or model
    if field.is_relation:
        names = {f.name for f in model._meta.concrete_fields}
        target = registry.register_of(model)
        last = "name" if "name" in names else target.key if target else ""
        field = model._meta.get_field(last) if last else None
        parts.append(last)
    return "__".join(parts) if isinstance(field, models.CharField | models.TextField) else ""


@dataclass(frozen=True)
class Found:
    """Records of one register that a search found.

    Args:
        register: the register.
        rows: the first of them.
        more: whether there are others.
    """

    register: Register
    rows: Sequence[Any]
    more: bool


def searchable(actor: Actor) -> list[Register]:
    """Registers an actor may search."""
    return [r for r in registry.registers.values()
            if actor.may(f"{r.name}.view") and (r.tokens_field or r.search)]


def everywhere(actor: Actor, text: str, most: int = 6) -> list[Found]:
    """Records of every register the actor may view: at most three queries a register."""
    out = []
    text = text.strip()[:200]
    for register in searchable(actor) if text else ():
        bounds = sight(register, actor)
        for q in ways(register, text):
            rows = list(_light(register).filter(bounds, q).order_by("-pk")[: most + 1])
            if rows:
                out.append(Found(register, rows[:most], len(rows) > most))
                break
    return out


def _light(register: Register) -> models.QuerySet[Any]:
    left = ("seal",) if register.added else ("custom", "seal")
    heavy = [f.name for f in register.model._meta.concrete_fields if isinstance(f, TokensField) or f.name in left]
    return register.model.objects.select_related(*register.related).defer(*heavy)
