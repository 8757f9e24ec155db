"""Register: one declaration from which lists, forms, imports, API, tiles, search and history are derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import cached_property

from . import custom
from .access import AllReach, AreaReach, Reach, parse_grants
from .actors import Actor
from .errors import DeclarationError
from .fields import BlindField, TokensField
from .finding import find_many
from .kinds import Kind, kinds_of
from .layer import Layer, area_of, at_end, dig
from .records import Record
from .workflow import Workflow


@dataclass(frozen=True)
class Filter:
    """A filter that is not simply a field.

    Args:
        name, label: as in the address bar and on the chip.
        q: filter from the raw text and the actor.
        options: codes and labels, or ``None`` for free text.
    """

    name: str
    label: Any
    q: Callable[[str, Actor], Q]
    options: Callable[[], list[list[str]]] | None = None


@dataclass(frozen=True)
class Alike:
    """What makes two records of a register look like the same thing, entered twice.

    Args:
        same: fields of which one equal value says it (a blind index, a code).
        name: field whose likeness says it together with one of ``beside``; a long name says it alone.
        beside: fields that agree: texts nearly, others wholly.
    """

    same: str = ""
    name: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Panel:
    """A part of a record page: a template and what it needs.

    Args:
        name, label: identity and heading.
        template: a partial template.
        context: data for it from the record and the actor; must not cost a query a row.
        place: ``main`` or ``side``.
        when: shown only if true.
        phone: whether the phone shows it too.
        instead: registers whose records it shows, so that the card need not list them again.
    """

    name: str
    label: Any
    template: str
    context: Callable[[Any, Actor], dict[str, Any]]
    place: str = "main"
    when: Callable[[Any, Actor], bool] | None = None
    phone: bool = False
    instead: str = ""


@dataclass(frozen=True)
class Spot:
    """Work that is done on the spot: what a phone needs to draw a page of its own for it.

    Args:
        move: name of the move that is made there.
        about: link to the record the work is about, whose title, facts, place and documents are shown; ``""``: itself.
        place: the point field of that record.
        facts: its fields that are shown, blank-separated.
        options: answers of an input that fit this record, ``options(record, name) -> {code: label}``; ``None``: all.
        radius: metres within which the move is expected; ``None``: anywhere.
        far: input that says why one is farther away.
        at: input that says when it was done; left open, when the form was filled in on a phone without a network.
    """

    move: str
    about: str = ""
    place: str = "place"
    facts: str = ""
    options: Callable[[Any, str], Mapping[str, Any] | None] | None = None
    radius: Callable[[Any], float] | None = None
    far: str = ""
    at: str = ""

    def subject(self, record: Any) -> Any:
        """The record the work is about."""
        return getattr(record, self.about) if self.about else record


class Register:
    """What a surface needs to know about a kind of record. Subclass and set the class attributes.

    Attributes:
        model: the :class:`Record` subclass.
        name: identity in permissions, URLs, events, API; default: the model's name in snake case.
        label, icon, group: menu entry; ``group`` is the menu group's name.
        key: field by which people and files name a record; unique.
        columns, filters, search: blank-separated field names (``search`` with optional ``^weight``).
        order: default order, a field name with optional ``-``; the primary key breaks ties.
        form: sections of field names a person may enter, in order.
        virtual: computed kinds by name (never stored), usable as columns.
        extra_filters: :class:`Filter` objects beside the fields'.
        reaches: names to :class:`Reach`; ``all`` and (with an area field) ``area`` are given.
        grants: verb to ``"role:reach role:reach"``; verbs ``view create change remove export import reveal``.
        flow: workflow of the record.
        layer: map layer, or ``None``.
        spot: work on the spot, or ``None``.
        panels: parts of the record page.
        links: for select_related on lists beside those the columns need.
        under: link to a record that is locked before one of these when it is moved, so that two moves of one
            tree cannot wait for each other (an order waits for its case).
        hub: whether its page lists the records of other registers that point at it (who lives in a home).
        confined: seen within its own ``reaches`` only; no role can be given ``all`` of it (privacy.md 3).
        alike: what makes two of them look the same: said on entry, and makes them mergeable.
        writable: whether people create and change records by form (a case is only moved).
    """

    model: ClassVar[type[Record]]
    name: ClassVar[str] = ""
    label: ClassVar[Any] = ""
    icon: ClassVar[str] = "table"
    group: ClassVar[str] = ""
    key: ClassVar[str] = "id"
    columns: ClassVar[str] = ""
    filters: ClassVar[str] = ""
    search: ClassVar[str] = ""
    order: ClassVar[str] = "-id"
    form: ClassVar[tuple[str, ...]] = ()
    virtual: ClassVar[Mapping[str, Kind]] = {}
    extra_filters: ClassVar[tuple[Filter, ...]] = ()
    reaches: ClassVar[Mapping[str, Reach]] = {}
    grants: ClassVar[Mapping[str, str]] = {}
    flow: ClassVar[type[Workflow] | None] = None
    layer: ClassVar[Layer | None] = None
    spot: ClassVar[Spot | None] = None
    panels: ClassVar[tuple[Panel, ...]] = ()
    links: ClassVar[str] = ""
    under: ClassVar[str] = ""
    hub: ClassVar[bool] = False
    confined: ClassVar[bool] = False
    alike: ClassVar[Alike | None] = None
    writable: ClassVar[bool] = True

    OPTIONS: ClassVar[frozenset[str]] = frozenset()
    _kinds: tuple[Mapping[str, Kind], dict[str, Kind]] | None = None
    where: ClassVar[str] = ""
    find_many = find_many

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        import sys

        frame = sys._getframe(1)
        cls.where = f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def __init__(self) -> None:
        cls = type(self)
        unknown = [n for n in vars(cls) if not n.startswith("_") and not hasattr(Register, n)
                   and not callable(getattr(cls, n)) and not isinstance(vars(cls)[n], property | cached_property)]
        if unknown:
            raise DeclarationError(f"{cls.where}: {cls.__name__}: unknown option {', '.join(unknown)}")
        if not cls.name:
            cls.name = "".join("_" + c.lower() if c.isupper() else c for c in cls.model.__name__).lstrip("_")
        reaches: dict[str, Reach] = {} if cls.confined else {"all": AllReach()}
        area = area_of(cls.model)
        if area and not cls.confined:
            reaches["area"] = AreaReach(area)
        self.reaches = {**reaches, **cls.reaches}  # type: ignore[misc]

    # -- hooks a register may override ---------------------------------------------------------------------
    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Check a record as a whole before it is saved; may also fill derived columns.

        Raises:
            Invalid: what is wrong, by field.
        """

    def find(self, text: str) -> Any:
        """The record that a person, a form or a file names by this text, or ``None``: by its key.

        A register whose records are better known by another number (a person's identity number) looks there too.
        """
        if self.key == "id" or not text:
            return None
        try:
            return self.model.objects.filter(**{self.key: text}).first()
        except (ValueError, ValidationError):  # a key of numbers, say, and a text that is none: nobody is called so
            return None

    def title(self, record: Any) -> str:
        """Short name of a record in headings and links."""
        return str(record)

    def says(self, record: Any, name: str) -> str | None:
        """A field in words, where the code it stores says nothing to a reader; ``None``: as its kind shows it."""
        return None

    # -- derived -------------------------------------------------------------------------------------------
    @cached_property
    def declared(self) -> dict[str, Kind]:
        """Kinds of all declared fields, stored and virtual, by name; the column of added fields is not one of them."""
        return {**{n: k for n, k in kinds_of(self.model).items() if n != "custom"}, **self.virtual}

    @property
    def customs(self) -> Mapping[str, Kind]:
        """Kinds of the fields a city has added, those that are retired too."""
        return custom.book().get(self.name, custom.NOTHING)

    @property
    def added(self) -> dict[str, Kind]:
        """Kinds of the added fields in use."""
        return {n: k for n, k in self.customs.items() if k.added.active}  # type: ignore[attr-defined]

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Kinds of all fields by name: declared ones, and those a city has added."""
        extra = self.customs
        if not extra:
            return self.declared
        kept = self._kinds
        if kept is None or kept[0] is not extra:
            kept = self._kinds = (extra, {**self.declared, **extra})
        return kept[1]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Columns of the list: the declared ones, then added ones."""
        return (*self._columns, *(n for n, k in self.added.items() if k.added.listed))  # type: ignore[attr-defined]

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        return tuple(self.columns.split())

    @property
    def sections(self) -> tuple[tuple[str, ...], ...]:
        """What a person may enter, section by section; added fields are the last."""
        added = tuple(self.added)
        return (*self._sections, added) if added else self._sections

    @cached_property
    def _sections(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(section.split()) for section in self.form)

    @property
    def form_names(self) -> tuple[str, ...]:
        """Names of all sections."""
        return tuple(n for section in self.sections for n in section)

    @cached_property
    def area_field(self) -> str | None:
        return area_of(self.model)

    @cached_property
    def area_path(self) -> str:
        """Path to the code of the area a record lies in: its own, or that of what it is linked to; ``""``: none."""
        return self.area_field or next(
            (f"{link}__{found}" for link in self.links.split()
             if (found := area_of(at_end(self.model, link).related_model))), "")

    @cached_property
    def area_filter(self) -> str:
        """Name of the filter by area, ``""`` when the list has none."""
        return next((n for n in (self.area_field, "area_code") if n and n in self.filter_set), "")

    @cached_property
    def geometry(self) -> Any:
        """The model field of the layer, at the end of its path; ``None`` when there is no such field."""
        return at_end(self.model, self.layer.field) if self.layer else None

    def spot_of(self, record: Any) -> Any:
        """Where a record lies on its layer: a point, a shape or ``None``."""
        return dig(record, self.layer.field) if self.layer else None

    @cached_property
    def tokens_field(self) -> str | None:
        return next((f.name for f in self.model._meta.fields if isinstance(f, TokensField)), None)

    @cached_property
    def required_names(self) -> frozenset[str]:
        """Stored fields that a new record must be given."""
        return frozenset(n for n, k in kinds_of(self.model).items() if k.required)

    @cached_property
    def derived(self) -> tuple[tuple[Any, frozenset[str]], ...]:
        """Fields the door fills from others, and the names of those."""
        fields: tuple[Any, ...] = self.model._meta.concrete_fields
        return tuple((f, frozenset(f.of.split())) for f in fields if hasattr(f, "derive"))

    def derive(self, record: Any, changed: set[str], fresh: bool) -> None:
        """Fill what is derived from changed fields (of a ``fresh`` record: all), and count it among them."""
        for field, of in self.derived:
            if fresh or of & changed:
                setattr(record, field.name, field.derive(record))
                changed.add(field.name)

    @cached_property
    def related(self) -> tuple[str, ...]:
        """Names for ``select_related`` so that a list costs one query."""
        linked = [n for n in self._columns if n in self.declared and self.declared[n].select_related]
        return tuple(dict.fromkeys([*linked, *self.links.split()]))

    @property
    def filter_names(self) -> tuple[str, ...]:
        """Fields that are filters: declared ones, then added ones."""
        return (*self.filters.split(), *(n for n, k in self.added.items() if k.added.filtered))  # type: ignore[attr-defined]

    @property
    def filter_set(self) -> dict[str, Filter]:
        """All filters by name, fields and extras alike."""
        added = {n: self._filter(k) for n, k in self.added.items() if k.added.filtered}  # type: ignore[attr-defined]
        return {**self.declared_filters, **added} if added else self.declared_filters

    @cached_property
    def declared_filters(self) -> dict[str, Filter]:
        """The filters that the declaration names."""
        out = {name: self._filter(self.declared[name]) for name in self.filters.split()}
        out.update({f.name: f for f in self.extra_filters})
        return out

    @staticmethod
    def _filter(kind: Kind) -> Filter:
        return Filter(kind.name, kind.label, lambda raw, _actor: kind.q(raw))

    @cached_property
    def inner(self) -> frozenset[str]:
        """Moves that the platform alone makes."""
        return frozenset(m.name for m in self.flow.moves().values() if m.inner) if self.flow else frozenset()

    @cached_property
    def default_grants(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """``{role: {permission: reaches}}`` from this register and its workflow."""
        out: dict[str, dict[str, tuple[str, ...]]] = {}
        wanted = dict(self.grants)
        if self.flow is not None:
            wanted.update({m.name: m.who for m in self.flow.moves().values()})
        for verb, text in wanted.items():
            for role, reaches in parse_grants(text).items():
                out.setdefault(role, {})[f"{self.name}.{verb}"] = reaches
        return out

    def problems(self) -> list[str]:
        """What is wrong with the declaration; empty when it is sound."""
        bad = []
        known = set(self.declared)
        for option in ("columns", "filters", "links", "search"):
            names = [n.split("^")[0].split("__")[0] for n in getattr(self, option).split()]
            bad += [f"{option}: no field {n!r}" for n in names if n not in known]
        bad += [f"form: no field {n!r}" for s in self._sections for n in s if n not in kinds_of(self.model)]
        if self.under and not (self.under in known and self.declared[self.under].select_related):
            bad.append(f"under: no link {self.under!r}")
        if self.key not in known:
            bad.append(f"key: no field {self.key!r}")
        if self.order.lstrip("-") not in known:
            bad.append(f"order: no field {self.order!r}")
        if self.alike is not None:
            names = f"{self.alike.same} {self.alike.name} {self.alike.beside}".split()
            bad += [f"alike: no field {n!r}" for n in names if n not in known]
        if self.layer and not hasattr(self.geometry, "geom_type"):
            bad.append(f"layer: no geometry {self.layer.field!r}")
        if self.spot is not None:
            bad += self._spot_problems(self.spot)
        for role, grants in self.default_grants.items():
            for permission, names in grants.items():  # type: ignore[assignment]
                bad += [f"grants: {role} {permission}: no reach {n!r}" for n in names if n not in self.reaches]
        for field in self.model._meta.fields:
            if isinstance(field, BlindField | TokensField):
                bad += [f"{field.name}: no field {n!r}" for n in field.of.split() if n not in known]
        if self.flow is not None:
            bad += self.flow.problems(self.model)
        return bad

    def _spot_problems(self, spot: Spot) -> list[str]:
        bad = [] if self.flow and spot.move in self.flow.moves() else [f"spot: no move {spot.move!r}"]
        if spot.about and not (spot.about in self.declared and self.declared[spot.about].select_related):
            return [*bad, f"spot: no link {spot.about!r}"]
        model = self.model._meta.get_field(spot.about).related_model if spot.about else self.model
        known = {f.name for f in model._meta.fields}  # type: ignore[union-attr]
        return bad + [f"spot: no field {n!r}" for n in (spot.place, *spot.facts.split()) if n not in known]
