"""Re-linking: what follows an area, what stays, and what happens when two things become alike."""

from __future__ import annotations

import json
import threading

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from tests.house.models import Tree

from gezhi.engines.history import verify
from gezhi.engines.workflow.act import act
from gezhi.foundation.territory import importing, relink
from gezhi.foundation.territory.models import Region
from gezhi.foundation.territory.public import Settled
from gezhi.foundation.territory.tests.conftest import A, cell, divisions, outlines
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict
from gezhi.kernel.registry import registry


def station(area, place=None):
    values = {"code": "U1", "name": "石湖网格站", "kind": "station", "level": "grid_cell", "area_code": area}
    return write(SYSTEM, "create", Unit, {**values, "place": place})


def tree(code, area):
    return write(SYSTEM, "create", Tree, {"code": code, "area_code": area})


@pytest.mark.django_db
def test_posts_follow_a_merge_and_one_that_would_double_stays(territory):
    unit = station(A)
    role = Role.objects.get(code="grid_member")
    people = [write(SYSTEM, "create", Staff, {"username": name, "name": name, "phone": "19900000001"}) for name in "ab"]
    posts = [(people[0], 1), (people[0], 2), (people[1], 2), (people[1], 3)]
    made = [
        write(SYSTEM, "create", Post, {"staff": who, "unit": unit, "role": role, "area_code": f"{A}{n:03}"})
        for who, n in posts
    ]
    act(SYSTEM, cell(1), "merge", {"others": [cell(2).pk, cell(3).pk]})
    for post in made:
        post.refresh_from_db()
        assert verify(post).whole
    assert [post.area_code[-3:] for post in made] == ["001", "002", "001", "003"]


@pytest.mark.django_db
def test_a_unit_keeps_what_it_is_responsible_for_wherever_its_office_lies(territory):
    unit = station(f"{A}001", Point(120.5095, 31.215, srid=4326))
    line = json.loads(shapely.to_geojson(shapely.LineString([(120.508, 31), (120.508, 32)])))
    act(SYSTEM, cell(1), "split", {"line": line})
    unit.refresh_from_db()
    assert unit.area_code == f"{A}001"
    act(SYSTEM, cell(4), "merge", {"others": [cell(1).pk]})
    unit.refresh_from_db()
    assert unit.area_code == f"{A}004"


@pytest.mark.django_db
def test_settled_registers_keep_the_code_of_their_day(territory, monkeypatch):
    tree("N", f"{A}002")
    monkeypatch.setitem(registry.extras, Settled, [Settled("tree")])
    act(SYSTEM, cell(1), "merge", {"others": [cell(2).pk]})
    assert Tree.objects.get().area_code == f"{A}002"


@pytest.mark.django_db
def test_many_records_go_in_batches(territory, monkeypatch):
    monkeypatch.setattr(relink, "BATCH", 3)
    for n in range(8):
        tree(f"T{n}", f"{A}002")
    act(SYSTEM, cell(1), "merge", {"others": [cell(2).pk]})
    assert set(Tree.objects.values_list("area_code", flat=True)) == {f"{A}001"}
    assert all(verify(t).whole for t in Tree.objects.all())


@pytest.mark.django_db
def test_nothing_is_kept_when_a_record_cannot_follow(territory, monkeypatch):
    tree("N", f"{A}002")

    def broken(*_args, **_kw):
        raise RuntimeError

    monkeypatch.setattr(relink, "bulk_change", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        act(SYSTEM, cell(1), "merge", {"others": [cell(2).pk]})
    assert cell(2).status == "active"
    assert cell(1).version == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_one_community_do_not_wait_for_each_other():
    importing.carry_out(SYSTEM, importing.draft(divisions(), outlines()))
    held, done, refused = threading.Event(), threading.Event(), []

    def holder():
        try:
            with transaction.atomic():
                Region.objects.select_for_update().get(area_code=A)
                held.set()
                done.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=holder)
    thread.start()
    assert held.wait(20)
    line = json.loads(shapely.to_geojson(shapely.LineString([(120.505, 31), (120.505, 32)])))
    try:
        act(SYSTEM, cell(1), "split", {"line": line})
    except Conflict as error:
        refused.append(str(error))
    finally:
        done.set()
        thread.join()
    assert refused == ["“石湖社区居委会”正在被其他人调整，请稍后再试。"]
    assert act(SYSTEM, cell(1), "split", {"line": line}).version == 2
