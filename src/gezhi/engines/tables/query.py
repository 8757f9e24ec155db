"""One query for every view of a list: what the actor may see, filtered, searched, sorted, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gezhi.engines.workflow.clocks import LIGHTS, Timed, light_q
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.custom import Keyed
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import BlindField, SealedField, TokensField
from gezhi.kernel.kinds import DateKind, Kind
from gezhi.kernel.registers import Filter, Register
from gezhi.kernel.registry import registry

from . import counts, within
from .keyset import Order
from .sought import Sought

PAGE = 50
TIMED = tuple(f.name for f in Timed._meta.fields)
"""What a light is computed from."""
RESERVED = frozenset({"q", "sort", "cursor", "view", "beside", "move", "tab", "acts"})
"""Names in the address bar that are not filters."""


def language(register: Register) -> dict[str, Filter]:
    """All filters of a register by name, with the light of a timed record among them."""
    out = dict(register.filter_set)
    if issubclass(register.model, Timed) and "light" not in out:
        out["light"] = Filter(
            "light", gettext_lazy("时限灯"), lambda raw, _actor: _lights(raw),
            options=lambda: [[code, str(label)] for code, label in LIGHTS.items()])
    return out


def hidden(register: Register) -> dict[str, Filter]:
    """Filters that links use and forms do not offer: the rows an import made, the trial of a rule found, a score was
    counted from, or that lie in a part of the map."""
    def q(raw: str, _actor: Actor) -> Q:
        if not raw.isdecimal() or len(raw) > 18:
            raise Invalid({"imported": [_("没有这次导入")]})
        return Q(pk__in=registry.port("imported")(register.name, int(raw)))

    def tried(raw: str, _actor: Actor) -> Q:
        if not all(part.isdecimal() and len(part) < 18 for part in raw.split("-", 1)):
            raise Invalid({"tried": [_("没有这次试运行")]})
        return Q(pk__in=registry.port("tried")(register.name, raw))

    def assessed(raw: str, _actor: Actor) -> Q:
        return Q(pk__in=registry.port("assessed")(register.name, raw))

    out = {} if register.layer is None else {within.NAME: Filter(
        within.NAME, gettext_lazy("地图选区"), lambda raw, _actor: within.read(raw).q(register.layer.field))}  # type: ignore[union-attr]
    return {**out, "imported": Filter("imported", gettext_lazy("导入批次"), q),
            "assessed": Filter("assessed", gettext_lazy("考核数值"), assessed),
            "tried": Filter("tried", gettext_lazy("规则试运行"), tried)}


def _lights(raw: str) -> Q:
    q, now = Q(), timezone.now()
    for colour in raw.split(","):
        if colour not in LIGHTS:
            raise Invalid({"light": [_("没有“%s”这种灯") % colour[:20]]})
        q |= light_q(colour, now)
    return q


@dataclass
class Page:
    """Rows of one page and the cursors of its neighbours.

    Args:
        rows: records.
        previous, next: cursors, ``""`` where there is none.
        loosened: nothing held all the words searched for; these hold some of them.
    """

    rows: list[Any]
    previous: str = ""
    next: str = ""
    loosened: bool = False
    first: bool = field(default=True)


class Query:
    """The rows of a register that an actor sees under the filters of an address bar.

    Args:
        register: the register, or its name.
        actor: who looks; needs ``register.verb``.
        params: filters by name (a mapping to text, or a QueryDict), with ``q``, ``sort``, ``cursor``.
        verb: the sight that bounds the rows.
        within: a further bound that is not in the address bar (a work queue).
        order: default order instead of the register's.
        strict: whether an unknown filter is an error.

    Raises:
        Invalid: an unknown filter, a value it cannot read, an order that is not offered.
    """

    def __init__(self, register: Register | str, actor: Actor, params: Mapping[str, Any] | None = None, *,
                 verb: str = "view", within: Q | None = None, order: str = "", strict: bool = True) -> None:
        self.register = registry.register(register) if isinstance(register, str) else register
        self.actor, self.verb, self.within = actor, verb, within or Q()
        self.params = flat(params or {})
        self.text = self.params.get("q", "").strip()[:200]
        self.filters: dict[str, str] = {}
        errors: dict[str, list[str]] = {}
        known = {**hidden(self.register), **language(self.register)}
        self._q = Q()
        for name, raw in self.params.items():
            if name in RESERVED:
                continue
            if name not in known:
                if strict:
                    errors[name] = [_("“%(list)s”没有“%(name)s”这个筛选条件") % {
                        "list": self.register.label, "name": name[:40]}]
                continue
            try:
                self._q &= known[name].q(raw, actor)
                self.filters[name] = raw
            except Invalid as error:
                errors[name] = [str(error)]
        self._own_order = order.lstrip("-") or self._natural.lstrip("-")
        self.order = self._order(self.params.get("sort") or order or self._natural or self.register.order, errors)
        if errors:
            raise Invalid(errors)

    def _order(self, text: str, errors: dict[str, list[str]]) -> Order:
        name = text.lstrip("-")
        default = self.register.order
        if name not in (default.lstrip("-"), "id", self._own_order) and name not in self.sortable:
            errors["sort"] = [_("不能按“%s”排序") % name[:40]]
            text, name = default, default.lstrip("-")
        field = Keyed(name) if name in self.register.added else self.register.model._meta.get_field(name)
        return Order(field, text.startswith("-"))  # type: ignore[arg-type]

    @cached_property
    def _natural(self) -> str:
        """The order of a list that is bounded by a time: that of the time, which its index gives without a sort.

        Newest first otherwise: ten days of a month ago would be reached row by row from today. Only for registers
        whose own order is that of entry; running lights stand in the order in which they are due.
        """
        if self.register.order != "-id":
            return ""
        if issubclass(self.register.model, Timed) and self._running:
            return "due_at"
        ranged = _ranged(self.register.model)
        return next((f"-{name}" for name, raw in self.filters.items() if name in ranged and raw != "-"
                     and isinstance(self.register.kinds.get(name), DateKind)), "")

    @property
    def _running(self) -> bool:
        """Whether only records whose clock runs are asked for."""
        return set(self.filters.get("light", "-").split(",")) <= {"red", "yellow", "green"}

    # -- facts ---------------------------------------------------------------------------------------------
    @cached_property
    def sortable(self) -> frozenset[str]:
        """Names of columns that may be sorted by; on a large table only the indexed ones."""
        kinds = self.register.kinds
        names = {n for n in self.register.column_names
                 if kinds[n].field is not None and kinds[n].sortable and not kinds[n].select_related}
        timed = issubclass(self.register.model, Timed)
        if counts.table_size(self.register.model) > counts.LARGE:
            names &= _indexed(self.register.model)
            timed = timed and self._running  # the index of due times holds running clocks only
        return frozenset(names | {"due_at"} if timed else names - {"due_at"})

    @cached_property
    def bounds(self) -> Q:
        """Everything but the words searched for."""
        return sight(self.register, self.actor, self.verb) & self._q & self.within

    @cached_property
    def sought(self) -> Sought:
        """How the rows are chosen that hold the words searched for."""
        return Sought(self.register, self.text, self.bounds, PAGE)

    def _base(self) -> models.QuerySet[Any]:
        return self.register.model.objects.all()

    def rows(self) -> models.QuerySet[Any]:
        """All rows, unordered, with what the list needs loaded in one query and nothing heavy."""
        return self._loaded(self._base().filter(self.bounds, self.sought.filter))

    def _loaded(self, rows: models.QuerySet[Any], kinds: Sequence[Kind] | None = None) -> models.QuerySet[Any]:
        if self.register.related:
            rows = rows.select_related(*self.register.related)
        return rows.defer(*self.heavy, *(self._unread(kinds) if kinds is not None else ()))

    def _unread(self, kinds: Sequence[Kind]) -> list[str]:
        """Fields a table of these columns does not look at; none when a computed one does not say what it reads."""
        register = self.register
        read = {"id", "updated_at", register.key, register.column_names[0], self.order.field.name, *TIMED}
        if isinstance(self.order.field, Keyed):
            read.add("custom")
        if register.flow is not None:
            read.add(register.flow.field)
        read |= {path.split("__")[0] for path in register.related}
        for kind in kinds:
            if kind.field is None and kind.reads is None:
                return []
            read |= {kind.name, *(kind.reads or ())}
        return [f.name for f in register.model._meta.concrete_fields if f.name not in read]

    @cached_property
    def heavy(self) -> list[str]:
        """Names of fields that lists leave in the table: tokens, sealed and custom data, shapes."""
        wanted = {*self.register.column_names, self.register.key}
        if self.register.added:
            wanted.add("custom")
        out = [f.name for f in self.register.model._meta.concrete_fields if _is_heavy(f) and f.name not in wanted]
        for path in self.register.related:
            model: Any = self.register.model
            for part in path.split("__"):
                model = model._meta.get_field(part).related_model
            out += [f"{path}__{f.name}" for f in model._meta.concrete_fields if _is_heavy(f)]
        return out

    def also(self, verb: str) -> Query:
        """The same query, bounded by the sight of a further verb (what may be seen and exported)."""
        self.within &= sight(self.register, self.actor, verb)
        for kept in ("bounds", "sought"):
            self.__dict__.pop(kept, None)
        return self

    # -- reading -------------------------------------------------------------------------------------------
    def page(self, size: int = PAGE, kinds: Sequence[Kind] | None = None) -> Page:
        """One page at the cursor of the address bar.

        Args:
            size: rows.
            kinds: the columns that will be looked at, beside key, state and clock: others are left in the table
                (a row of a case has 85, a list shows a dozen).
        """
        cursor = self.params.get("cursor", "")
        value, pk, back = self.order.read(cursor) if cursor else (None, 0, False)
        order = self.order.by(reverse=back)
        chosen: Any = None
        if self.text and self.order.text == "-id" and not back:
            chosen = self.sought.newest(self.sought.found[0], size + 1, pk - 1 if cursor else None)
        if chosen is None:
            inner = self._base().filter(self.bounds, self.sought.filter)
            if cursor:
                inner = inner.filter(self.order.after(value, pk, reverse=back))
            # the page is chosen first and joined afterwards: what stands on links costs a page, not the whole list
            chosen = inner.order_by(*order).values("pk")[: size + 1]
        found = list(self._loaded(self._base().filter(pk__in=chosen), kinds).order_by(*order))
        more, found = len(found) > size, found[:size]
        if back:
            found.reverse()
        page = Page(found, loosened=self.sought.found[1], first=not cursor or (back and not more))
        if found:
            page.previous = self.order.cursor(found[0], back=True) if cursor and (more or not back) else ""
            page.next = self.order.cursor(found[-1]) if more or back else ""
        return page

    def count(self, page: Page | None = None, size: int = PAGE) -> counts.Count:
        """Rows in all: exact up to a cap, then about; costs nothing when they all stand on the page.

        Rows with words are not counted when the page shows that they are far more than the cap: to find a thousand
        of them the index would have to give them all.
        """
        if page is not None and page.first and not page.next:
            return counts.Count(len(page.rows))
        known = self.sought.number
        if known is not None:
            return counts.Count(known)
        all_ = self._base().filter(self.bounds, self.sought.found[0])
        if page is not None and self.text and self.order.text == "-id" and len(page.rows) == size:
            share = size / (page.rows[0].pk - page.rows[-1].pk + 1)
            about = share * counts.table_size(self.register.model)
            expected = counts.planned(all_) if about > 2 * counts.CAP else 0
            if expected > counts.CAP:
                return counts.Count(expected, exact=False)
        return counts.count(self._base().filter(self.bounds, self.sought.filter), of=all_)

    def walk(self, batch: int = 2000, limit: int | None = None, heavy: bool = False) -> Iterator[Any]:
        """Every row in order, ``batch`` rows a query; with ``heavy`` also what lists leave out."""
        rows, left, last = self.rows().order_by(*self.order.by()), limit, None
        rows = rows.defer(None) if heavy else rows
        while left is None or left > 0:
            piece = rows if last is None else rows.filter(self.order.after(*last))
            found = list(piece[: batch if left is None else min(batch, left)])
            yield from found
            if len(found) < batch:
                return
            left = None if left is None else left - len(found)
            last = (self.order.field.value_from_object(found[-1]), found[-1].pk)

    def columns(self, chosen: str = "") -> list[Kind]:
        """Kinds of the columns shown: those chosen, or all declared."""
        names = [n for n in chosen.split() if n in self.register.column_names] or self.register.column_names
        return [self.register.kinds[n] for n in names]


def flat(params: Mapping[str, Any]) -> dict[str, str]:
    """Texts by name; several values are joined by commas, those of a range (two, one box each) by dots."""
    if not hasattr(params, "getlist"):
        return {k: str(v) for k, v in params.items() if v not in (None, "")}
    out = {}
    for name in params:
        values = [v.strip() for v in params.getlist(name)]
        if name.endswith(("__from", "__to")):
            base = name.rpartition("__")[0]
            low = (params.get(f"{base}__from") or "").strip()
            high = (params.get(f"{base}__to") or "").strip()
            if low or high:
                out[base] = low if low == high else f"{low}..{high}"
            continue
        text = ",".join(v for v in values if v)
        if text:
            out[name] = text
    return out


def _is_heavy(f: Any) -> bool:
    return (isinstance(f, TokensField | BlindField | SealedField) or f.name in ("custom", "seal")
            or (isinstance(f, GeometryField) and f.geom_type != "POINT"))


def _indexed(model: type[models.Model]) -> frozenset[str]:
    """Names of fields that an index can order by."""
    names = {f.name for f in model._meta.concrete_fields if f.primary_key or f.unique or f.db_index}  # type: ignore[attr-defined]
    names |= {i.fields[0].lstrip("-") for i in model._meta.indexes if i.fields and i.condition is None}
    return frozenset(names)


@cache
def _ranged(model: type[models.Model]) -> frozenset[str]:
    """Names of fields whose values, where there are any, stand in the order of an index."""
    there = {i.fields[0].lstrip("-") for i in model._meta.indexes
             if i.fields and i.condition == Q(**{f"{i.fields[0].lstrip('-')}__isnull": False})}
    return _indexed(model) | there
