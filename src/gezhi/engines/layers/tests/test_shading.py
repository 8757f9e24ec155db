"""Areas are shaded by what the lists behind them hold; a legend says what each colour means."""

import pytest
from django.contrib.gis.geos import Point
from tests.house.models import Tree

from gezhi.engines.access import grants_of
from gezhi.engines.layers import atlas, legend
from gezhi.engines.layers.shading import shade, stops, subjects
from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
ADDRESSES = {"tiles": "/t/{name}/{z}/{x}/{y}", "card": lambda r: f"/{r.name}/{{id}}", "rows": lambda r: f"/{r.name}/"}


@pytest.fixture(autouse=True)
def wood(db):
    with door(SYSTEM) as session:
        for i in range(30):
            session.create(Tree, {"code": f"T{i:02d}", "area_code": "320508001002" if i < 20 else "320509001003",
                                  "place": Point(120.62, 31.3, srid=4326)})
        session.create(Tree, {"code": "COARSE", "area_code": "320509"})


def gardener(area):
    return Actor(kind="staff", name="园丁", role="gardener", area=area, grants=grants_of("gardener"))


@pytest.mark.parametrize(("digits", "wanted", "rest"), [
    (6, {"320508": 20, "320509": 11}, 0), (9, {"320508001": 20, "320509001": 10}, 1),
    (12, {"320508001002": 20, "320509001003": 10}, 1), (15, {}, 31)])
def test_every_level_and_what_is_known_less_finely(digits, wanted, rest):
    found = shade(SYSTEM, "count.tree", digits)
    assert (found["values"], found["rest"]) == (wanted, rest)
    for code, value in found["values"].items():
        rows = Query("tree", SYSTEM, {**found["query"], found["area_filter"]: code}).rows()
        assert rows.count() == value, "a shade equals the rows behind its link"


def test_only_what_the_actor_sees_and_only_below_an_area():
    assert shade(gardener("320509"), "count.tree", 6)["values"] == {"320509": 11}
    assert shade(SYSTEM, "count.tree", 9, area="320508")["values"] == {"320508001": 20}


def test_declared_metrics_and_counts_are_offered_to_who_may_see_them():
    offered = {one["name"] for group in subjects(SYSTEM) for one in group["entries"]}
    assert {"case_open", "case_on_time", "count.home", "count.person", "count.component", "count.grid_cell"} <= offered
    seen = {one["name"] for group in subjects(gardener("320508")) for one in group["entries"]}
    assert "count.tree" in seen and "count.person" not in seen and "case_open" not in seen
    for name in offered:
        shade(SYSTEM, name, 9)  # each of them can be drawn


@pytest.mark.parametrize(("of", "digits", "area", "error"), [
    ("count.tree", 7, "", Invalid), ("count.tree", 6, "x", Invalid), ("count.nonsense", 6, "", Missing),
    ("nonsense", 6, "", Missing), ("count.role", 6, "", Invalid)])
def test_wrong_questions(of, digits, area, error):
    with pytest.raises(error):
        shade(SYSTEM, of, digits, area=area)


def test_refused():
    with pytest.raises(Refused):
        shade(gardener("320508"), "count.person", 6)


def test_classes_hold_about_as_many_each():
    assert stops([]) == [] and stops([0, 0]) == [] and stops([3]) == [] and stops([1, 2]) == [2]
    cuts = stops(list(range(1, 101)))
    assert cuts == [21, 41, 61, 81]


def test_a_page_has_what_the_actor_may_see_and_nothing_else():
    drawn = atlas.page(gardener("320508"), {"layers": "tree", "of": "count.tree"}, **ADDRESSES)
    names = {one["name"]: one for group in drawn["groups"] for one in group["layers"]}
    assert names["tree"]["on"] and not names["region"]["on"] and not {"person", "care_person", "home"} & set(names)
    ids = [one["id"] for one in drawn["map"]["layers"]]
    assert ids.index("region") < ids.index("tree"), "points lie above areas"
    whole = atlas.page(SYSTEM, {}, **ADDRESSES)
    every = {one["name"]: one for group in whole["groups"] for one in group["layers"]}
    assert {"region", "grid_cell", "component", "case", "home", "person", "care_person", "key_place",
            "line_record"} <= set(every)
    assert sum(one["on"] for one in every.values()) == 1
    case = next(one for one in whole["map"]["layers"] if one["id"] == "case")
    assert case["tiles"].endswith("?open=1")


def test_every_layer_of_values_has_a_legend_of_few_colours():
    for register in registry.registers.values():
        if register.layer is None:
            continue
        found = legend.legend(register)
        assert len(found) <= 10, register.name
        assert all(one["label"] and one["values"] for one in found), register.name
    assert {v for one in legend.legend(registry.register("tree")) for v in one["values"]} == {
        "planted", "ailing", "felled"}
