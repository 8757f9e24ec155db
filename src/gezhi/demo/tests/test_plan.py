"""The rhythm and the courses: sensible seasons and hours, ordered moves, a living city at now."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import numpy as np
import pytest

from gezhi.demo.plan import Plan
from gezhi.demo.profiles import CHANNELS, PUBLIC_CHANNELS
from gezhi.demo.rhythm import arrivals, item_weights
from gezhi.engines.workflow.worktime import CHINA
from gezhi.foundation.catalogue.reference import items

from .conftest import NOW

COUNT = 6000
ENDS = {"archive", "reject", "void_duplicate", "merge", "direct_reply", "withdraw"}
BEFORE = {
    "file": {"complete", "auto_classify"},
    "sign": {"auto_dispatch", "dispatch", "coordinate", "redo"},
    "submit_result": {"feedback"},
    "archive": {"close"},
    "submit_verification": {"request_verification"},
    "resume": {"approve_suspension"},
}


@pytest.fixture(scope="module")
def plan(places, calendar) -> Plan:
    return Plan(7, COUNT, NOW, items(), places, calendar)


@pytest.fixture(scope="module")
def cases(plan):
    return list(plan)


@pytest.fixture(scope="module")
def many(places, calendar):
    drawn = arrivals(11, 60_000, NOW, items(), places, calendar)
    return drawn, [datetime.fromtimestamp(int(at), CHINA) for at in drawn.at]


def test_arrivals_are_ordered_and_past(plan):
    at = plan.arrivals.at
    assert len(plan) == COUNT
    assert (np.diff(at) >= 0).all()
    assert at[-1] < NOW.timestamp() <= at[0] + 731 * 86400


def test_the_seed_decides_and_a_case_stands_alone(plan, places, calendar, cases):
    again = Plan(7, COUNT, NOW, items(), places, calendar)
    assert again.case(4321) == cases[4321]
    assert Plan(8, COUNT, NOW, items(), places, calendar).case(50) != cases[50]


def test_points_lie_in_their_grids(plan, places):
    drawn = plan.arrivals
    away = np.hypot(drawn.lon - places.lon[drawn.grid], drawn.lat - places.lat[drawn.grid])
    first = drawn.repeat < 0
    assert (away[first] <= places.radius[drawn.grid][first]).all()
    assert away.max() < 0.0012


def test_seasons(many):
    drawn, when = many

    def months(code: str) -> Counter[int]:
        return Counter(at.month for at, item in zip(when, drawn.item, strict=True) if item == code)

    heat, noise, flood = months("0601006"), months("0106028"), months("1201006")
    assert sum(heat[month] for month in range(4, 11)) < 0.1 * heat.total()
    assert noise[7] + noise[8] > 1.5 * (noise[1] + noise[2])
    assert sum(flood[month] for month in (6, 7, 8, 9)) > 0.45 * flood.total()


def test_hours_and_weekdays(many):
    drawn, when = many
    night = Counter(at.hour for at, item in zip(when, drawn.item, strict=True) if item == "0106028")
    assert sum(night[hour] for hour in (20, 21, 22, 23, 0, 1)) > 1.5 * sum(night[h] for h in range(8, 14))
    office = [at for at, channel in zip(when, drawn.channel, strict=True) if channel == "grid_app"]
    assert sum(7 <= at.hour < 19 for at in office) > 0.9 * len(office)
    weekdays = Counter(at.weekday() for at in office)
    assert weekdays[6] < 0.95 * weekdays[2]


def test_hot_spots_and_villages(plan, places):
    drawn = plan.arrivals
    share = np.sort(np.bincount(drawn.grid, minlength=len(places.codes)))[::-1]
    assert share[:10].sum() > 0.05 * COUNT, "one grid in a hundred is a hot spot"
    pairs = zip(drawn.grid, drawn.item, strict=True)
    assert np.mean([places.rural[grid] for grid, item in pairs if item[:4] == "1101"]) > 0.6


def test_item_weights_are_shares():
    weights = item_weights(sorted(items()))
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all()


def test_moves_follow_each_other(cases):
    for case in cases:
        moves = [step.move for step in case.steps]
        assert moves[0] in ("report", "self_handle")
        assert all(a.at <= b.at for a, b in zip(case.steps, case.steps[1:], strict=False))
        assert case.steps[0].at == case.at
        for index, move in enumerate(moves):
            if move in BEFORE:
                assert BEFORE[move] & set(moves[:index]), (move, moves)
            if move in ENDS:
                assert index == len(moves) - 1, moves


def test_a_living_city_at_now(cases):
    last = Counter(case.steps[-1].move for case in cases)
    closed = sum(last[move] for move in ENDS)
    assert 0.85 * COUNT < closed < 0.995 * COUNT
    assert last["report"] >= 4, "some of today's reports wait to be accepted"
    assert last["assign_handler"] >= 5, "some are being handled"
    assert last["approve_suspension"] >= 1, "some are suspended"


def test_repeats_point_at_an_earlier_like_case(cases):
    found = 0
    for case in cases:
        for step in case.steps:
            if step.move in ("void_duplicate", "merge"):
                master = cases[step.data["master"]]
                assert (master.item, master.grid) == (case.item, case.grid)
                assert master.no < case.no and master.at >= case.at - 2 * 86400
                found += 1
    assert found > 30


def test_outcomes_and_satisfaction(cases):
    scores = Counter(s.data["satisfaction"] for c in cases for s in c.steps if s.move == "callback")
    assert scores.pop(0) > 0, "some people are never reached"
    assert scores[5] + scores[4] > scores.total() * 0.5
    assert scores[1] + scores[2] > scores.total() * 0.05
    done = sum(any(s.move == "submit_result" for s in c.steps) for c in cases)
    redo = sum(any(s.move == "redo" for s in c.steps) for c in cases)
    assert 0.01 < redo / done < 0.1


def test_anonymous_and_staff_reports_carry_no_name(cases):
    for case in cases:
        if case.channel not in PUBLIC_CHANNELS:
            assert not case.reporter and not case.phone
    named = [case for case in cases if case.channel in PUBLIC_CHANNELS]
    assert 0.8 < sum(bool(case.reporter) for case in named) / len(named) < 0.95
    assert {case.channel for case in cases} <= set(CHANNELS)


def test_nothing_to_draw_from_is_an_error(places, calendar):
    with pytest.raises(ValueError, match="positive"):
        arrivals(1, 0, NOW, items(), places, calendar)
    with pytest.raises(ValueError, match="items"):
        arrivals(1, 5, NOW, {}, places, calendar)
