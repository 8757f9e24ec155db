"""A gardener with a phone, over the small house of the tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client
from tests.house.models import Tree

from gezhi.engines.workflow.act import act
from gezhi.foundation.units.actors import actor_of, posts_of
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

AREA = "320508"


@pytest.fixture
def gardener(db):
    """A person who plants and tends trees in one county, signed in on a phone; ``plant(code)`` makes a tree."""
    unit = write(SYSTEM, "create", Unit, {
        "code": "U1", "name": "园林站", "kind": "department", "level": "county", "area_code": AREA})
    role = Role.objects.filter(code="gardener").first() or write(
        SYSTEM, "create", Role, {"code": "gardener", "name": "园丁", "face": "worker"})
    staff = write(SYSTEM, "create", Staff, {"username": "hua", "name": "华演示"})
    write(SYSTEM, "create", Post, {"staff": staff, "unit": unit, "role": role, "area_code": AREA})
    client = Client()
    client.force_login(staff)
    me = actor_of(posts_of(staff.pk)[0], via="pocket")
    return SimpleNamespace(
        client=client, me=me, staff=staff,
        plant=lambda code, area=AREA: act(SYSTEM, Tree, "plant", {"code": code, "area_code": area}))
