"""Registers over the API: what the actor may, typed, idempotent, and wrong requests said to be wrong."""

import pytest
from django.test import Client
from tests.house.models import Tree

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import History
from gezhi.kernel.registry import registry
from gezhi.surfaces.api import app_key

from .conftest import Caller

pytestmark = pytest.mark.django_db


def tree(code, area="320508001", **more):
    return write(SYSTEM, "create", Tree, {"code": code, "area_code": area, **more})


def test_list_shows_what_the_key_may_see_filtered_and_paged(call):
    for i in range(5):
        tree(f"T{i}", species="ginkgo" if i % 2 else "plane")
    tree("X", "320509001")
    status, body = call("GET", "tree?page_size=2")
    assert status == 200 and len(body["items"]) == 2 and body["count"] == {"number": 5, "exact": True}
    seen = {r["code"] for r in body["items"]}
    while body["next"]:
        status, body = call("GET", f"tree?page_size=2&cursor={body['next']}")
        seen |= {r["code"] for r in body["items"]}
    assert seen == {f"T{i}" for i in range(5)}
    assert {r["code"] for r in call("GET", "tree?species=ginkgo")[1]["items"]} == {"T1", "T3"}


def test_sensitive_fields_are_masked_and_secrets_absent(call):
    record = tree("T1", keeper_phone="13800001234")
    status, body = call("GET", f"tree/{record.pk}")
    assert status == 200 and body["keeper_phone"] == "138****1234"
    assert not {"seal", "keeper_phone_index"} & set(body)


def test_create_change_move_history_remove(call):
    status, made = call("POST", "tree", {"code": "N1", "area_code": "320508001", "height": 3.5,
                                         "place": {"lon": 120.6, "lat": 31.3}})
    assert status == 201 and made["height"] == 3.5 and made["place"] == {"lon": 120.6, "lat": 31.3}
    path = f"tree/{made['id']}"
    assert call("PATCH", f"{path}?version=1", {"species": "ginkgo"})[1]["species"] == "ginkgo"
    assert call("PATCH", f"{path}?version=1", {"species": "plane"})[0] == 409
    assert [m["name"] for m in call("GET", f"{path}/moves")[1]["items"]] == ["fall_ill"]
    assert call("POST", f"{path}/heal", {})[0] == 409
    status, body = call("POST", f"{path}/fall_ill", {})
    assert status == 422 and "opinion" in body["errors"]
    assert call("POST", f"{path}/fall_ill", {"opinion": "虫害"})[1]["status"] == "ailing"
    rows = call("GET", f"{path}/history")[1]["items"]
    assert [r["verb"] for r in rows] == ["create", "change", "fall_ill"] and rows[2]["actor"] == "园林系统"
    assert call("DELETE", path)[0] == 204 and call("GET", path)[0] == 404


def test_a_move_that_creates(call):
    status, body = call("POST", "tree/plant", {"code": "P1", "area_code": "320508001"})
    assert status == 201 and body["light"] == "green"
    assert call("POST", f"tree/{body['id']}/plant", {"code": "P2", "area_code": "320508001"})[0] == 404
    assert call("POST", "tree/fall_ill", {"opinion": "x"})[0] == 404


def test_outside_the_area_records_do_not_exist(call):
    far = tree("F", "320509001")
    for method, path, body in (("GET", "", None), ("PATCH", "", {"species": "ginkgo"}), ("DELETE", "", None),
                               ("GET", "/history", None), ("GET", "/moves", None),
                               ("POST", "/fall_ill", {"opinion": "x"})):
        assert call(method, f"tree/{far.pk}{path}", body)[0] == 404
    assert call("POST", "tree", {"code": "F2", "area_code": "320509001"})[0] == 403
    assert Tree.objects.count() == 1


def test_repeated_request_is_carried_out_once(call):
    body = {"code": "O1", "area_code": "320508001"}
    first = call("POST", "tree", body, idempotency_key="k-1")
    again = call("POST", "tree", body, idempotency_key="k-1")
    assert first == again and first[0] == 201
    assert Tree.objects.count() == 1 and History.objects.filter(register="tree").count() == 1
    assert call("POST", "tree", {**body, "code": "O2"}, idempotency_key="k-1")[0] == 409
    assert call("POST", "tree", {"code": "?" * 99}, idempotency_key="k-2")[0] == 422
    assert call("POST", "tree", {**body, "code": "O3"}, idempotency_key="k-2")[0] == 201


@pytest.mark.parametrize(("method", "path", "raw", "status"), [
    ("POST", "tree", b"{", 400), ("POST", "tree", b"[1]", 422), ("POST", "tree", b'{"code": "a\\u0000b"}', 400),
    ("POST", "tree", b'{"nonsense": 1}', 422), ("GET", "tree?nonsense=1", b"", 422),
    ("GET", "tree?page_size=0", b"", 422),
    ("GET", "tree?sort=keeper_phone", b"", 422), ("GET", "tree?cursor=zzz", b"", 422), ("GET", "nothing", b"", 404),
    ("GET", "tree/99999999999999999999", b"", 404), ("GET", "tree/9999999999999999999", b"", 404),
    ("PUT", "tree", b"", 405), ("GET", "tree?code=a%00b", b"", 400), ("GET", "tree?height=nan..1", b"", 422),
    ("PATCH", "tree/1?version=x", b"{}", 404), ("GET", "tiles/tree/3/99/1.mvt", b"", 404),
    ("GET", "tiles/role/3/1/1.mvt", b"", 404), ("GET", "metrics/none", b"", 404),
    ("GET", "cells/tree?zoom=x", b"", 422),
    ("GET", "tree?planted_on=2026-99-99..", b"", 422), ("POST", "tree", b'{"code": {"a": 1}, "area_code": [2]}', 422),
])
def test_wrong_requests(call, method, path, raw, status):
    found, body = call(method, path, raw=raw)
    assert found == status, body
    assert {"code", "message", "hint"} <= set(body)


