"""GeoReport v2 in both formats, and with two public clients."""

import datetime as dt
import itertools
from types import SimpleNamespace
from xml.etree import ElementTree

import georeport
import pytest
import requests as requests_lib
from django.test import Client

from gezhi.domains.cases.public import Case
from gezhi.exchange import places
from gezhi.exchange.open311 import requests, services
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.surfaces.api import app_key

pytestmark = pytest.mark.django_db(transaction=True)
ITEM = SimpleNamespace(code="0101001", name="供水井盖异常", category=SimpleNamespace(parent=None))
BODY = {"service_code": "0101001", "lat": "31.3", "long": "120.6", "description": "井盖 <松动> & 有响声",
        "address_string": "某路 1 号", "attribute[landmark]": "学校门口"}


@pytest.fixture(autouse=True)
def city(monkeypatch):
    app_key._kept.clear()
    monkeypatch.setattr(places, "_counties", lambda: ("3205", ("320505",)))
    for module in (services, requests):
        monkeypatch.setattr(module, "catalogue", lambda: {"0101001": ITEM})


@pytest.fixture
def key():
    return app_key.issue(SYSTEM, {"name": "随手拍小程序", "per_minute": 0})[1]


def get(path, **params):
    return Client().get(f"/open311/v2/{path}", params)


def post(key, **more):
    return Client().post("/open311/v2/requests.json", {**BODY, "api_key": key, **more})


def test_discovery_services_and_definition():
    assert Client().get("/open311/discovery.json").json()["endpoints"][0]["specification"].endswith("GeoReport_v2")
    assert get("services.json", jurisdiction_id="3205").json()[0]["service_code"] == "0101001"
    tree = ElementTree.fromstring(get("services.xml").content)
    assert tree.tag == "services" and tree[0].find("service_name").text == "供水井盖异常"
    assert [a["code"] for a in get("services/0101001.json").json()["attributes"]] == ["urgency", "landmark"]
    tree = ElementTree.fromstring(get("services/0101001.xml").content)
    assert tree.tag == "service_definition" and tree.find("attributes/attribute/values/value/key").text == "normal"


def test_a_report_becomes_a_case_once_and_can_be_followed(key):
    first = Client().post("/open311/v2/requests.json", {**BODY, "api_key": key}, headers={"Idempotency-Key": "m-1"})
    again = Client().post("/open311/v2/requests.json", {**BODY, "api_key": key}, headers={"Idempotency-Key": "m-1"})
    assert first.status_code == 200 and first.json() == again.json()
    case = Case.objects.get()
    assert (case.source, case.status, case.address) == ("随手拍小程序", "reported", "某路 1 号 学校门口")
    code = first.json()[0]["service_request_id"]
    row = get(f"requests/{code}.json", api_key=key).json()[0]
    assert (row["status"], row["lat"], row["description"]) == ("open", 31.3, BODY["description"])
    assert get(f"tokens/{code}.json").json()[0]["service_request_id"] == code
    tree = ElementTree.fromstring(get(f"requests/{code}.xml", api_key=key).content)
    assert tree.find("request/description").text == BODY["description"]
    assert dt.datetime.fromisoformat(row["requested_datetime"]).tzinfo is not None


def test_a_list_shows_ones_own_and_what_is_published(key):
    code = post(key).json()[0]["service_request_id"]
    other = app_key.issue(SYSTEM, {"name": "别的系统", "per_minute": 0})[1]
    assert [r["service_request_id"] for r in get("requests.json", api_key=key).json()] == [code]
    assert get("requests.json", api_key=other).json() == get("requests.json").json() == []
    with door(SYSTEM) as session:
        session.change(Case.objects.get(), {"public_visible": True}, trusted=True)
    row = get("requests.json").json()[0]
    assert row["service_request_id"] == code
    assert "响声" in row["description"], "the title is the first line"
    assert get("requests.json", status="closed", api_key=key).json() == []
    assert get("requests.json", service_code="x", api_key=key).json() == []
    assert get("requests.json", start_date="2020-01-01", end_date="2020-02-01", api_key=key).json() == []


