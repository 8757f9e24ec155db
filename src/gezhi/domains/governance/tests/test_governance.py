"""Bodies lie in an area and are for every colleague's eyes; a member is in a team once, and sex follows the number."""

from __future__ import annotations

import pytest

from gezhi.domains.governance.models import PreventOrg, TeamMember, ZzOrg
from gezhi.engines.access import grants_of
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA, NUMBER = "320508001001", "11010519491231002X"


def team(**values):
    return write(SYSTEM, "create", PreventOrg, {"name": "平江义务巡防队", "level": "06", "kind": "02", "headcount": 12,
                                                "area_code": AREA, "head_name": "王五", **values})


@pytest.mark.parametrize(("values", "field"), [
    ({"area_code": ""}, "area_code"), ({"kind": "77"}, "kind"), ({"head_phone": "1"}, "head_phone"),
    ({"skills": ["00"]}, "skills")])
def test_what_cannot_be_is_refused(values, field):
    with pytest.raises(Invalid) as caught:
        team(**values)
    assert field in caught.value.errors


def test_a_member_is_in_a_team_once_and_the_area_is_the_teams():
    first, second = team(), team(name="另一支队伍")
    values = {"name": "王五", "gender": "1", "id_no": NUMBER.lower(), "role": "06"}
    made = write(SYSTEM, "create", TeamMember, {"team": first, **values})
    assert (made.gender, made.id_no) == ("2", NUMBER)
    assert write(SYSTEM, "create", TeamMember, {"team": second, **values}).pk
    with pytest.raises(Invalid):
        write(SYSTEM, "create", TeamMember, {"team": first, **values})
    clerk = Actor(kind="staff", name="联络员", user_id=1, role="unit_clerk", area="320508",
                  grants=grants_of("unit_clerk"))
    assert permits(registry.register("team_member"), clerk, "change", made)


def test_every_colleague_reads_the_directory_and_a_citizen_does_not():
    body = write(SYSTEM, "create", ZzOrg, {"name": "街道综治中心", "level": "05", "kind": "03", "area_code": AREA})
    for role in ("handler", "acceptor", "leader"):
        who = Actor(kind="staff", name=role, user_id=1, role=role, area="3205", grants=grants_of(role))
        assert permits(registry.register("zz_org"), who, "view", body)
    assert not grants_of("public").get("zz_org.view")
