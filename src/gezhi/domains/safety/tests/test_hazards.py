"""A hazard goes its way: reported with a picture, ordered, put right, looked at again; and is found when it is late."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from PIL import Image

from gezhi.domains.safety.models import SafetyHazard
from gezhi.engines.access import grants_of
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act
from gezhi.foundation.documents import receive
from gezhi.foundation.documents.attach import of_record
from gezhi.foundation.documents.store import FolderStore
from gezhi.foundation.organisations.models import Organisation
from gezhi.foundation.units.models import Staff
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Refused
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA, TODAY = "320508001001001", dt.date.today()


@pytest.fixture
def firm():
    return write(SYSTEM, "create", Organisation, {"name": "演示家具厂", "kind": "01", "area_code": AREA,
                                                  "uscc": "91350100m000100y43"})


@pytest.fixture
def finder():
    staff = write(SYSTEM, "create", Staff, {"username": "s1", "name": "网格员"})
    return who("grid_member", staff.pk)


def who(role, user=None):
    return Actor(kind="staff", name=role, user_id=user, role=role, area="320508", grants=grants_of(role), strong=True)


def hazard(firm, **values):
    return write(SYSTEM, "create", SafetyHazard, {"organisation": firm, "domain": "01", "level": "2",
                                                  "description": "安全出口被堵", "found_at": dt.datetime.now(dt.UTC),
                                                  **values})


def test_it_goes_its_way(firm, monkeypatch):
    made = hazard(firm)
    assert (made.area_code, made.status, made.number[0]) == (AREA, "found", "Y")
    keeper = who("grid_leader")
    with pytest.raises(Refused):
        act(who("grid_member"), made, "order", {"measure": "清理", "responsible": "王五", "due_on": TODAY})
    with pytest.raises(Invalid):
        act(keeper, made, "order", {"measure": "清理", "responsible": "王五",
                                    "due_on": (TODAY - dt.timedelta(days=9)).isoformat()})
    due, later = TODAY + dt.timedelta(days=3), TODAY + dt.timedelta(days=5)
    made = act(keeper, made, "order", {"measure": "清理", "responsible": "王五", "due_on": due.isoformat()})
    assert (made.status, made.measure, made.due_on) == ("fixing", "清理", due)
    with pytest.raises(Invalid):
        act(keeper, made, "fix", {"opinion": "已清理"})  # nobody says so without a picture
    with pytest.raises(Conflict):
        act(keeper, made, "clear", {"recheck_result": "合格"})
    made = write(SYSTEM, "change", made, {"status": "fixed"})
    made = act(keeper, made, "reject", {"recheck_result": "仍有杂物", "due_on": later.isoformat()})
    assert (made.status, made.due_on) == ("fixing", later)
    made = act(keeper, write(SYSTEM, "change", made, {"status": "fixed"}), "clear", {"recheck_result": "合格"})
    assert made.status == "closed" and made.rechecked_at and made.recheck_result == "合格"
    with pytest.raises(Conflict):
        act(who("unit_clerk"), made, "hand_over", {"opinion": "拒不整改"})


def test_a_report_needs_a_picture_and_names_its_finder(firm, finder, tmp_path, monkeypatch):
    folder = FolderStore(tmp_path)
    monkeypatch.setattr(receive, "store", lambda: folder)
    inputs = {"organisation": str(firm.pk), "domain": "01", "level": "2", "description": "安全出口被堵",
              "area_code": AREA}
    with pytest.raises(Invalid) as caught:
        act(finder, SafetyHazard, "report", inputs)
    assert "photos" in caught.value.errors
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)
    photo = receive.receive(finder, picture, "出口.png")
    made = act(finder, SafetyHazard, "report", {**inputs, "photos": [photo.pk]})
    assert (made.status, made.found_by_id, made.organisation) == ("found", finder.user_id, firm)
    assert [d.role for d in of_record(made)] == ["before"]


def test_what_is_late_is_found(firm):
    found = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)
    late, done, ahead = (hazard(firm, found_at=found, status=status, due_on=TODAY + dt.timedelta(days=days))
                         for status, days in (("fixing", -1), ("closed", -1), ("fixing", 1)))
    rows = Query(registry.register("safety_hazard"), who("leader"), {"overdue": "1"}).rows()
    assert [r.pk for r in rows] == [late.pk] and done.pk != ahead.pk


def test_it_is_somewhere():
    with pytest.raises(Invalid) as caught:
        hazard(None)
    assert "area_code" in caught.value.errors
