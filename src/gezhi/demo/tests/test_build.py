"""The demo city is built through the doors, once, and goes on where it was interrupted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth import authenticate

from gezhi.demo import build as demo
from gezhi.demo import duties, people
from gezhi.demo.ground import INVENTED, areas, invented, places
from gezhi.domains.assessment.verify import sealed, verify
from gezhi.foundation.catalogue.public import Matrix, Responsibility, in_force
from gezhi.foundation.territory.public import GridCell, Region, check
from gezhi.foundation.units.models import Post, Staff, Unit
from gezhi.kernel.registry import registry

from .conftest import WISH, silent

pytestmark = pytest.mark.django_db
@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    """One small city for the tests of this file that only look."""
    from django.db import transaction

    with django_db_blocker.unblock():
        hold = transaction.atomic()
        hold.__enter__()
        made = demo.build(WISH, silent)
        yield made
        transaction.set_rollback(True)
        hold.__exit__(None, None, None)


def test_the_invented_ground_is_whole_and_tiled(city):
    assert (city.code, city.stage) == (INVENTED, "done")
    assert Region.objects.filter(level="community").count() == 24
    cells = GridCell.objects.count()
    assert 55 <= cells <= 70 and all(GridCell.objects.values_list("made", flat=True))
    for county in Region.objects.filter(level="county"):
        assert not check(county.area_code)


def test_points_of_the_plan_lie_in_their_cells(city):
    found = places(INVENTED)
    assert len(found.codes) == GridCell.objects.count() and (found.radius > 0).all()
    assert found.rural.any() and not found.rural.all()


def test_everything_is_marked_as_invented(city):
    assert Unit.objects.count() == Unit.objects.filter(invented=True).count() > 80
    assert Staff.objects.filter(invented=True, name__endswith="（演示）").count() == Staff.objects.count() >= 260
    assert not Post.objects.filter(invented=False).exists()


def test_every_item_finds_a_unit_in_every_county(city):
    matrix = Matrix()
    assert in_force().items == 534 and Responsibility.objects.filter(derived=True).count() > 500
    for code in ("0106010", "0601004", "0701001", "1301004", "9901001"):
        for county in areas(INVENTED)[1]:
            assert matrix.responsible(code, county.code + "001001001")[0].score >= 0.1


def test_the_rooms_of_supervision_and_assessment_are_lively(city):
    def kept(name):
        return registry.register(name).model.objects

    orders = kept("supervision_order")
    assert orders.count() >= 3 and orders.values("status").distinct().count() >= 2
    assert orders.exclude(answer="").exists() and kept("supervision_remark").exists()
    late = kept("work_order").filter(overtime=True, due_at__gte=city.now - dt.timedelta(days=100)).exists()
    assert kept("card").filter(reason="overdue").exists() == late
    assert Responsibility.objects.filter(legal_basis=duties.BASIS).count() <= 2
    assert {m.month for m in sealed()} == {"2026-06", "2026-07", "2026-08"}
    proof = verify(sealed("2026-08")[0])
    assert proof.whole and proof.lines > 3, proof.wrong
    assert not [event for event in orders.values_list("issued_at", flat=True) if event > city.now]


def test_each_role_can_sign_in(city):
    found = {one.role: one for one in people.sign_ins()}
    assert set(found) == set(people.SIGN_INS)
    assert authenticate(username="acceptor", password=people.PASSWORD) is not None
    assert found["admin"].privileged and not found["handler"].privileged
    assert len(people.code_now()) == 6


def test_a_second_build_changes_nothing(city):
    before = (Unit.objects.count(), Post.objects.count(), GridCell.objects.count(), Responsibility.objects.count())
    assert demo.build(demo.Wish(source="invented", seed=99, cases=1, grids=5), silent).pk == city.pk
    assert before == (Unit.objects.count(), Post.objects.count(), GridCell.objects.count(),
                      Responsibility.objects.count())


def test_the_invented_divisions_follow_the_seed():
    assert invented(1)[0] == invented(1)[0] != invented(2)[0]
