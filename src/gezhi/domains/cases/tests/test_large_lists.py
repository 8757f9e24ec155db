"""Lists of a large table find what those of a small one do."""

import datetime as dt

import pytest
from django.db import connection

from gezhi.domains.cases.models import Case
from gezhi.engines.tables import counts, newest, query, sought, traits
from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.slices import Slice

pytestmark = pytest.mark.django_db


@pytest.fixture
def large(monkeypatch):
    """Every table counts as large."""
    monkeypatch.setattr(counts, "table_size", lambda _model: counts.LARGE + 1)


def thin(monkeypatch, first=1):
    """Slices of one row, so that a few cases fill several of them, and no words that are rare."""
    monkeypatch.setattr(Slice, "BITS", 0)
    monkeypatch.setattr(sought, "FEW", 0)
    monkeypatch.setattr(newest, "FIRST", first)
    asked = []
    plain = sought.newest

    def listening(*given):
        asked.append(plain(*given))
        return asked[-1]

    monkeypatch.setattr(sought, "newest", listening)
    return asked


@pytest.mark.parametrize("few", [0, 1, 2000])
def test_words_find_the_same_rows_in_a_large_table(city, large, monkeypatch, few):
    monkeypatch.setattr(sought, "FEW", few)
    rubbish = [city.report(content=f"第{n}栋楼下堆了很多垃圾") for n in range(2)]
    other = city.report(content="路灯不亮已经三天")
    page = Query("case", SYSTEM, {"q": "垃圾"}).page()
    assert [c.pk for c in page.rows] == [rubbish[1].pk, rubbish[0].pk] and not page.loosened
    assert [c.pk for c in Query("case", SYSTEM, {"q": "路灯"}).page().rows] == [other.pk]
    assert Query("case", SYSTEM, {"q": "独角兽"}).page().rows == []
    loose = Query("case", SYSTEM, {"q": "垃圾 独角兽"}).page()
    assert loose.loosened and {c.pk for c in loose.rows} == {c.pk for c in rubbish}
    assert [c.pk for c in Query("case", SYSTEM, {"q": other.query_code}).page().rows] == [other.pk]


def test_common_words_are_read_from_the_newest_slices_page_by_page(city, large, monkeypatch):
    asked = thin(monkeypatch, first=2)
    rubbish = [city.report(content=f"第{n}栋楼下堆了很多垃圾").pk for n in range(6)][::-1]
    city.report(content="路灯不亮已经三天")
    first = Query("case", SYSTEM, {"q": "垃圾"})
    page = first.page(2)
    assert [c.pk for c in page.rows] == rubbish[:2] and page.next and asked[-1] == rubbish[:3]
    second = Query("case", SYSTEM, {"q": "垃圾", "cursor": page.next}).page(2)
    assert [c.pk for c in second.rows] == rubbish[2:4] and asked[-1] == rubbish[2:5]
    third = Query("case", SYSTEM, {"q": "垃圾", "cursor": second.next}).page(2)
    assert [c.pk for c in third.rows] == rubbish[4:] and asked[-1] is None and not third.next
    back = Query("case", SYSTEM, {"q": "垃圾", "cursor": third.previous}).page(2)
    assert [c.pk for c in back.rows] == rubbish[2:4]


def test_the_newest_slices_obey_the_other_filters_and_the_permission(city, large, monkeypatch):
    asked = thin(monkeypatch)
    cases = [city.report(content=f"第{n}栋楼下堆了很多垃圾") for n in range(4)]
    write(SYSTEM, "change", cases[3], {"urgency": "urgent1"})
    write(SYSTEM, "change", cases[1], {"urgency": "urgent1"})
    page = Query("case", SYSTEM, {"q": "垃圾", "urgency": "urgent1"}).page(1)
    assert [c.pk for c in page.rows] == [cases[3].pk] and page.next
    assert asked[-1] == [cases[3].pk, cases[1].pk]
    nobody = Query("case", SYSTEM, {"q": "垃圾"}, within=query.Q(pk__in=()))
    assert nobody.page(1).rows == []


def test_words_of_a_page_full_of_them_are_not_counted_but_estimated(city, large, monkeypatch):
    monkeypatch.setattr(sought, "FEW", 0)
    for n in range(3):
        city.report(content=f"第{n}栋楼下堆了很多垃圾")
    searched = Query("case", SYSTEM, {"q": "垃圾"})
    page = searched.page(2)
    monkeypatch.setattr(counts, "planned", lambda _rows: 4321)
    assert searched.count(page, 2) == counts.Count(4321, exact=False)
    monkeypatch.setattr(counts, "planned", lambda _rows: counts.CAP)  # not sure that there are so many: counted
    assert searched.count(page, 2) == counts.Count(3)
    assert searched.count(searched.page(3)) == counts.Count(3)


def bounds(**filters):
    return Query("case", SYSTEM, filters).bounds


def test_the_index_of_words_knows_filters_of_one_value_and_the_areas_above_a_case():
    def told(q):
        return traits.keys(Case, q)

    assert told(bounds(area_code="329902003", item_code="0106041", channel="web", unit="5", status="handling")) == {
        "area_code": "0329902003", "item_code": "10106041", "channel": "2web", "unit_id": "35"}
    assert told(bounds(area_code="3299", channel="web,wechat", unit="5,6", item_code="-")) == {}
    assert told(bounds(area_code="329902003,329902004")) == {}, "a choice of areas demands neither"
    nested = bounds(area_code="329902003003") & bounds(area_code="329902")
    assert told(nested) == {"area_code": "0329902003003"} and not told(~nested)


