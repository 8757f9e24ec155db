"""Care in the demo city: old people who live alone, the plan of visits to each, and the visits made so far."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.utils import timezone

from gezhi.demo.lexicon import words
from gezhi.demo.places import person

from .census import Community

ALONE = 74
"""From this age on somebody who lives alone may be in care."""
SAYINGS = (("生活规律，邻里常来往", "精神不错", "没有"), ("一日三餐自理，家中整洁", "腿脚不便", "希望帮忙代购米油"),
           ("子女周末来看望", "按时体检", "楼道灯希望修一下"), ("参加社区活动室活动", "睡眠一般", "没有"))
"""Life, health and need, in a word each."""


@dataclass(slots=True)
class Plan:
    """Care for one person: who (position), the record's fields, since when, and the visits."""

    person: int
    values: dict[str, Any]
    at: dt.datetime
    visits: list[dict[str, Any]] = field(default_factory=list)

    def moved(self, at: dt.datetime) -> dict[str, Any]:
        """What a visit sets in the plan."""
        day = timezone.localdate(at)
        return {"last_visit": day, "next_visit": day + dt.timedelta(days=self.values["visit_days"])}


def plans(seed: int, town: Community, now: dt.datetime) -> list[Plan]:
    """Two in three of the old people of a community who live alone."""
    rng, out = Random(f"{seed}:care:{town.share.code}"), []
    for at, one in enumerate(town.people):
        home = town.homes[one.home]
        if one.age < ALONE or len(home.people) > 1 or one.values["kind"] != "01" or rng.random() > 0.66:
            continue
        every, since = rng.choice((7, 15, 30)), now - dt.timedelta(days=rng.uniform(3, home.met))
        kin, phone = person(rng)
        values = {"kind": "01", "living_alone": True, "self_care": rng.choice("112"), "basis": "03",
                  "basis_no": f"{words.DEMO_MARK}评〔{since.year}〕{town.share.first['people'] + at + 1}号",
                  "begins": timezone.localdate(since), "ends": timezone.localdate(since) + dt.timedelta(days=1_095),
                  "level": {7: 1, 15: 2, 30: 3}[every], "visit_days": every,
                  "next_visit": timezone.localdate(since) + dt.timedelta(days=every), "emergency_name": kin,
                  "emergency_phone": phone, "plan": "定期走访，协助就医和代购，节日慰问"}
        plan = Plan(at, values, since)
        late = now - dt.timedelta(days=rng.uniform(0.5, every * 1.15))
        for number in (2, 1, 0):
            visited = late - dt.timedelta(days=every * number)
            if timezone.localdate(visited) > timezone.localdate(since):
                plan.visits.append(_visit(rng, visited))
        out.append(plan)
    return out


def _visit(rng: Random, at: dt.datetime) -> dict[str, Any]:
    life, health, need = rng.choice(SAYINGS)
    return {"kind": "01", "visited_at": at, "life": life, "health": health, "need": need,
            "measures": "已记录" if need == "没有" else "已联系社区帮助解决"}
