"""A grid with its worker, two residents in care, one under correction; used by the tests of visits."""

from __future__ import annotations

import datetime as dt

from django.contrib.gis.geos import Point

from gezhi.domains.programmes.models import CarePerson, CorrectionPerson
from gezhi.engines.access import grants_of
from gezhi.foundation.people.models import Person
from gezhi.foundation.premises.models import Home, StandardAddress
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.identifiers import id_check

AREA, TODAY, DAY = "320508001001001", dt.date.today(), dt.timedelta(days=1)
HOME = Point(120.6, 31.3, srid=4326)
BASIS = {"basis": "01", "basis_no": "〔2026〕1号", "begins": TODAY - 60 * DAY, "ends": TODAY + 300 * DAY}


def resident(serial, **values):
    body = f"3205081950{'0101'}{serial:03d}"
    return write(SYSTEM, "create", Person, {"kind": "01", "name": "欧阳小明", "area_code": AREA,
                                            "id_no": body + id_check(body), **values})


class Grid:
    """Units, posts and people; ``at(post)`` is the actor of a post."""

    def __init__(self):
        self.office = self.unit("J")
        self.station = self.unit("W")
        self.worker, self.keeper, self.clerk = (
            self.post(role, unit, area) for role, unit, area in (
                ("grid_member", self.station, AREA), ("handler", self.office, "3205"),
                ("unit_clerk", self.office, "3205")))
        address = write(SYSTEM, "create", StandardAddress, {
            "area_code": AREA[:12], "road": "湖滨路", "number": "2号", "place": HOME})
        self.home = write(SYSTEM, "create", Home, {"address": address, "area_code": AREA, "place": HOME, "use": "01",
                                                   "status": "01"})
        self.old, self.other, self.freed = (resident(n, home=self.home if n == 1 else None) for n in (1, 2, 3))
        self.care = self.enter(CarePerson, self.old, kind="01", emergency_name="王五")
        self.correction = self.enter(CorrectionPerson, self.freed, correction_no="J1", kind="02", received="01")

    @staticmethod
    def unit(code):
        return write(SYSTEM, "create", Unit, {"code": code, "name": f"单位{code}", "kind": "department",
                                              "level": "city", "area_code": "3205"})

    @staticmethod
    def post(role, unit, area):
        count = Staff.objects.count()
        staff = write(SYSTEM, "create", Staff, {"username": f"v{count}", "name": f"职员{count}"})
        return write(SYSTEM, "create", Post, {"staff": staff, "unit": unit, "area_code": area,
                                              "role": Role.objects.get(code=role)})

    def enter(self, model, person, **values):
        return write(SYSTEM, "create", model, {"person": person, "unit": self.office, "keeper": self.keeper.staff,
                                               **BASIS, **values})

    @staticmethod
    def at(post):
        return Actor(kind="staff", name=post.staff.name, user_id=post.staff_id, post_id=post.pk, role=post.role.code,
                     unit_id=post.unit_id, unit_path=post.unit.path, area=post.area_code,
                     grants=grants_of(post.role.code), strong=True)
