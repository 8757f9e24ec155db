"""A rental names a tenant, ends after it began, and the home's state follows it."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.domains.housing.models import Rental
from gezhi.engines.tables.query import Query
from gezhi.foundation.premises.models import Home, StandardAddress
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA, FROM = "320508001001001", dt.date(2026, 3, 1)
NUMBER = "11010519491231002X"


@pytest.fixture
def home():
    place = write(SYSTEM, "create", StandardAddress, {"area_code": AREA, "road": "友谊路", "house_number": "5"})
    return write(SYSTEM, "create", Home, {"address": place, "use": "01", "status": "03"})


def let(home, **values):
    return write(SYSTEM, "create", Rental, {"home": home, "tenant_name": "欧阳小明", "use": "02", "lease_from": FROM,
                                            "occupants": 2, **values})


@pytest.mark.parametrize(("values", "field"), [
    ({"tenant_name": ""}, "tenant"), ({"occupants": 0}, "occupants"), ({"lease_to": dt.date(2026, 2, 1)}, "lease_to"),
    ({"ended_on": dt.date(2026, 2, 1)}, "ended_on"), ({"tenant_phone": "1"}, "tenant_phone"),
    ({"tenant_id_type": "111", "tenant_id_no": NUMBER[:-1] + "1"}, "tenant_id_no")])
def test_what_cannot_be_is_refused(home, values, field):
    with pytest.raises(Invalid) as caught:
        let(home, **values)
    assert field in caught.value.errors


def test_the_home_is_let_until_the_last_rental_has_ended(home):
    def state():
        return Home.objects.get(pk=home.pk).status

    first, second = let(home), let(home, tenant_name="王五")
    assert state() == "02"
    write(SYSTEM, "change", first, {"ended_on": dt.date(2026, 4, 1)})
    assert state() == "02"
    write(SYSTEM, "remove", second)
    assert state() == "04", "an empty home is looked at, not guessed to be empty"


def test_a_rental_is_found_by_area_and_by_the_tenants_whole_number(home):
    made, register = let(home, tenant_id_type="111", tenant_id_no=NUMBER.lower()), registry.register("rental")
    for raw in ({"area_code": AREA[:9]}, {"tenant_id_no": NUMBER}, {"home": str(home.pk)}):
        assert [r.pk for r in Query(register, SYSTEM, raw).rows()] == [made.pk], raw
    assert not list(Query(register, SYSTEM, {"area_code": "320509"}).rows())
    assert made.tenant_id_no == NUMBER
