"""A line is a line on the map, lies in an area, and shows its records to whom it shows itself."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.gis.geos import LineString, Polygon

from gezhi.domains.lines.models import LineRecord, ProtectedLine
from gezhi.engines.access import grants_of
from gezhi.engines.tables.query import Query
from gezhi.foundation.units.models import Staff
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA = "320508001001001"
COURSE = {"type": "LineString", "coordinates": [[120.6, 31.3], [120.61, 31.31]]}


def line(**values):
    return write(SYSTEM, "create", ProtectedLine, {"name": "演示输气管道", "kind": "03", "area_code": AREA,
                                                   "owner_unit": "演示燃气公司", "keeper_unit": "演示派出所",
                                                   "hazard_grade": "03", **values})


def test_a_course_is_a_line_and_nothing_else():
    kind = registry.register("protected_line").kinds["course"]
    assert kind.parse(COURSE).geom_type == "LineString" and kind.widget()["draw"] == "line"
    box = Polygon.from_bbox((120.6, 31.3, 120.61, 31.31))
    for wrong in (box, "not a shape", {"type": "Point", "coordinates": [120.6, 31.3]}):
        with pytest.raises(Invalid):
            kind.parse(wrong)
    assert registry.register("key_area").kinds["outline"].parse(box).geom_type == "Polygon"
    with pytest.raises(Invalid):
        registry.register("key_area").kinds["outline"].parse(LineString((120.6, 31.3), (120.61, 31.31), srid=4326))
    assert line(course=kind.parse(COURSE)).course.length > 0


def test_a_line_without_area_or_course_is_refused():
    with pytest.raises(Invalid) as caught:
        line(area_code="")
    assert "area_code" in caught.value.errors


def test_what_was_done_is_not_in_the_future_and_follows_the_lines_area():
    staff = write(SYSTEM, "create", Staff, {"username": "s1", "name": "巡线员"})
    values = {"line": line(), "kind": "1", "content": "沿线巡查，未见异常", "operator": staff}
    with pytest.raises(Invalid):
        write(SYSTEM, "create", LineRecord, {**values, "happened_on": dt.date.today() + dt.timedelta(days=1)})
    made = write(SYSTEM, "create", LineRecord, {**values, "happened_on": dt.date.today()})
    for area, seen in ((AREA, True), ("320509", False)):
        who = Actor(kind="staff", name="网格员", user_id=1, role="grid_member", area=area,
                    grants=grants_of("grid_member"))
        assert ([r.pk for r in Query(registry.register("line_record"), who, {}).rows()] == [made.pk]) is seen
