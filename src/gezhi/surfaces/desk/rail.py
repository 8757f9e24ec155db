"""The rail of the desk: the application supermarket, as far as somebody may use it.

It has above a hundred entries and stands on every page, so it is drawn once for each set of permissions, language and
lit entry, not once a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gezhi.engines.metrics.boards import boards
from gezhi.engines.relations.paths import things
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.groups import GROUPS, order
from gezhi.kernel.registry import registry


@dataclass(frozen=True)
class Entry:
    """One line of the rail; it is lit on its page, and on those below it unless ``alone``."""

    group: str
    label: str
    url: str
    alone: bool = False

    def lit(self, path: str) -> bool:
        """Whether this is where that address belongs."""
        return path == self.url if self.alone else path.startswith(self.url)


BENCH = "bench"


def optional_url(*names: str) -> str:
    """The address of the first of these views that exists."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _bench(actor: Actor) -> Iterator[Entry]:
    """What is nobody's register: one's work, the map, the other screens."""
    yield Entry(BENCH, _("我的待办"), reverse("desk:home"), alone=True)
    for label, name in ((_("城市一张图"), "desk:map"), (_("关联查询"), "desk:connections"),
                        (_("大屏"), "wall:situation"), (_("移动端"), "pocket:home")):
        if (url := optional_url(name)) and (name != "desk:connections" or len(things(actor)) > 1):
            yield Entry(BENCH, label, url, alone=True)


def _holder(held: frozenset[str]) -> Actor:
    """Anybody who holds these permissions, somewhere: what the rail shows depends on nothing else."""
    return Actor(kind="staff", name="", grants=dict.fromkeys(held, ("all",)))


@lru_cache(maxsize=256)
def _entries(held: frozenset[str], _language: str | None) -> tuple[Entry, ...]:
    """All lines for whoever holds these permissions; boards stand before the registers of their group."""
    actor = _holder(held)
    seen = [r for r in registry.registers.values() if r.columns and permits(r, actor, "view")]
    return (*_bench(actor),
            *(Entry(b.group, str(b.label), reverse("desk:board", args=[b.name])) for b in boards(actor)),
            *(Entry(str(r.group), str(r.label), reverse("desk:list", args=[r.name])) for r in seen))


def _held(actor: Actor) -> frozenset[str]:
    return frozenset(name for name, reaches in actor.grants.items() if reaches)


def menu(actor: Actor, lit: str = "") -> list[dict[str, Any]]:
    """The boards and registers an actor may use, by group in order; the entry with the address ``lit`` is current."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in _entries(_held(actor), get_language()):
        groups.setdefault(entry.group, []).append(
            {"label": entry.label, "url": entry.url, "current": entry.url == lit})
    bench = {"label": _("工作台"), "icon": "home", "open": True, "entries": groups.pop(BENCH)}
    out = [bench]
    for name in sorted(groups, key=order):
        label, icon = GROUPS.get(name, (name or _("其他"), "folder"))
        out.append({"label": str(label), "icon": icon, "entries": groups[name],
                    "open": any(e["current"] for e in groups[name])})
    return out


@lru_cache(maxsize=2048)
def _drawn(held: frozenset[str], _language: str | None, lit: str) -> SafeString:
    """The rail as markup."""
    return render_to_string("desk/parts/rail.html", {"menu": menu(_holder(held), lit)})


def rail(actor: Actor, path: str) -> SafeString:
    """The rail for an actor at an address of the desk."""
    held, language = _held(actor), get_language()
    lit = next((e.url for e in _entries(held, language) if e.lit(path)), "")
    return _drawn(held, language, lit)