def test_an_area_and_words_are_one_question_of_the_index(city, large, monkeypatch):
    asked = thin(monkeypatch)
    cases = [city.report(content=f"第{n}栋楼下堆了很多垃圾") for n in range(3)]
    write(SYSTEM, "change", cases[1], {"area_code": "329909009009"})
    here = cases[0].area_code
    assert len(here) >= 9 and not here.startswith("329909")
    for code in (here[:6], here[:9], here):
        listed = Query("case", SYSTEM, {"q": "垃圾", "area_code": code})
        assert [c.pk for c in listed.page(1).rows] == [cases[2].pk] and asked[-1] == [cases[2].pk, cases[0].pk]
        assert listed.sought.entries == {"area_code": f"0{code}"}
        assert listed.count().number == 2
    with monkeypatch.context() as patch:
        patch.setattr(sought, "FEW", 2000)  # now they are fetched, and need not be counted
        listed = Query("case", SYSTEM, {"q": "垃圾", "area_code": here[:9], "urgency": "normal"})
        assert len(listed.page(1).rows) == 1 and listed.sought.number == 2 and listed.count() == counts.Count(2)
        other = Query("case", SYSTEM, {"q": "垃圾", "area_code": "329909009"})
        assert [c.pk for c in other.page().rows] == [cases[1].pk]


def test_several_filters_that_together_hold_few_rows_are_asked_of_the_index_of_words(city, large, monkeypatch):
    case = city.report(channel="web")
    city.report(channel="web")
    write(SYSTEM, "change", case, {"area_code": "329909009009"})
    wanted = {"area_code": "329909", "channel": "web"}
    monkeypatch.setattr(traits, "share", lambda _model, _entries: 0.0)
    rare = Query("case", SYSTEM, wanted)
    assert rare.sought.filter and [c.pk for c in rare.page().rows] == [case.pk] and rare.count().number == 1
    for own in ({"channel": "web"}, {**wanted, "item_code": "0106041"}):
        assert not Query("case", SYSTEM, own).sought.filter, "these have an index of their own"
    monkeypatch.setattr(traits, "share", lambda _model, _entries: 1.0)
    assert not Query("case", SYSTEM, wanted).sought.filter, "common ones are walked"


def test_shares_of_words_and_traits_are_those_that_the_planner_saw(city, large):
    for n in range(4):
        city.report(content=f"第{n}栋楼下堆了很多垃圾", channel="web" if n else "wechat")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_case")
    traits._shares.clear()
    try:
        assert traits.share(Case, ["2web"]) == 0.75 and traits.share(Case, []) == 1
        assert traits.words_share(Case, "tokens", query.Q(tokens__words=("&", ["垃圾"]))) == 1
        assert traits.words_share(Case, "tokens", query.Q(tokens__words=("&", ["垃圾", "独角兽"]))) == 0
        assert traits.words_share(Case, "tokens", query.Q(tokens__words=("|", ["垃圾", "独角兽"]))) == 1
        page = Query("case", SYSTEM, {"q": "垃圾", "channel": "web"}).page()
        assert len(page.rows) == 3
    finally:
        traits._shares.clear()


def test_a_list_bounded_by_a_time_stands_in_the_order_of_that_time(city):
    late = city.report("2026-09-03 09:00")
    early = city.report("2026-09-02 09:00")
    days = Query("case", SYSTEM, {"reported_at": "2026-09-01..2026-09-30"})
    assert days.order.text == "-reported_at" and [c.pk for c in days.page().rows] == [late.pk, early.pk]
    first = days.page(1)
    again = Query("case", SYSTEM, {"reported_at": "2026-09-01..2026-09-30", "cursor": first.next})
    assert [c.pk for c in again.page(1).rows] == [early.pk]
    assert Query("case", SYSTEM, {"reported_at": "2026-09-01..", "sort": "-id"}).order.text == "-id"
    assert Query("case", SYSTEM, {"archived_at": "2026"}, strict=False).order.text == "-id"
    assert Query("case", SYSTEM, {}).order.text == "-id"


def test_running_lights_stand_in_the_order_in_which_they_are_due(city):
    assert Query("case", SYSTEM, {"light": "red,yellow"}).order.text == "due_at"
    assert Query("case", SYSTEM, {"light": "blue"}).order.text == "-id"
    case = city.report("2026-09-01 09:00")
    now = case.due_at + dt.timedelta(hours=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(query.timezone, "now", lambda: now)
        assert [c.pk for c in Query("case", SYSTEM, {"light": "red"}).page().rows] == [case.pk]


def test_a_page_of_known_columns_leaves_the_others_in_the_table(city, django_assert_num_queries):
    city.report()
    listed = Query("case", SYSTEM, {})
    row = listed.page(kinds=listed.columns("title light stage unit")).rows[0]
    assert {"content", "photos", "labels", "public_reply"} <= row.get_deferred_fields()
    with django_assert_num_queries(0):
        assert row.title and row.status and row.light() and row.stage and row.query_code and row.unit is None
    assert "content" not in listed.page().rows[0].get_deferred_fields()
    assert Case.objects.count() == 1
