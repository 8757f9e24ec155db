"""A citizen reports without signing in, follows by the query code, and withdraws: over the real case line."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.test import Client

from gezhi.domains.cases.moves import intake
from gezhi.domains.cases.public import Case
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.surfaces.pocket import asks

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(monkeypatch):
    """A centre, and a map on which every point lies in one grid but those far away."""
    write(SYSTEM, "create", Unit, {
        "code": "Z1", "name": "市指挥中心", "kind": "centre", "level": "city", "area_code": "3205"})
    monkeypatch.setattr(intake, "_centres", {})  # which centre answers for an area is remembered for a while
    monkeypatch.setattr(asks, "grid_at", lambda lon, lat: "320508001001001" if 120 < lon < 121 else "")


def report(client, **more):
    form = {"content": "平江路路灯不亮，晚上行走不便。", "place": "120.62, 31.30", "reporter_phone": "19900000000",
            "idempotency_key": str(uuid.uuid4()), **more}
    return client.post("/public/new/case/report/send/", form)


def test_a_report_gets_a_code_and_can_be_followed_and_withdrawn(city):
    client = Client()
    assert "上报" in client.get("/public/").content.decode()
    assert client.get("/public/new/case/report/").status_code == 200
    answer = report(client)
    assert answer.status_code == 302
    case = Case.objects.get()
    assert case.query_code in answer.url
    assert (case.area_code, case.channel) == ("320508001001001", "snapshot")
    page = client.get(answer.url).content.decode()
    assert case.query_code in page
    assert "19900000000" not in page
    assert client.post(f"/public/act/{case.query_code}/withdraw/", {"opinion": ""}).status_code == 422
    assert client.post(f"/public/act/{case.query_code}/withdraw/", {"opinion": "已经修好"}).status_code == 302
    assert Case.objects.get().finished_at is not None


def test_sent_twice_it_is_one_case(city):
    key = str(uuid.uuid4())
    assert report(Client(), idempotency_key=key).url == report(Client(), idempotency_key=key).url
    assert Case.objects.count() == 1


def test_what_is_wrong_is_said_and_what_was_typed_stays(city):
    answer = report(Client(), content="")
    assert answer.status_code == 422
    assert "120.62" in answer.content.decode()
    outside = report(Client(), place="100.0, 20.0")
    assert outside.status_code == 422
    assert "不在本市" in outside.content.decode()
    assert not Case.objects.exists()


def test_a_code_opens_its_own_case_only(city):
    report(Client())
    case = Case.objects.get()
    assert Client().get("/public/track/?code=XXXXXXXX").status_code == 404
    assert Client().post("/public/act/XXXXXXXX/withdraw/", {"opinion": "x"}).status_code == 404
    assert Client().post(f"/public/act/{case.query_code}/file/", {}).status_code == 403
    assert Client().post(f"/public/act/{case.query_code}/report/", {}).status_code == 404


def test_the_steps_of_the_machinery_are_told_as_where_the_matter_went(city):
    from gezhi.domains.cases.public import CaseFlow
    from gezhi.surfaces.pocket.public import _told

    row = {"verb": "advance", "at": None}
    assert _told(CaseFlow, SimpleNamespace(**row, source="handling", target="handling")) is None
    told = _told(CaseFlow, SimpleNamespace(**row, source="handling", target="pending_review"))
    assert told["label"] == CaseFlow.pending_review.label
    filed = _told(CaseFlow, SimpleNamespace(verb="file", at=None, source="registered", target="pending_dispatch"))
    assert filed["label"] == CaseFlow.moves()["file"].label
