"""The demo city's units, staff and posts, written through the bulk door; and a sign-in for each role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from gezhi.demo.rhythm import Places
from gezhi.demo.units_plan import Area, Organisation, UnitPlan, plan_organisation
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import Session, door

PASSWORD = "Gezhi-Demo-2026"  # noqa: S105  (meant to be known: it opens invented data only)
SECRET = "GEZHIDEMOCITY234GEZHIDEMOCITY234"  # noqa: S105
"""Key of the second factor of every privileged demo account, so that whoever runs the demo can sign in."""
SIGN_INS = ("acceptor", "dispatcher", "shift_leader", "reviewer", "callback_agent", "supervisor", "archivist",
            "leader", "admin", "auditor", "unit_clerk", "handler", "grid_leader", "grid_member")
_KINDS = {"ZHZX": "centre", "ST": "town", "CM": "station", "RTW": "team"}
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A way into the demo city: role, its label, user name, person, unit, and whether a second factor is asked."""

    role: str
    label: str
    username: str
    name: str
    unit: str
    privileged: bool


def _kind(unit: UnitPlan) -> str:
    return _KINDS.get(unit.dept_type) or ("enterprise" if unit.dept_type.startswith("QY_") else "department")


def _point(rng: Random, places: Places, area: str) -> Point | None:
    """Somewhere in the area."""
    inside = [index for index, code in enumerate(places.codes) if code.startswith(area)]
    if not inside:
        return None
    index = rng.choice(inside)
    return Point(float(places.lon[index]), float(places.lat[index]), srid=4326)


def aliases(organisation: Organisation) -> dict[str, str]:
    """Short user names for one person of each role: the city's centre, then the first county, stand for the rest."""
    levels = {unit.code: unit for unit in organisation.units}
    order = {"city": 0, "county": 1, "town": 2, "community": 3}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for role in SIGN_INS:
        held = [post for post in organisation.posts if post.role == role and post.username not in taken]
        if role in ("unit_clerk", "handler"):
            held = [post for post in held if levels[post.unit].dept_type == "CG"
                    and levels[post.unit].level == "county"] or held
        if held:
            best = min(held, key=lambda post: order[levels[post.unit].level])
            found[best.username] = role
            taken.add(best.username)
    return found


def build(seed: int, ground: tuple[Area, Sequence[Area], Sequence[Area], Sequence[Area]], places: Places,
          size: tuple[int, int], progress: Progress) -> Organisation:
    """Write units, staff and posts that are not there yet.

    Args:
        seed: same seed, same people.
        ground: city, counties, towns, communities.
        places: grid cells, for the units' positions.
        size: units and staff to aim at.
        progress: told of rows done and in all.
    """
    plan = plan_organisation(seed, *ground, units=size[0], staff=size[1])
    total = len(plan.units) + len(plan.staff) + len(plan.posts)
    with door(SYSTEM.through("demo")) as session:
        units = _units(session, plan, places, Random(seed))
        progress(len(units), total)
        staff = _staff(session, plan)
        progress(len(units) + len(staff), total)
        _posts(session, plan, units, staff)
    _second_factors()
    progress(total, total)
    return plan


def _units(session: Session, plan: Organisation, places: Places, rng: Random) -> dict[str, Unit]:
    """Parents first: each level is written before the one below."""
    known = {unit.code: unit for unit in Unit.objects.filter(code__in=[unit.code for unit in plan.units])}
    waiting = [unit for unit in plan.units if unit.code not in known]
    while waiting:
        ready = [unit for unit in waiting if not unit.parent or unit.parent in known]
        rows = [{
            "code": unit.code, "name": unit.name, "kind": _kind(unit), "dept_type": unit.dept_type,
            "level": unit.level, "area_code": unit.area, "parent": known.get(unit.parent),
            "place": _point(rng, places, unit.area), "invented": True} for unit in ready]
        known.update({unit.code: unit for unit in bulk_create(session, Unit, rows, verb="create")})
        waiting = [unit for unit in waiting if unit.code not in known]
    return known


def _staff(session: Session, plan: Organisation) -> dict[str, Staff]:
    """One password hash serves all: hashing is slow on purpose, and the password is printed anyway."""
    names = aliases(plan)
    known = {person.username: person for person in Staff.objects.filter(invented=True)}
    digest = make_password(PASSWORD)
    fresh = [{
        "username": names.get(person.username, person.username), "name": person.name, "phone": person.phone,
        "password": digest, "invented": True} for person in plan.staff
        if names.get(person.username, person.username) not in known]
    known.update({person.username: person for person in bulk_create(session, Staff, fresh, verb="create")})
    return {person.username: known[names.get(person.username, person.username)] for person in plan.staff}


def _posts(session: Session, plan: Organisation, units: dict[str, Unit], staff: dict[str, Staff]) -> None:
    roles = {role.code: role for role in Role.objects.all()}
    have = set(Post.objects.filter(invented=True).values_list("staff_id", "unit_id", "role_id", "area_code"))
    rows: list[dict[str, Any]] = []
    seen: set[int] = set()
    for post in plan.posts:
        person, unit, role = staff[post.username], units[post.unit], roles[post.role]
        if (person.pk, unit.pk, role.pk, post.area) not in have:
            rows.append({"staff": person, "unit": unit, "role": role, "area_code": post.area,
                         "primary": person.pk not in seen, "invented": True})
        seen.add(person.pk)
    bulk_create(session, Post, rows, verb="create")


def _second_factors() -> None:
    """Privileged demo accounts come with their second factor, so that the first sign-in is not a set-up."""
    privileged = Staff.objects.filter(invented=True, username__in=SIGN_INS, posts__role__privileged=True).distinct()
    for person in privileged:
        if not Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists():
            totp.TOTP.activate(person, SECRET)


def code_now() -> str:
    """The second factor's six digits at this moment."""
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


def sign_ins() -> list[SignIn]:
    """The accounts to try the city with, one a role, in the order of the case line."""
    posts = Post.objects.filter(staff__username__in=SIGN_INS, staff__invented=True).select_related(
        "staff", "role", "unit").order_by("-primary", "id")
    by_name: dict[str, Post] = {}
    for post in posts:
        if post.role.code == post.staff.username:
            by_name.setdefault(post.staff.username, post)
    return [SignIn(role, _(by_name[role].role.name), role, by_name[role].staff.name, str(by_name[role].unit),
                   by_name[role].role.privileged) for role in SIGN_INS if role in by_name]
