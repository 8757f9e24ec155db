"""An incident is seen over its area; whom it concerns, by the unit that wrote it down only."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.domains.incidents.models import CaseParty, SecurityCase
from gezhi.engines.access import grants_of
from gezhi.foundation.units.models import Unit
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 5, 4)


@pytest.fixture
def units():
    return [write(SYSTEM, "create", Unit, {"code": code, "name": f"单位{code}", "kind": "department", "level": "city",
                                           "area_code": "3205"}) for code in "AB"]


def incident(units, **values):
    return write(SYSTEM, "create", SecurityCase, {
        "number": "A2026050401", "name": "市场火情", "kind": "01", "level": "04", "nature": "05", "happened_on": DAY,
        "area_code": "320508001001001", "address": "友谊路5号", "unit": units[0], **values})


@pytest.mark.parametrize(("values", "field"), [
    ({"happened_on": dt.date.today() + dt.timedelta(days=1)}, "happened_on"),
    ({"closed_on": DAY - dt.timedelta(days=1)}, "closed_on"), ({"level": "09"}, "level")])
def test_what_cannot_be_is_refused(units, values, field):
    with pytest.raises(Invalid) as caught:
        incident(units, **values)
    assert field in caught.value.errors


def test_only_the_unit_that_wrote_it_down_knows_the_people(units):
    record = incident(units)
    party = write(SYSTEM, "create", CaseParty, {"security_case": record, "role": "02", "name": "欧阳小明"})
    assert str(party) == "欧阳**"
    for role in ("unit_clerk", "leader", "shift_leader", "admin"):
        for unit in units:
            who = Actor(kind="staff", name=role, user_id=1, role=role, area="3205", unit_id=unit.pk,
                        unit_path=unit.path, grants=grants_of(role), strong=True)
            assert permits(registry.register("security_case"), who, "view", record)
            assert permits(registry.register("case_party"), who, "view", party) == (
                role == "unit_clerk" and unit == units[0]), (role, unit)


def test_a_party_is_named_in_one_way(units):
    record = incident(units)
    for values in ({}, {"name": "王五", "id_type": "111", "id_no": "110105194912310021"}):
        with pytest.raises(Invalid):
            write(SYSTEM, "create", CaseParty, {"security_case": record, "role": "02", **values})
