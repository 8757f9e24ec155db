"""The stage of the build that fills the registers: batches of communities, in as many processes as there are cores.

A batch is one transaction; a community in which an address stands is written, a county with a component has its
components. So a build that was killed goes on, and processes never meet on a row: components, whose numbers run on
within a county, are one batch a county.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from django.db import connections
from django.db.models.functions import Substr
from django.utils import timezone

from gezhi.demo import ground
from gezhi.demo.chronicle import SOURCE
from gezhi.demo.city import DemoCity
from gezhi.demo.lexicon import words
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door

from . import apart
from .census import Community, Setting, count
from .sizes import Share, shares
from .trades import firms
from .writing import Writer, model

Progress = Callable[[int, int], None]
PEOPLE = 2_500
"""People of a batch, about."""
ENOUGH = 20_000
"""People below which a second process is not worth its start."""


def build(city: DemoCity, progress: Progress, jobs: int = 0) -> int:
    """Fill the registers of a city with as many people as it wishes for; what stands stays.

    Args:
        city: its seed, its number of people and its now decide everything.
        progress: told of records written and in all (homes, people and what they have; not addresses and additions).
        jobs: processes; 0: one a core, for a city worth it.

    Returns:
        Records written now, with addresses and additions not counted.
    """
    if not city.people:
        return 0
    all_ = shares(city.seed, city.people, ground.places(city.code))
    batches = list(_batches(city, all_))
    total = sum(_records(one) for one in all_)
    done = total - sum(size for _kind, _codes, size in batches)
    before = done
    progress(done, total)
    jobs = jobs or (os.cpu_count() or 1 if sum(size for *_b, size in batches) > ENOUGH else 1)
    with _hands(city.pk, min(jobs, max(1, len(batches)))) as work:
        for size in work(batches):
            done += size
            progress(done, total)
    return done - before


Batch = tuple[str, tuple[str, ...], int]
"""What of (``people`` or ``components``), of which communities, how many records."""


def _records(share: Share, kind: str = "") -> int:
    """Records of a community that are counted: all, or those of one kind of batch."""
    rest = share.people + share.homes + share.firms + share.vehicles + share.places + share.schools + share.cameras
    return {"people": rest, "components": share.components}.get(kind, rest + share.components)


def _batches(city: DemoCity, all_: Sequence[Share]) -> Iterator[Batch]:
    """What is still to be written, a transaction each."""
    here = {"area_code__startswith": city.code}
    settled = set(model("standard_address").objects.filter(**here).annotate(of=Substr("area_code", 1, 12)).order_by(
        ).values_list("of", flat=True).distinct())
    equipped = set(model("component").objects.filter(**here).annotate(of=Substr("area_code", 1, 6)).order_by(
        ).values_list("of", flat=True).distinct())
    waiting: list[Share] = []
    for share in all_:
        if share.code not in settled and share.homes:
            waiting.append(share)
        if sum(one.people for one in waiting) >= PEOPLE:
            yield _batch("people", waiting)
            waiting = []
    if waiting:
        yield _batch("people", waiting)
    counties: dict[str, list[Share]] = {}
    for share in all_:
        counties.setdefault(share.code[:6], []).append(share)
    yield from (_batch("components", some) for county, some in counties.items() if county not in equipped)


def _batch(kind: str, some: Sequence[Share]) -> Batch:
    return kind, tuple(one.code for one in some), sum(_records(one, kind) for one in some)


# -- hands -----------------------------------------------------------------------------------------------------
class Hand:
    """Tells and writes batches in one process.

    Args:
        city_id: the city's record.
    """

    def __init__(self, city_id: int) -> None:
        self.city = DemoCity.objects.get(pk=city_id)
        places = ground.places(self.city.code)
        self.shares = {one.code: one for one in shares(self.city.seed, self.city.people, places)}
        today = timezone.localdate(self.city.now)
        self.setting = Setting(self.city.seed, places, today, reporters())
        self.writer = Writer(self.setting, self.city.now)

    def write(self, batch: Batch) -> int:
        """Write a batch in one transaction; returns its size."""
        kind, codes, size = batch
        some = [self.shares[code] for code in codes]
        with door(SYSTEM.through("demo")) as session:
            if kind == "people":
                self.writer.communities(session, [self._told(share) for share in some])
            else:
                bare = [Community(share, [], [], [], self.setting.places, self.writer.palette(share.code))
                        for share in some]
                self.writer.components(session, bare)
        return size

    def _told(self, share: Share) -> Community:
        town = count(self.setting, share)
        town.firms = firms(self.setting.seed, town)
        return town


def reporters() -> dict[str, list[tuple[str, str]]]:
    """Invented people who have reported something, by community: they live there, so that person and case meet."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    rows = model("case").objects.filter(source=SOURCE).exclude(reporter_phone=None).order_by("id").values_list(
        "area_code", "reporter_name", "reporter_phone")
    for area, name, phone in rows.iterator(2_000):
        if name and name.endswith(f"（{words.DEMO_MARK}）") and phone.startswith(words.PHONE_PREFIX):
            found.setdefault(area[:12], {}).setdefault(phone, (name, phone))
    return {area: list(people.values()) for area, people in found.items()}


@contextmanager
def _hands(city_id: int, jobs: int) -> Iterator[Callable[[Sequence[Batch]], Iterator[int]]]:
    """A function that writes batches and gives the size of each when it stands."""
    if jobs <= 1:
        hand: list[Hand] = []

        def alone(batches: Sequence[Batch]) -> Iterator[int]:
            for batch in batches:
                if not hand:
                    hand.append(Hand(city_id))
                yield hand[0].write(batch)

        yield alone
        return
    connections.close_all()  # none may be shared with the new processes
    with ProcessPoolExecutor(jobs, get_context("spawn"), apart.begin, (city_id,)) as pool:
        def together(batches: Sequence[Batch]) -> Iterator[int]:
            waiting: list[Any] = [pool.submit(apart.write, batch) for batch in batches]
            try:
                for one in as_completed(waiting):
                    yield one.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

        yield together
