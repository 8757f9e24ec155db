"""Who answers: the matrix, department types, the backstop; in memory exactly as by query."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from gezhi.foundation.catalogue.models import DeptType, Responsibility
from gezhi.foundation.catalogue.public import Matrix, derive, items, load, responsible
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
DAY = dt.date(2024, 1, 1)


def unit(code: str, kind: str = "department", dept: str = "", area: str = "3205", **more) -> Unit:
    level = {4: "city", 6: "county", 9: "town"}[len(area)]
    return write(SYSTEM, "create", Unit, {"code": code, "name": code, "kind": kind, "dept_type": dept,
                                          "level": level, "area_code": area, **more})


def line(scope: str, area: str, lead: Unit, **more) -> Responsibility:
    return write(SYSTEM, "create", Responsibility, {
        "scope": scope, "area_code": area, "unit": lead, "valid_from": DAY, **more})


@pytest.fixture
def city():
    """A city with two counties: centres, urban management at three levels, sanitation at the city only."""
    load()
    units = {"centre": unit("ZX", "centre"), "c8": unit("ZX8", "centre", area="320508"),
             "cg": unit("CG", dept="CG"), "cg8": unit("CG8", dept="CG", area="320508"), "hw": unit("HW", dept="HW"),
             "st": unit("ST", "town", "ST", "320508001")}
    return units


def best(code: str, area: str, at=None):
    return responsible(code, area, at)[0]


def test_the_more_exact_line_wins_then_the_narrower_area(city):
    line("01", "3205", city["centre"])
    line("0106", "3205", city["cg"])
    assert (best("0106010", "320508001").unit_id, best("0106010", "320508001").score) == (city["cg"].pk, 0.8)
    line("0106010", "3205", city["hw"])
    line("0106010", "320508", city["cg8"], co_units=[city["st"].pk])
    first, second = responsible("0106010", "320508001002")[:2]
    assert (first.unit_id, first.score, first.co_units) == (city["cg8"].pk, 1.0, (city["st"].pk,))
    assert (second.unit_id, second.score) == (city["hw"].pk, 0.9)
    assert "0106010" in first.reason and "CG8" in first.reason
    assert best("0106010", "320509").unit_id == city["hw"].pk
    assert best("0105002", "320509").unit_id == city["centre"].pk, "the domain's line"


def test_two_equal_lines_leave_the_choice_to_a_person(city):
    line("0106010", "3205", city["hw"])
    line("0106010", "3205", city["cg"])
    first, second = responsible("0106010", "3205")
    assert first.score == second.score == 1.0


def test_lines_hold_only_in_their_time_and_while_active(city):
    old = line("0106010", "3205", city["cg"], valid_to=dt.date(2024, 6, 30))
    now = line("0106010", "3205", city["hw"], valid_from=dt.date(2024, 7, 1))
    may = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    assert best("0106010", "3205", may).unit_id == old.unit_id
    assert best("0106010", "3205").unit_id == now.unit_id
    write(SYSTEM, "change", now, {"active": False})
    assert best("0106010", "3205").score < 0.5, "left to the department type"


def test_without_a_line_the_department_type_answers_and_its_stand_in(city):
    found = best("0106010", "320508001")
    assert (found.unit_id, found.score) == (city["hw"].pk, 0.45), "sanitation is the item's own type"
    write(SYSTEM, "change", city["hw"], {"active": False})
    found = best("0106010", "320508001")
    assert (found.unit_id, found.score) == (city["cg8"].pk, 0.35), "urban management stands in, nearest area first"


def test_the_countys_centre_is_the_backstop(city):
    assert (best("0801001", "320508001").unit_id, best("0801001", "320508001").score) == (city["c8"].pk, 0.1)
    assert best("0801001", "320509001").unit_id == city["centre"].pk
    assert best("8888888", "").unit_id == city["centre"].pk
    assert "兜底" in best("0801001", "320508001").reason


def test_nobody_answers_where_no_unit_stands():
    assert responsible("0106010", "3205") == []


def test_the_matrix_answers_as_the_query_does(city):
    derive()
    line("0109", "320508", city["cg8"])
    matrix, rng = Matrix(), Random(3)
    codes = sorted(items())
    for _ in range(300):
        code, area = rng.choice(codes), rng.choice(["3205", "320508", "320508001", "320508001002", "320509003"])
        assert matrix.responsible(code, area) == responsible(code, area), (code, area)


def test_derive_fills_what_is_missing_once(city):
    line("0106001", "3205", city["hw"])
    first = derive("三定方案")
    assert first > 100 and derive() == 0
    assert Responsibility.objects.filter(scope="0106001", area_code="3205").count() == 1, "a kept line is respected"
    made = Responsibility.objects.get(scope="0106001", area_code="320508")
    assert made.unit == city["cg8"] and made.derived and made.legal_basis == "三定方案"
    assert made.co_units == [], "the town's office lies below the county and does not assist it"
    town = Responsibility.objects.filter(unit=city["st"])
    assert town.exists() and all(row.area_code == "320508001" for row in town)


def test_one_query_when_the_matrix_knows(city, django_assert_num_queries):
    line("0106010", "3205", city["hw"])
    with django_assert_num_queries(1):
        responsible("0106010", "320508001002007")


@pytest.mark.parametrize(("values", "field"), [
    ({"scope": "010"}, "scope"), ({"valid_to": dt.date(2023, 1, 1)}, "valid_to"), ({"co_units": ["x"]}, "co_units")])
def test_wrong_lines_are_refused(city, values, field):
    with pytest.raises(Invalid) as caught:
        line(**{"scope": "0106", "area": "3205", "lead": city["cg"], **values})
    assert field in caught.value.errors


def test_a_lead_does_not_assist_itself_and_types_do_not_stand_in_for_themselves(city):
    with pytest.raises(Invalid):
        line("0106", "3205", city["cg"], co_units=[city["cg"].pk])
    with pytest.raises(Invalid):
        write(SYSTEM, "change", DeptType.objects.get(code="CG"), {"fallback": "CG"})


def test_every_department_of_the_catalogue_is_a_type(city):
    known = set(DeptType.objects.values_list("code", flat=True))
    assert all(item.lead_dept in known and set(item.co_depts) <= known for item in items().values())


def test_the_ports_tell_what_domains_ask(city):
    line("0106010", "3205", city["hw"])
    facts = registry.port("item_facts")("0101001", None)
    assert (facts["name"], facts["version"], facts["limit_value"], facts["limit_unit"]) == (
        "供水井盖异常", "1", 4, "work_hour")
    assert facts["conditions"]["MISSING_DISPLACED"] == [2, "urgent_hour"] and facts["domain"] == "城市管理"
    assert registry.port("item_facts")("9999999", None) == {}
    (duty,) = registry.port("responsible")("0106010", "320508001", None)
    assert duty["unit_id"] == city["hw"].pk and duty["score"] == 1.0
