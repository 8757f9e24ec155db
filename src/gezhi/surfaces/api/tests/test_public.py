"""Public intake through the ports, with a stand-in for the cases."""

from types import SimpleNamespace

import pytest

from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.registry import registry
from gezhi.surfaces.api import public

pytestmark = pytest.mark.django_db
KEY = "0b6f7a6e-3c1d-4e4e"


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    kept = {}

    def intake(actor, values, source, source_key):
        if not values.get("content"):
            raise Invalid({"content": ["请填写诉求内容"]})
        known = kept.get((source, source_key)) if source_key else None
        if known:
            return known, False
        case = SimpleNamespace(pk=len(kept) + 1, query_code=f"CODE{len(kept):04d}", via=actor.via)
        kept[(source, source_key or len(kept))] = case
        return case, True

    def progress(code):
        if code not in {c.query_code for c in kept.values()}:
            raise Missing
        return {"query_code": code, "stage": "上报"}

    monkeypatch.setitem(registry._ports, "intake", intake)
    monkeypatch.setitem(registry._ports, "progress", progress)
    return kept


def test_a_citizen_reports_and_asks(caller, pool):
    call = caller()
    status, body = call("POST", "public/reports", {"channel": "web", "content": "路灯不亮"})
    assert status == 201 and body["id"] is None
    assert call("GET", f"public/reports/{body['query_code']}")[1]["stage"] == "上报"
    assert call("GET", "public/reports/NOTHING1")[0] == 404
    assert call("POST", "public/reports", {"channel": "web"})[0] == 422


def test_a_repeated_report_is_one_case(caller, call, pool):
    body = {"channel": "web", "content": "路灯不亮"}
    first = caller()("POST", "public/reports", body, idempotency_key=KEY)
    again = caller()("POST", "public/reports", body, idempotency_key=KEY)
    assert (first[0], again[0]) == (201, 200) and first[1]["query_code"] == again[1]["query_code"]
    assert call("POST", "public/reports", body, idempotency_key=KEY)[1]["made"], "another sender's key"
    assert caller()("POST", "public/reports", body, idempotency_key="1")[0] == 422, "a key to be guessed"


def test_one_address_cannot_flood_the_pool_but_a_key_may(caller, call, monkeypatch):
    monkeypatch.setattr(public, "PER_MINUTE", 3)
    body = {"channel": "web", "content": "x"}
    assert [caller()("POST", "public/reports", body)[0] for _i in range(4)] == [201, 201, 201, 429]
    assert call("POST", "public/reports", body)[0] == 201
