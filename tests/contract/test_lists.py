"""Every register's list and record: for each role, each filter, each order, with a constant number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from gezhi.engines.search.find import ways
from gezhi.engines.tables.query import PAGE, RESERVED, Query, language
from gezhi.kernel.access import permits
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import AreaKind, ChoiceKind, Kind, LinkKind, SealedKind, TruthKind

from .conftest import ALL, MADE, actor, mighty, roles
from .factory import CannotMake, make, many
from .recipes import UNMADE


@pytest.mark.django_db
def test_what_cannot_be_made_is_known():
    """A register the factory cannot fill escapes the contracts: the list of those is short and true."""
    assert set(UNMADE) <= {r.name for r in ALL}
    for register in ALL:
        if register.name in UNMADE:
            with pytest.raises(CannotMake):
                make(register)


@pytest.mark.django_db
def test_list_and_record_for_each_role(register, three, as_actor):
    """Whoever is the first to see a record opens all; of what the others may and may not see, one of each."""
    opened = False
    for role in roles(register):
        who = actor(role)
        browser = as_actor(who)
        for name in (f"/desk/{register.name}/", f"/desk/{register.name}/views"):
            answer = browser.get(name)
            assert answer.status_code == (200 if who.may(f"{register.name}.view") else 404), (role, name)
        sees = [(permits(register, who, "view", record), record) for record in three]
        for seen, record in dict(sees).items() if opened else sees:
            answer = browser.get(f"/desk/{register.name}/{record.pk}/")
            assert answer.status_code == (200 if seen else 404), (role, record)
            if seen:
                assert str(record.pk) in answer.content.decode()
        opened = opened or all(dict(sees))


@pytest.mark.django_db
def test_each_way_of_showing(register, three, as_actor):
    browser = as_actor(mighty(register))
    ways_ = ["", "?view=board", "?view=map", f"?beside={three[0].pk}", "?q=zz", "?sort=-id"]
    for query in ways_:
        assert browser.get(f"/desk/{register.name}/{query}").status_code == 200, query
    if register.layer:
        found = browser.get(f"/desk/{register.name}/features").json()
        placed = [r for r in three if register.spot_of(r) is not None]
        assert {f["id"] for f in found["features"]} == {r.pk for r in placed}
    part = browser.get(f"/desk/{register.name}/", headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert "<html" not in part and part.strip()
    assert browser.get(f"/desk/{register.name}/?nonsense=1").status_code == 422
    assert browser.get(f"/desk/{register.name}/?cursor=nonsense").status_code == 422
    assert browser.get(f"/desk/{register.name}/0/").status_code == 404


def raw(kind: Kind, record: Any) -> str | None:
    """A filter's text that this record meets, or ``None`` where its value is empty."""
    value = kind.value(record)
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, list):
        return str(value[0])
    if isinstance(kind, LinkKind):
        return str(value.pk)
    if isinstance(kind, TruthKind):
        return "1" if value else "0"
    if isinstance(value, Point):
        return f"{value.x - 0.001},{value.y - 0.001},{value.x + 0.001},{value.y + 0.001}"
    if isinstance(kind, ChoiceKind | AreaKind | SealedKind):
        return str(value)
    if kind.filter_widget() is None:
        return None
    return str(kind.json(value))


@pytest.mark.django_db
def test_every_filter_narrows(register, three):
    who = mighty(register)
    everything = set(register.model.objects.values_list("pk", flat=True))
    assert not RESERVED & set(language(register)), "a filter would hide behind a word of the address bar"
    for name, known in language(register).items():
        kind = register.kinds.get(name)
        if name in register.filters.split() and kind is not None:
            text = raw(kind, three[0])
            if text is None or ("," in text and not isinstance(kind.value(three[0]), Point)):
                continue
            found = list(Query(register, who, {name: text}).rows())
            assert three[0].pk in {r.pk for r in found}, (name, text)
            if not isinstance(kind.value(three[0]), Point) and not isinstance(kind, AreaKind):
                assert {str(kind.value(r)) for r in found} == {str(kind.value(three[0]))}, name
        elif known.options is not None:
            for code, _label in known.options():
                assert {r.pk for r in Query(register, who, {name: str(code)}).rows()} <= everything, (name, code)
    with pytest.raises(Invalid):
        Query(register, who, {"no_such_filter": "1"})


