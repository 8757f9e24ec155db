"""A device is there once, stands in an area, and points somewhere."""

from __future__ import annotations

import pytest

from gezhi.domains.devices.models import Device
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


def device(**values):
    return write(SYSTEM, "create", Device, {"code": "32050800001310000001", "name": "友谊路口东", "kind": "01",
                                            "area_code": "320508001001001", **values})


@pytest.mark.parametrize(("values", "field"), [
    ({"heading": 360}, "heading"), ({"code": "摄像机1"}, "code"), ({"state": "9"}, "state"),
    ({"area_code": ""}, "area_code")])
def test_what_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as caught:
        device(**values)
    assert field in caught.value.errors


def test_the_same_number_twice_is_refused():
    assert device(heading=0).state == "1"
    with pytest.raises(Invalid) as caught:
        device()
    assert "code" in caught.value.errors
