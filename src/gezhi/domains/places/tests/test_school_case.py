"""An incident at a school names nobody, has happened, and is seen over the school's area."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.domains.places.models import School, SchoolCase
from gezhi.engines.access import grants_of
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return write(SYSTEM, "create", School, {
        "name": "演示小学", "kind": "02", "nature": "1", "authority": "演示教育局", "address_text": "友谊路9号",
        "area_code": "320508001001001", "students": 800, "head_name": "王五"})


def incident(school, **values):
    return write(SYSTEM, "create", SchoolCase, {"school": school, "number": "X1", "name": "校门口交通事故",
                                                "nature": "05", "happened_on": dt.date(2026, 5, 4),
                                                "address": "友谊路9号", **values})


@pytest.mark.parametrize(("values", "field"), [
    ({"happened_on": dt.date.today() + dt.timedelta(days=1)}, "happened_on"),
    ({"offenders": 2, "fugitives": 1, "arrested": 2}, "offenders"), ({"nature": "88"}, "nature")])
def test_what_cannot_be_is_refused(school, values, field):
    with pytest.raises(Invalid) as caught:
        incident(school, **values)
    assert field in caught.value.errors


def test_who_sees_it_and_what_is_asked(school):
    record = incident(school)
    seers = {role for role in ("grid_member", "grid_leader", "unit_clerk", "leader", "admin", "acceptor")
             if permits(registry.register("school_case"), Actor(
                 kind="staff", name=role, user_id=1, role=role, area="320508", grants=grants_of(role)), "view", record)}
    assert seers == {"grid_leader", "unit_clerk", "leader"}
    assert not {"suspect_name", "victim", "person"} & {f.name for f in SchoolCase._meta.fields}
