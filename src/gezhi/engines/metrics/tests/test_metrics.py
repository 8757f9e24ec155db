"""A tile equals the rows behind its link, for every actor, area and period."""

import datetime as dt
from urllib.parse import parse_qsl

import pytest
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.metrics import period as periods
from gezhi.engines.metrics.evaluate import board, evaluate
from gezhi.engines.metrics.shape import series, table
from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid
from gezhi.kernel.metrics import Metric

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 4, tzinfo=dt.UTC)

ALL = Metric("trees", "行道树", of="tree", at="planted_on", window="7d", by=("species", "area", "status"))
GINKGO = Metric("ginkgo", "银杏", of="tree", where={"species": "ginkgo"}, by=("area",))
SHARE = Metric("ginkgo_share", "银杏占比", of="tree", where={"species": "ginkgo"}, measure="share", base={}, unit="%",
               by=("area",))
GINKGO_DAYS = Metric("ginkgo_days", "银杏占比", of="tree", where={"species": "ginkgo"}, measure="share", base={},
                     unit="%", at="planted_on")
HEIGHT = Metric("height", "平均高度", of="tree", measure="avg:height", by=("species",))


@pytest.fixture(autouse=True)
def wood(db):
    with door(SYSTEM) as session:
        for i in range(20):
            session.create(Tree, {
                "code": f"T{i}", "area_code": f"32050{8 + i % 2}00{1 + i % 3}", "height": i,
                "species": "ginkgo" if i % 4 == 0 else "plane", "planted_on": dt.date(2026, 11, 21 - i)})


def gardener(area):
    return Actor(kind="staff", name="园丁", role="gardener", area=area, grants=grants_of("gardener"))


@pytest.mark.parametrize("actor", [SYSTEM, gardener("320508"), gardener("3205"), gardener("99")])
@pytest.mark.parametrize("area", ["", "320509", "320508001"])
@pytest.mark.parametrize("metric", [ALL, GINKGO])
def test_tile_equals_the_rows_behind_its_link(actor, area, metric):
    figure = evaluate(metric, actor, area=area, now=NOW)
    rows = Query("tree", actor, dict(parse_qsl(figure.link))).rows().count()
    assert figure.value == rows
    for row in table(metric, actor, "area", area=area, now=NOW):
        assert row["value"] == Query("tree", actor, dict(parse_qsl(row["link"]))).rows().count() > 0


def test_figures_and_change():
    figure = evaluate(ALL, SYSTEM, now=NOW)
    assert (figure.value, figure.previous, figure.change) == (7, 7, 0.0)
    assert evaluate(SHARE, SYSTEM).value == 25.0
    assert evaluate(HEIGHT, SYSTEM).value == 9.5
    assert evaluate(HEIGHT, gardener("99")).value is None


def test_a_board_costs_one_query_a_register_and_period(django_assert_num_queries):
    with django_assert_num_queries(2):
        figures = board([ALL, GINKGO, SHARE, HEIGHT], SYSTEM, now=NOW)
    assert [f.metric.name for f in figures] == ["trees", "ginkgo", "ginkgo_share", "height"]


def test_table_by_choice_carries_words_and_series_has_no_holes():
    found = table(ALL, SYSTEM, "species", period="all")
    assert {r["label"]: r["value"] for r in found} == {"悬铃木": 15, "银杏": 5}
    points = series(ALL, SYSTEM, now=NOW)
    assert [p["value"] for p in points] == [0, 1, 1, 1, 1, 1, 1, 1]
    assert series(GINKGO_DAYS, SYSTEM, period="2026-11-01..2026-11-02", now=NOW)[0]["value"] is None


def test_without_sight_nothing_is_said():
    nobody = Actor(kind="staff", name="无")
    assert evaluate(ALL, nobody).value is None
    assert table(GINKGO, nobody, "area") == []


@pytest.mark.parametrize("text", ["", "x", "5", "2026-13-01..2026-14-01", "2026-11-21..2026-11-01", "24", "99999d"])
def test_wrong_periods_are_said_to_be_wrong(text):
    with pytest.raises(Invalid):
        periods.read(text)


def test_a_whole_day_holds_its_last_moment():
    span = periods.read("2026-11-01..2026-11-01")
    assert span.end - span.start == dt.timedelta(days=1) - dt.timedelta(microseconds=1)
    assert span.previous.end == span.start - dt.timedelta(microseconds=1)


def test_unknown_dimension_is_refused():
    with pytest.raises(Invalid):
        table(ALL, SYSTEM, "keeper_phone")
