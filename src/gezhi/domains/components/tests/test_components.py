"""Components are numbered by county and type, and a given number must tell the type."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from gezhi.domains.components.component import Component
from gezhi.foundation.catalogue.models import ComponentType
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def lid():
    return write(SYSTEM, "create", ComponentType, {"code": "01001", "name": "供水井盖", "family": "市政公用设施"})


def component(lid, **values):
    return write(SYSTEM, "create", Component, {"type": lid, "area_code": "320508001001001",
                                               "place": Point(120.6, 31.3, srid=4326), **values})


def test_numbers_run_on_within_county_and_type(lid):
    assert [component(lid).code for _n in range(2)] == ["32050801001000001", "32050801001000002"]
    assert component(lid, area_code="320509001001001").code == "32050901001000001"
    assert component(lid).name == "供水井盖"


@pytest.mark.parametrize(("values", "field"), [
    ({"code": "32050801002000001"}, "code"), ({"code": "3205080100100000X"}, "code"), ({"state": "09"}, "state"),
    ({"owner_code": "91350100M000100Y44"}, "owner_code"),
    ({"since": "2026-02-02", "changed_on": "2026-02-01"}, "changed_on")])
def test_what_cannot_be_is_refused(lid, values, field):
    with pytest.raises(Invalid) as caught:
        component(lid, **values)
    assert field in caught.value.errors