@pytest.mark.parametrize(("path", "params", "status"), [
    ("services.json", {"jurisdiction_id": "nowhere"}, 404), ("services/none.json", {}, 404),
    ("services.csv", {}, 404), ("requests/NOTHING1.json", {}, 404), ("requests.json", {"status": "half"}, 400),
    ("requests.json", {"start_date": "yesterday"}, 400), ("requests.json", {"api_key": "wrong"}, 403),
    ("requests/NOTHING1.xml", {}, 404),
])
def test_errors_are_said_as_the_specification_has_them(path, params, status):
    response = get(path, **params)
    assert response.status_code == status
    if path.endswith("xml"):
        assert ElementTree.fromstring(response.content).find("error/code").text == str(status)
    else:
        assert response.json()[0]["code"] == status and response.json()[0]["description"]


@pytest.mark.parametrize(("change", "status"), [
    ({"service_code": ""}, 400), ({"service_code": "9"}, 400), ({"description": " "}, 400), ({"api_key": "no"}, 403),
    ({"api_key": ""}, 400), ({"lat": "north"}, 400), ({"lat": "", "long": "", "address_string": ""}, 400),
    ({"phone": "abc"}, 400),
])
def test_wrong_reports_make_no_case(key, change, status):
    response = post(key, **change)
    assert response.status_code == status and response.json()[0]["code"] == status
    assert not Case.objects.exists()


@pytest.fixture
def three(monkeypatch):
    """The client ``three`` (PyPI), written for Python 2: one name of ``itertools`` is given back to it."""
    monkeypatch.setattr(itertools, "ifilter", filter, raising=False)
    import three

    return three


def publish():
    with door(SYSTEM) as session:
        session.change(Case.objects.get(), {"public_visible": True}, trusted=True)


def test_the_client_three_discovers_posts_and_reads(key, live_server, three):
    client = three.Three(f"{live_server.url}/open311/v2/", api_key=key,
                         discovery=f"{live_server.url}/open311/discovery.json")
    assert client.discovery()["endpoints"][0]["url"].endswith("/open311/v2")
    assert client.services()[0]["service_code"] == "0101001"
    assert client.services("0101001")["attributes"]
    made = client.post("0101001", description="路面破损", lat="31.3", long="120.6", address_string="某路")
    code = made[0]["service_request_id"]
    assert client.request(code)[0]["description"] == "路面破损"
    assert client.token(code)[0]["service_request_id"] == code
    assert client.requests() == [], "it sends no key when it reads, so it sees what is published"
    publish()
    assert [r["service_request_id"] for r in client.requests()] == [code]


def test_the_client_three_is_told_what_is_wrong(live_server, three):
    client = three.Three(f"{live_server.url}/open311/v2/", api_key="no key of ours")
    assert client.post("0101001", description="路面破损", address_string="某路")[0]["code"] == 403
    assert client.services("none")[0]["code"] == 404 and not Case.objects.exists()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_client_georeport_reads_both_formats(key, live_server, form):
    """``georeport`` (PyPI) reads, and cannot post."""
    client = georeport.GeoReport(f"{live_server.url}/open311/v2", jurisdiction="3205", output_format=form)
    services = client.get_service_list()
    assert (services if isinstance(services, dict) else services[0])["service_name"] == "供水井盖异常"
    assert client.get_service_definition("0101001")["service_code"] == "0101001"
    code = post(key).json()[0]["service_request_id"]
    assert client.get_service_request(code)["service_request_id"] == code
    publish()
    found = client.get_service_requests(status="open")
    assert (found if isinstance(found, dict) else found[0])["service_request_id"] == code
    for refused in (lambda: client.get_service_definition("none"), lambda: client.get_service_request("NOTHING1")):
        with pytest.raises(requests_lib.HTTPError, match="404"):
            refused()