def test_keys_that_do_not_open(caller, key):
    from gezhi.surfaces.api import app_key

    assert caller("gzk_wrong")("GET", "me")[0] == 401
    assert caller()("GET", "me")[0] == 401
    assert caller(key[1])("GET", "me")[1]["name"] == "园林系统"
    write(SYSTEM, "change", key[0], {"active": False})
    assert caller(key[1])("GET", "me")[0] == 401
    assert key[1] not in str(app_key.AppKey.objects.values().get())
    assert History.objects.filter(register="app_key").first().changes.get("digest") in (None, [None, "＊＊＊"])


def test_a_busy_key_is_slowed(caller):
    from gezhi.surfaces.api import app_key

    _key, secret = app_key.issue(SYSTEM, {"name": "快", "per_minute": 3})
    statuses = [caller(secret)("GET", "me")[0] for _i in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_a_session_needs_the_csrf_token_to_write(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person[0], "allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/v1/me").json()["posts"][0]["id"] == person[1].pk
    body = {"post": person[1].pk}
    assert client.post("/api/v1/me/post", body, content_type="application/json").status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    response = client.post("/api/v1/me/post", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert response.status_code == 200, response.content


def test_an_administrator_issues_a_key_it_may_give(person):
    client = Client()
    client.force_login(person[0], "allauth.account.auth_backends.AuthenticationBackend")
    made = client.post("/api/v1/keys", {"name": "新系统", "grants": {"unit.view": ["all"]}},
                       content_type="application/json")
    assert made.status_code == 201 and made.json()["key"].startswith("gzk_")
    too_much = client.post("/api/v1/keys", {"name": "大系统", "grants": {"tree.fly": ["all"]}},
                           content_type="application/json")
    assert too_much.status_code == 422


def test_options_registers_and_description(call):
    record = tree("T1")
    assert call("GET", "options/tree?q=T1")[1]["items"] == [{"id": record.pk, "label": "T1"}]
    assert "tree" in {r["name"] for r in call("GET", "registers")[1]["items"]}
    about = call("GET", "registers/tree")[1]
    assert about["columns"][0]["name"] == "code" and about["moves"][0]["name"] == "plant"
    assert call("GET", "registers/role")[0] == 403


def test_openapi_names_every_register_and_verb(caller):
    status, document = caller()("GET", "openapi.json")
    assert status == 200 and document["openapi"].startswith("3.1")
    assert {"get", "post"} <= set(document["paths"]["/tree"])
    assert document["paths"]["/tree/plant"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "required"] == ["code"]
    operations = [o["operationId"] for p in document["paths"].values() for v, o in p.items() if v != "parameters"]
    assert len(operations) == len(set(operations))


def test_a_person_reads_their_own_messages(person, call):
    from gezhi.engines.notify.message import Message
    from gezhi.kernel.door import door

    with door(SYSTEM) as session:
        for staff_id in (person[0].pk, person[0].pk, 999):
            session.create(Message, {"channel": "inbox", "title": "新工单", "staff_id": staff_id}, trusted=True)
    client = Client()
    client.force_login(person[0], "allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/api/v1/me").json()["unread"] == 2
    body = client.post("/api/v1/me/messages/read", {"ids": ["x"]}, content_type="application/json")
    assert body.status_code == 422
    assert client.post("/api/v1/me/messages/read", {}, content_type="application/json").json() == {
        "read": 2, "unread": 0}
    assert Message.objects.get(staff_id=999).read_at is None
    assert call("POST", "me/messages/read", {})[0] == 403


def test_what_looks_like_a_record_that_is_there_is_said_before_it_is_entered_twice(db):
    values = {"kind": "01", "name": "欧阳小明", "gender": "1", "birth": "1980-03-04", "area_code": "320508001001001"}
    _app, secret = app_key.issue(SYSTEM, {"name": "社区系统", "area_code": "320508", "per_minute": 0, "grants": {
        "person.view": ["area"], "person.create": ["area"]}})
    call = Caller(secret)
    assert call("POST", "person", values)[0] == 201
    status, told = call("POST", "person", values)
    assert status == 409 and told["code"] == "looks_alike" and len(told["alike"]) == 1
    assert told["alike"][0]["why"] and "欧阳小明" not in str(told), "whom it resembles is named through the mask"
    assert call("POST", "person?sure=1", values)[0] == 201
    assert registry.register("person").model.objects.count() == 2
    _other, secret = app_key.issue(SYSTEM, {"name": "别区系统", "area_code": "320509", "per_minute": 0, "grants": {
        "person.view": ["area"], "person.create": ["area"]}})
    assert Caller(secret)("POST", "person", {**values, "area_code": "320509001001001"})[0] == 201
