"""A build that broke goes on; a real city is left alone. Apart from ``test_build``, whose city stands meanwhile."""

from __future__ import annotations

import pytest

from gezhi.demo import build as demo
from gezhi.demo.city import DemoCity
from gezhi.domains.cases.moves import intake
from gezhi.foundation.people.models import Person
from gezhi.foundation.units.models import Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict

from .conftest import WISH, silent

pytestmark = pytest.mark.django_db


def test_a_broken_build_goes_on_with_its_own_seed(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("killed")

    monkeypatch.setattr(demo.people, "build", fail)
    with pytest.raises(RuntimeError):
        demo.build(WISH, silent)
    assert DemoCity.objects.get().stage == "people"
    monkeypatch.undo()
    made = demo.build(demo.Wish(source="invented", seed=1234), silent)
    assert made.stage == "done" and made.seed == WISH.seed and Staff.objects.count() > 0


def test_the_registers_can_wait():
    intake._centres.clear()  # those of the city before
    made = demo.build(WISH, silent, "registers")
    assert made.stage == "registers" and made.made > 0 and not Person.objects.exists()
    assert demo.build(WISH, silent, "registers").stage == "registers"
    assert demo.build(WISH, silent).stage == "done" and Person.objects.count() == WISH.people


def test_a_real_city_is_left_alone():
    write(SYSTEM, "create", Unit, {"code": "R", "name": "真实单位", "kind": "department", "level": "city",
                                   "area_code": "3205"})
    with pytest.raises(Conflict, match="真实"):
        demo.build(WISH, silent)
    assert not DemoCity.objects.exists()