@pytest.mark.django_db
def test_pages_show_each_row_once_in_every_order(register, db):
    records = many(register, 5)
    who = mighty(register)
    others = register.model.objects.exclude(pk__in=[r.pk for r in records]).values_list("pk", flat=True)[:3]
    everything = sorted([*(r.pk for r in records), *others])  # a table filled by its migration is not walked whole
    bounds = {"within": Q(pk__in=everything)}
    assert len(records) == 5
    for name in ["", *sorted(Query(register, who).sortable)]:
        for sort in (name, f"-{name}") if name else ("",):
            seen, backwards, cursor, last = [], [], "", None
            for _turn in range(len(everything) + 1):
                page = Query(register, who, {"sort": sort, "cursor": cursor}, **bounds).page(2, ())
                seen += [r.pk for r in page.rows]
                last, cursor = page, page.next
                if not cursor:
                    break
            assert sorted(seen) == everything, sort
            assert [r.pk for r in Query(register, who, {"sort": sort}, **bounds).walk(batch=2)] == seen
            cursor, backwards = last.previous, [r.pk for r in last.rows]
            while cursor:
                page = Query(register, who, {"sort": sort, "cursor": cursor}, **bounds).page(2, ())
                backwards = [r.pk for r in page.rows] + backwards
                cursor = page.previous
            assert backwards == seen, sort


@pytest.mark.django_db
@pytest.mark.parametrize("register", [r for r in MADE if r.search], ids=lambda r: r.name)
def test_search_finds_by_key(register, three):
    who, record = mighty(register), three[1]
    text: Any = record
    for part in register.search.split()[0].split("^")[0].split("__"):
        text = getattr(text, part)
    text = str(text or "")
    if not text:
        pytest.skip("the sample is empty")
    assert ways(register, text)
    assert record.pk in {r.pk for r in Query(register, who, {"q": text}).rows()}
    assert not list(Query(register, who, {"q": "绝无此词zzqqxx"}).rows())


FEW, MORE = 5, 12
"""Rows of a list before, and rows added: a query for every row, or for every tenth, shows."""


@pytest.mark.django_db
def test_queries_do_not_grow_with_rows(register, as_actor, settings, sizes_known):
    settings.GEZHI_TERRITORY_SECONDS = 600  # the tests ask for the version of the territory at each name
    browser = as_actor(mighty(register))
    address = f"/desk/{register.name}/"
    many(register, FEW)
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        assert browser.get(address).status_code == 200
    had = register.model.objects.count()
    adds = max(0, min(MORE, PAGE - had))  # one that was filled by its migration has many rows from the start
    for seed in range(FEW, FEW + adds):
        make(register, seed)
    assert register.model.objects.count() >= had + adds
    browser.get(address)  # what a write makes the process read anew is read once
    with CaptureQueriesContext(connection) as more:
        assert browser.get(address).status_code == 200
    assert len(more) <= len(few), [q["sql"][:160] for q in more.captured_queries]
    assert len(more) <= 12


ODD = ("³", "-1.2e+27", "٣" * 30, "x" * 3000, "9" * 40)
"""Texts that look like numbers, or nearly; each of them made some look-up fail once, or could."""


@pytest.mark.django_db
def test_odd_texts_find_nothing_and_break_nothing(register):
    for text in ODD:
        assert register.find(text) is None
        for kind in register.kinds.values():
            if isinstance(kind, LinkKind):
                assert not register.model.objects.filter(kind.q(text)).exists()
                with pytest.raises(Invalid):
                    kind.clean(text)
