"""Lists of a large table find what those of a small one do."""

import pytest

from gezhi.domains.cases.models import Case
from gezhi.engines.tables import counts, query
from gezhi.engines.tables.query import Query
from gezhi.kernel.actors import SYSTEM


@pytest.fixture
def large(monkeypatch):
    """Every table counts as large."""
    monkeypatch.setattr(counts, "table_size", lambda _model: counts.LARGE + 1)


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 1, 2000])
def test_words_find_the_same_rows_in_a_large_table(city, large, monkeypatch, few):
    monkeypatch.setattr(query, "FEW", few)
    rubbish = [city.report(content=f"第{n}栋楼下堆了很多垃圾") for n in range(2)]
    other = city.report(content="路灯不亮已经三天")
    page = Query("case", SYSTEM, {"q": "垃圾"}).page()
    assert [c.pk for c in page.rows] == [rubbish[1].pk, rubbish[0].pk] and not page.loosened
    assert [c.pk for c in Query("case", SYSTEM, {"q": "路灯"}).page().rows] == [other.pk]
    assert Query("case", SYSTEM, {"q": "独角兽"}).page().rows == []
    loose = Query("case", SYSTEM, {"q": "垃圾 独角兽"}).page()
    assert loose.loosened and {c.pk for c in loose.rows} == {c.pk for c in rubbish}
    assert [c.pk for c in Query("case", SYSTEM, {"q": other.query_code}).page().rows] == [other.pk]


@pytest.mark.django_db
def test_common_words_of_a_large_table_are_left_to_the_planner(city, large, monkeypatch):
    monkeypatch.setattr(query, "MANY", 0)
    case = city.report(content="楼下堆了很多垃圾")
    searched = Query("case", SYSTEM, {"q": "垃圾"})
    assert "tokens__words" in str(searched.found[0]) and [c.pk for c in searched.page().rows] == [case.pk]
    assert Case.objects.count() == 1
