"""Whole personal values leave only with a purpose and somebody else's approval, for a day, and all of it is kept."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from gezhi.engines.history import timeline
from gezhi.engines.transfer import whole
from gezhi.engines.transfer.models import ExportPiece, ExportRequest
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import History
from gezhi.kernel.registry import registry

from .people import client, person

pytestmark = pytest.mark.django_db
PHONE, AREA = "13800001234", "320508001001001"


@pytest.fixture
def clerk():
    return client(person("unit_clerk", area="320508", name="申请人"))


@pytest.fixture
def leader():
    return client(person("leader", area="320508", name="审批人"))


@pytest.fixture(autouse=True)
def resident(db):
    return write(SYSTEM, "create", registry.register("person").model, {
        "kind": "01", "name": "欧阳小明", "area_code": AREA, "birth": dt.date(1980, 3, 4), "gender": "1",
        "phone": PHONE})


def ask(browser, **more):
    return browser.post("/desk/person/export/whole?gender=1", {
        "columns": ["number", "name", "phone"], "form": "csv", "purpose": "核对社区台账", **more})


def approve(browser, request, move="approve"):
    return browser.post(f"/desk/export_request/{request.pk}/{move}", {"opinion": "同意", "version": request.version})


def test_the_whole_way_of_a_request(clerk, leader):
    assert "phone" in clerk.get("/desk/person/export/whole").content.decode()
    assert ask(clerk).status_code == 302
    request = ExportRequest.objects.get()
    assert (request.status, request.rows, request.query) == ("asked", 1, "gender=1")
    assert clerk.get(f"/desk/export/{request.pk}/file").status_code == 403
    assert approve(leader, request).status_code in (200, 302)
    request.refresh_from_db()
    assert (request.status, request.decided_by) == ("building", "审批人")
    whole.build(request.pk)
    request.refresh_from_db()
    kept = b"".join(bytes(p.body) for p in ExportPiece.objects.all())
    assert request.status == "ready" and PHONE.encode() not in kept
    body = b"".join(clerk.get(f"/desk/export/{request.pk}/file").streaming_content).decode()
    assert "欧阳小明" in body and PHONE in body and "核对社区台账" in body and "审批人" in body and "申请人" in body
    assert sorted(h.verb for h in timeline(request)) == ["approve", "ask", "built", "fetch"]
    told = History.objects.get(register="person", verb="export")
    assert told.changes["whole"] is True and told.changes["approved_by"] == "审批人" and told.opinion == "核对社区台账"
    assert leader.get(f"/desk/export/{request.pk}/file").status_code == 404, "only who asked fetches it"
    assert f"/desk/export/{request.pk}/file" in clerk.get(f"/desk/export_request/{request.pk}/").content.decode()


def test_nobody_decides_on_their_own_request(clerk):
    admin = person("admin", name="管理员")
    request = ExportRequest.objects.get(pk=_asked(clerk))
    assert approve(clerk, request).status_code in (403, 404, 409), "a clerk decides on nobody's"
    mine = write(SYSTEM, "change", request, {"by_id": admin.staff_id})  # one who holds the right to decide
    assert approve(client(admin), mine).status_code in (403, 409)
    mine.refresh_from_db()
    assert mine.status == "asked" and approve(client(person("admin", name="另一人")), mine).status_code in (200, 302)


def _asked(browser):
    assert ask(browser).status_code == 302
    return ExportRequest.objects.latest("id").pk


def test_a_file_goes_when_its_time_is_over_or_it_is_taken_back(clerk, leader):
    for end in ("revoke", "expire"):
        request = ExportRequest.objects.get(pk=_asked(clerk))
        approve(leader, request)
        whole.build(request.pk)
        request.refresh_from_db()
        assert request.status == "ready" and request.expires_at <= timezone.now() + dt.timedelta(hours=24)
        if end == "revoke":
            approve(leader, request, "revoke")
        else:
            write(SYSTEM, "change", request, {"expires_at": timezone.now() - dt.timedelta(minutes=1)})
            assert clerk.get(f"/desk/export/{request.pk}/file").status_code == 403
            whole.expire()
        assert not ExportPiece.objects.exists()
        assert clerk.get(f"/desk/export/{request.pk}/file").status_code == 403


def test_who_may_not_ask(clerk):
    assert ask(clerk, purpose="").status_code == 422 and ask(clerk, columns=["number"]).status_code == 422
    assert ask(client(person("admin"))).status_code == 403, "may export, may not look at whole values"
    assert ask(client(person("grid_member", area=AREA))).status_code == 403, "may look, may not export"
    assert clerk.get("/desk/mental_care/export/whole").status_code in (403, 404), "restricted"
    assert not ExportRequest.objects.exists()


def test_a_file_shows_only_what_its_asker_may_see_when_it_is_written(clerk, leader, resident):
    request = ExportRequest.objects.get(pk=_asked(clerk))
    approve(leader, request)
    write(SYSTEM, "change", resident, {"area_code": "320509001001001"})
    whole.build(request.pk)
    body = b"".join(clerk.get(f"/desk/export/{request.pk}/file").streaming_content).decode()
    assert PHONE not in body


def test_masked_exports_need_nobody_and_say_what_for(clerk):
    sheet = load_workbook(io.BytesIO(b"".join(clerk.get("/desk/person/export.xlsx").streaming_content))).active
    texts = [str(c) for row in sheet.iter_rows(values_only=True) for c in row if c]
    assert PHONE not in texts and "欧阳小明" not in texts and "用途" in texts[-1] and "申请人" in texts[-1]
