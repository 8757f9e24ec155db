"""A gardener with a phone, over the small house of the tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client
from tests.house import people
from tests.house.models import Tree
from tests.house.people import AREA

from gezhi.engines.workflow.act import act
from gezhi.foundation.units.actors import actor_of, posts_of
from gezhi.kernel.actors import SYSTEM


@pytest.fixture
def gardener(db):
    """A person who plants and tends trees in one county, signed in on a phone; ``plant(code)`` makes a tree."""
    staff = people.gardener()
    client = Client()
    client.force_login(staff)
    me = actor_of(posts_of(staff.pk)[0], via="pocket")
    return SimpleNamespace(
        client=client, me=me, staff=staff,
        plant=lambda code, area=AREA: act(SYSTEM, Tree, "plant", {"code": code, "area_code": area}))
