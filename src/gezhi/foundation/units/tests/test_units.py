"""Units keep their paths, posts make actors, roles can be edited only soundly."""

from datetime import timedelta

import pytest
from django.core.signing import BadSignature
from django.utils import timezone

from gezhi.foundation.units.actors import LIVE, WALL, Pass
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.foundation.units.public import actor_of, centre_of, holders
from gezhi.foundation.units.role import CATALOGUE
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid, Refused
from gezhi.kernel.records import History

pytestmark = pytest.mark.django_db


def unit(code, parent=None, **more):
    values = {"code": code, "name": f"单位{code}", "kind": "department", "level": "city", "area_code": "3205"}
    return write(SYSTEM, "create", Unit, {**values, "parent": parent, **more})


def post(role, area="320508", at=None, username="u1"):
    person = Staff.objects.filter(username=username).first() or write(
        SYSTEM, "create", Staff, {"username": username, "name": "张演示", "phone": "19900000001"})
    return write(SYSTEM, "create", Post, {"staff": person, "unit": at or unit("A"), "area_code": area,
                                          "role": Role.objects.get(code=role)})


def test_the_role_catalogue_is_there_after_migrate():
    assert set(Role.objects.values_list("code", flat=True)) == {code for code, *_rest in CATALOGUE}


def test_paths_follow_the_tree_and_loops_are_refused():
    top = unit("A")
    low = unit("B", top)
    assert low.path == "/A/B/"
    with pytest.raises(Invalid):
        write(SYSTEM, "change", top, {"parent": low})


def test_actor_of_a_post_has_its_area_and_grants():
    actor = actor_of(post("admin"))
    assert actor.area == "320508" and actor.may("unit.create")
    with pytest.raises(Refused):
        write(actor_of(post("handler", at=unit("C"), username="u2")), "create", Unit, {"code": "Z", "name": "z"})


def test_role_overlay_is_checked_and_takes_effect():
    holder = post("handler")
    with pytest.raises(Invalid, match="没有"):
        write(SYSTEM, "change", holder.role, {"overlay": {"unit.fly": ["all"]}})
    role = write(SYSTEM, "change", holder.role, {"overlay": {"unit.create": ["all"], "unit.view": []}})
    holder.role = role
    actor = actor_of(holder)
    assert actor.may("unit.create") and not actor.may("unit.view")


def test_centre_of_is_the_nearest_above():
    city = unit("Z", kind="centre")
    county = unit("Y", city, kind="centre", level="county", area_code="320508")
    assert centre_of("320508001002") == county and centre_of("320509") == city and centre_of("") == city


def test_holders_cover_the_area():
    one = post("grid_member", area="320508001001001")
    assert holders("grid_member", area_code="320508001001001") == [one]
    assert holders("grid_member", area_code="320508001001002") == []


def test_password_is_kept_through_the_door():
    person = post("admin").staff
    person.set_password("correct horse")
    person.save()
    assert Staff.objects.get(pk=person.pk).check_password("correct horse")
    assert History.objects.filter(register="staff", verb="password").count() == 1
    assert "argon2" not in str(list(History.objects.values_list("changes", flat=True)))


def test_a_pass_stands_for_its_post_until_it_is_altered_too_old_or_the_post_ends():
    held = post("leader")
    text = LIVE.given(actor_of(held))
    assert LIVE.actor(text).post_id == held.pk and LIVE.actor(text).via == "live"
    for wrong in (text[:-1] + ("A" if text[-1] != "A" else "B"), WALL.given(actor_of(held)), "nonsense"):
        with pytest.raises(BadSignature):
            LIVE.actor(wrong)
    with pytest.raises(BadSignature):
        Pass(LIVE.salt, -1, "live").actor(text)
    write(SYSTEM, "change", held, {"valid_to": timezone.localdate() - timedelta(days=1)})
    assert LIVE.actor(text) is None
