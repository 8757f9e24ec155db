"""A small city for the tests of the case line: centres of three levels, departments, people, an item catalogue."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import Point

from gezhi.domains.cases import models as m
from gezhi.domains.cases.public import report
from gezhi.engines.workflow.act import act
from gezhi.foundation.documents.models import Document
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.foundation.units.public import actor_of, public_actor
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write

CHINA = ZoneInfo("Asia/Shanghai")
GRID = "320508001001001"
SPOT = Point(120.62, 31.30, srid=4326)
FAR = Point(120.64, 31.30, srid=4326)

ITEMS: dict[str, dict[str, Any]] = {
    "0101001": {"name": "供水井盖异常", "version": "1", "limit_value": 4, "limit_unit": "work_hour",
                "urgency": "urgent2", "inspect": True},
    "0102001": {"name": "暴露垃圾", "version": "1", "limit_value": 2, "limit_unit": "work_day", "urgency": "normal",
                "inspect": True, "self_handle": True},
    "0103001": {"name": "噪声扰民", "version": "1", "limit_value": 5, "limit_unit": "work_day", "urgency": "normal",
                "inspect": False},
    "0109001": {"name": "燃气泄漏", "version": "1", "limit_value": 2, "limit_unit": "urgent_hour", "urgency": "urgent1",
                "inspect": True},
}


def when(text: str) -> dt.datetime:
    """``"2026-09-18 09:00"`` in China."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


class City:
    """Units, posts and shortcuts. ``city.actor("reviewer")`` acts now; ``city.do`` acts at a past time."""

    def __init__(self) -> None:
        self.root = self.unit("sz", "centre", level="city", area="3205")
        self.centre = self.unit("gs", "centre", self.root, level="county", area="320508")
        self.town = self.unit("pj", "centre", self.centre, level="town", area="320508001")
        self.cg = self.unit("cg", "department", self.root, area="3205", dept="CG")
        self.team = self.unit("cg1", "sub_unit", self.cg, area="320508")
        self.hb = self.unit("hb", "department", self.root, area="3205", dept="HB")
        self.ga = self.unit("ga", "department", self.root, area="3205", dept="GA")
        self.grid = self.unit("grid", "station", self.town, level="community", area="320508001001")
        self.actors: dict[tuple[str, str], Actor] = {}
        self.duty: dict[str, list[dict[str, Any]]] = {}
        self.numbers = 0

    @staticmethod
    def unit(code: str, kind: str, parent: Unit | None = None, level: str = "city", area: str = "3205",
             dept: str = "") -> Unit:
        return write(SYSTEM, "create", Unit, {"code": code, "name": f"{code}单位", "kind": kind, "level": level,
                                              "area_code": area, "parent": parent, "dept_type": dept})

    def post(self, role: str, unit: Unit | None = None, area: str = "", name: str = "") -> Post:
        """A new person in a post."""
        self.numbers += 1
        staff = write(SYSTEM, "create", Staff, {"username": f"u{self.numbers}",
                                                "name": name or f"{role}{self.numbers}"})
        return write(SYSTEM, "create", Post, {
            "staff": staff, "unit": unit or self._home(role), "role": Role.objects.get(code=role),
            "area_code": area or (GRID if role == "grid_member" else "3205" if role == "leader" else "320508")})

    def _home(self, role: str) -> Unit:
        if role in ("grid_member", "grid_leader"):
            return self.grid
        return self.cg if role in ("unit_clerk", "handler") else self.root if role == "leader" else self.centre

    def actor(self, role: str, unit: Unit | None = None) -> Actor:
        """The (one) actor of a role in a unit, made when first asked for."""
        if role == "public":
            return public_actor()
        key = (role, unit.code if unit else "")
        if key not in self.actors:
            self.actors[key] = actor_of(self.post(role, unit))
        return self.actors[key]

    def photo(self, who: str = "grid_member") -> int:
        """A picture that a person just uploaded."""
        self.numbers += 1
        return write(SYSTEM, "create", Document, {
            "name": f"{self.numbers}.jpg", "kind": "image", "mime": "image/jpeg", "size": 10,
            "uploader_id": self.actor(who).user_id, "sha256": f"{self.numbers:064d}"}).pk

    def do(self, who: str, record: Any, move: str, at: str | None = None, *, of: Unit | None = None,
           **inputs: Any) -> Any:
        """Make a move as a person of a role; with ``at``, at a past time in China."""
        actor = SYSTEM if who == "system" else self.actor(who, of)
        if at is None:
            return act(actor, record, move, inputs)
        return act(replace(actor, kind="system"), record, move, inputs, at=when(at))

    def report(self, at: str | None = None, **values: Any) -> Any:
        """A citizen's report at the spot."""
        given = {"channel": "hotline_12345", "content": "小区门口堆了很多垃圾，没有人清理", "place": SPOT,
                 "reporter_phone": "19900000001", "reporter_name": "王演示", **values}
        case, made = report(SYSTEM if at else public_actor(), given, at=when(at) if at else None)
        assert made
        return case

    def filed(self, at: str | None = None, item: str = "0102001", **values: Any) -> Any:
        """A case that was just filed."""
        case = self.report(at, **values)
        case = self.do("acceptor", case, "complete", at, item_code=item)
        return self.do("acceptor", case, "file", at, no_duplicate=True)

    def handled(self, at: str | None = None, item: str = "0102001", **values: Any) -> tuple[Any, Any]:
        """A case and its one order, signed."""
        case = self.dispatched(at, item, **values)
        order = self.do("unit_clerk", case.orders.get(), "sign", at)
        return self.again(case), order

    def dispatched(self, at: str | None = None, item: str = "0102001", **values: Any) -> Any:
        """A case dispatched to the city management department."""
        return self.give(self.filed(at, item, **values), at)

    def give(self, case: Any, at: str | None = None, move: str = "dispatch", **plan: Any) -> Any:
        """Dispatch, with the department by default."""
        actor = self.actor("dispatcher")
        inputs = {"unit": self.cg.pk, **plan}
        return act(replace(actor, kind="system"), case, move, inputs, at=when(at)) if at else act(
            actor, case, move, inputs)

    def submit(self, order: Any, at: str | None = None, of: Unit | None = None, **more: Any) -> Any:
        """The unit hands its result in."""
        return self.do("unit_clerk", order, "submit_result", at, of=of, **{
            "result": "已清理", "outcome": "01", "reply": "您反映的问题已经解决", "contact_method": "phone", **more})

    @staticmethod
    def again(record: Any) -> Any:
        """The record as it stands now."""
        return type(record).objects.get(pk=record.pk)

    @staticmethod
    def clock(record: Any, name: str) -> Any:
        """The newest clock of a name."""
        from gezhi.domains.cases.tools import last_clock

        return last_clock(record, name)


def ports(monkeypatch: Any, city: City) -> None:
    """A catalogue of four items, a matrix that a test fills, one grid."""
    from gezhi.kernel.registry import registry

    monkeypatch.setitem(registry._ports, "item_facts", lambda code, at: ITEMS.get(code, {}))
    monkeypatch.setitem(registry._ports, "responsible", lambda item, area, at: city.duty.get(item, []))
    monkeypatch.setitem(registry._ports, "duty_grounds",
                        lambda item, area, at: {"candidates": city.duty.get(item, []), "rows": []})
    monkeypatch.setitem(registry._ports, "grid_at", lambda lon, lat: GRID)
    monkeypatch.setitem(registry._ports, "classify", lambda text: None)


__all__ = ["FAR", "GRID", "ITEMS", "SPOT", "City", "m", "ports", "when"]
