"""Build the demo city, stage by stage, through the doors that a city's own data would use.

Every stage can be repeated: what stands already stays. The record of the city (``city.py``) keeps the seed and
the moment at which its past ends, so that a build that was killed goes on where it stood.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.demo import ground, past, people, rooms
from gezhi.demo.city import DemoCity
from gezhi.demo.desk import drive
from gezhi.demo.live import Desk
from gezhi.demo.plan import Plan
from gezhi.demo.settlement import stage
from gezhi.demo.world import alive, plan_of, world_of
from gezhi.foundation.catalogue import public as catalogue
from gezhi.foundation.territory.public import GridCell
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Conflict
from gezhi.kernel.numbers import Numbers

Report = Callable[[str, int, int], None]
"""Told of a stage (a word for people), how much is done and how much there is."""
log = structlog.get_logger(__name__)
BATCH = 500
BASIS = "演示城市：按部门类型推定"


@dataclass(frozen=True, slots=True)
class Wish:
    """What city is wanted.

    Attributes:
        city: area code, four digits.
        source: where the territory comes from; see ``ground.read``.
        folders: where packages may lie.
        seed: same seed, same city.
        cases, grids, units, staff: sizes.
        people: in the registers, with homes, firms, vehicles and components in proportion; 0 for none.
        jobs: processes that write the registers; 0: one a core.
        now: aware moment at which the past ends; the present when ``None``.
    """

    city: str = "3205"
    source: str = "packages"
    folders: Sequence[Path] = field(default_factory=tuple)
    seed: int = 7
    cases: int = 50_000
    grids: int = 10_000
    units: int = 200
    staff: int = 2_000
    people: int = 300_000
    jobs: int = 0
    now: dt.datetime | None = None


def standing() -> DemoCity | None:
    """The demo city of this database, whole or half built."""
    return DemoCity.objects.order_by("id").first()


def made(city: DemoCity) -> int:
    """How many of the city's cases stand."""
    return len(past.written(city.seed))


def _begin(wish: Wish) -> DemoCity:
    """The city's record: the one that stands, or a new one in an empty database."""
    city = standing()
    if city is not None:
        return city
    if Unit.objects.filter(invented=False).exists() or GridCell.objects.exists():
        raise Conflict(_("数据库中已有真实数据，不在其中建立演示城市；请另设 DATABASE_URL 使用空的数据库"))
    return write(SYSTEM.through("demo"), "create", DemoCity, {
        "code": ground.INVENTED if wish.source == "invented" else wish.city, "name": _("演示城市"),
        "seed": wish.seed, "cases": wish.cases, "grids": wish.grids, "people": wish.people,
        "now": wish.now or timezone.now()})


def _mark(city: DemoCity, stage: str, **more: Any) -> DemoCity:
    return write(SYSTEM.through("demo"), "change", city, {"stage": stage, **more})


def build(wish: Wish, report: Report, until: str = "done") -> DemoCity:
    """Build the city, or finish one that was begun (its own seed and sizes then hold, not the wish's).

    Args:
        wish: what is wanted.
        report: progress.
        until: the stage to stop before.

    Returns:
        The city's record, its stage ``until`` or a later one.

    Raises:
        Conflict: the database holds data of a real city.
        sources.SourceError: the territory cannot be read.
    """
    city = _begin(wish)
    stages: dict[str, Callable[[DemoCity, Wish, Report], None]] = {
        "ground": _ground, "catalogue": _catalogue, "people": _people, "matrix": _matrix, "past": _past,
        "live": _live, "rooms": _rooms, "registers": _registers}
    names = [*stages, "done"]
    while city.stage in stages and city.stage != until:
        stages[city.stage](city, wish, report)
        city = _mark(city, names[names.index(city.stage) + 1])
    return city


def _ground(city: DemoCity, wish: Wish, report: Report) -> None:
    source = "invented" if city.code == ground.INVENTED else wish.source
    ground.build(source, city.code, wish.folders, city.seed, city.grids,
                 lambda done, total: report(_("生成网格边界"), done, total),
                 lambda done, total: report(_("写入区划与网格"), done, total))


def _catalogue(city: DemoCity, wish: Wish, report: Report) -> None:
    steps = []

    def step(name: str, done: int, total: int) -> None:
        steps.append(name)
        report(_("事项清单"), len(steps), 5)

    loaded = catalogue.load(progress=step)
    if loaded.errors:
        raise Conflict(loaded.errors[0].message)
    report(_("事项清单"), 5, 5)


def _people(city: DemoCity, wish: Wish, report: Report) -> None:
    people.build(city.seed, ground.areas(city.code), ground.places(city.code), (wish.units, wish.staff),
                 lambda done, total: report(_("单位、人员与岗位"), done, total))


def _matrix(city: DemoCity, wish: Wish, report: Report) -> None:
    report(_("权责清单"), 0, 1)
    catalogue.derive(BASIS)
    report(_("权责清单"), 1, 1)


@lru_cache(maxsize=1)
def _parted(code: str, seed: int, cases: int, grids: int, now: dt.datetime) -> tuple[Plan, list[int], list[int]]:
    """The plan of a city, its ended and its driven cases; kept from one stage to the next."""
    plan = plan_of(code, seed, cases, now)
    return (plan, *alive(plan, range(len(plan))))


def _past(city: DemoCity, wish: Wish, report: Report) -> None:
    """The ended cases, a batch a transaction; those that stand already are not written again."""
    numbers, words = Numbers(), _("已办结案件")
    plan, ended, _driven = _parted(city.code, city.seed, city.cases, city.grids, city.now)
    world = world_of(city, numbers)
    known = past.written(city.seed)
    waiting = [no for no in ended if no not in known]
    done = len(ended) - len(waiting)
    report(words, done, len(ended))
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start:start + BATCH]
        with door(SYSTEM.through("demo")) as session:
            past.write(session, world, plan, batch, known)
            numbers.save()
        done += len(batch)
        report(words, done, len(ended))


def _live(city: DemoCity, wish: Wish, report: Report) -> None:
    """The open cases, a case a transaction, through the moves."""
    plan, _ended, driven = _parted(city.code, city.seed, city.cases, city.grids, city.now)
    world, desk, words = world_of(city, Numbers()), Desk(), _("在办案件")
    known = past.written(city.seed)
    waiting = [no for no in driven if no not in known]
    stopped: dict[str, int] = {}
    for index, no in enumerate(waiting, 1):
        why = drive(world, desk, plan.case(no), known)
        if why:
            stopped[why] = stopped.get(why, 0) + 1
        report(words, len(driven) - len(waiting) + index, len(driven))
    for why, count in sorted(stopped.items()):
        log.warning("demo course stopped early", why=why, cases=count)
    write(SYSTEM.through("demo"), "change", city, {"made": made(city)})


def _rooms(city: DemoCity, wish: Wish, report: Report) -> None:
    """Supervision, claims, blind spots, samples and the sealed months, through the moves."""
    rooms.build(city, lambda done, total: report(_("监管、权责与考核"), done, total))


def _registers(city: DemoCity, wish: Wish, report: Report) -> None:
    """People, homes, firms, vehicles, components and the like, a batch of communities a transaction."""
    stage.build(city, lambda done, total: report(_("人口、房屋等登记簿"), done, total), wish.jobs)
