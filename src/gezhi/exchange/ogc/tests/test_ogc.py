"""Features, tiles and geocoding: who sees what, what is refused, what a page costs."""

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from tests.house.models import Tree

from gezhi.exchange.ogc import door, locate
from gezhi.exchange.ogc.collections import layered, open_, properties, queryables
from gezhi.exchange.ogc.wording import cut_areas, fit, pieces
from gezhi.foundation.premises.public import StandardAddress
from gezhi.foundation.territory import crs
from gezhi.foundation.territory.public import Region
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door as session_of
from gezhi.kernel.door import write
from gezhi.surfaces.api import app_key

pytestmark = pytest.mark.django_db
GRANTS = {"tree.view": ["area"], "standard_address.view": ["area"]}
NAMES = {"3205": "苏州市", "320508": "姑苏区", "320508001": "双塔街道", "320508001001": "百步街社区"}


@pytest.fixture(autouse=True)
def fresh():
    app_key._kept.clear()
    app_key._used.clear()


@pytest.fixture
def ask():
    secret = app_key.issue(SYSTEM, {"name": "地图", "area_code": "320508", "grants": GRANTS, "per_minute": 0})[1]

    def call(path, status=200, key=secret, **params):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        response = Client().get(f"/ogc/v1{path}", params, headers=headers)
        assert response.status_code == status, response.content[:400]
        return response.json() if "json" in response["Content-Type"] else response
    return call


def tree(number, area="320508001", lon=120.6, lat=31.3, **more):
    return write(SYSTEM, "create", Tree, {"code": f"T{number}", "area_code": area, "keeper_phone": "13800001234",
                                          "place": Point(lon, lat, srid=4326), **more})


def address(lon=None, lat=31.3, **parts):
    place = Point(lon, lat, srid=4326) if lon else None
    return write(SYSTEM, "create", StandardAddress, {
        "area_code": "320508001001001", "road": "友谊路", "house_number": "5", "place": place, **parts})


def test_landing_conformance_and_description_lead_everywhere(ask):
    links = {found["rel"]: found for found in ask("", key="")["links"]}
    assert links["service-desc"]["type"].startswith("application/vnd.oai.openapi+json;version=3.0")
    assert links["data"]["href"] == "http://testserver/ogc/v1/collections"
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in ask("/conformance")["conformsTo"]
    api = ask("/api")
    assert api["openapi"].startswith("3.0") and api["servers"] == [{"url": "http://testserver/ogc/v1"}]
    assert {f"/collections/{r.name}/items" for r in layered()} <= set(api["paths"])
    asked = {p["name"] for p in api["paths"]["/collections/tree/items"]["get"]["parameters"]}
    assert {"bbox", "datetime", "limit", "species"} <= asked and "keeper_phone" not in asked
    browser = Client().get("/ogc/v1", headers={"Accept": "text/html,*/*"})
    assert browser.status_code == 302 and browser["Location"] == "/developers/"


def test_collections_are_the_layers_the_caller_may_see(ask):
    mine = {c["id"] for c in ask("/collections")["collections"]}
    assert {"tree", "standard_address", "grid_cell", "region"} <= mine and "case" in mine
    assert not mine & {"home", "organisation", "key_place"}
    assert {c["id"] for c in ask("/collections", key="")["collections"]} == {"grid_cell", "region"}
    assert ask("/collections/tree", key="", status=401)["code"] == "unauthenticated"
    assert ask("/collections/home", status=403)["code"] == "refused"
    assert ask("/collections/home/items", status=403) and ask("/collections/home/tiles/WebMercatorQuad/0/0/0", 403)
    assert ask("/collections/nothing", status=404) and ask("/collections/staff", status=404)
    assert ask("/collections", key="gzk_wrong", status=401)


def test_items_are_bounded_by_the_area_of_the_key(ask):
    mine, far = tree(1), tree(2, area="320509001")
    page = ask("/collections/tree/items")
    assert [f["id"] for f in page["features"]] == [mine.pk]
    assert (page["numberMatched"], page["numberReturned"]) == (1, 1)
    assert page["features"][0]["geometry"] == {"type": "Point", "coordinates": [120.6, 31.3]}
    assert ask(f"/collections/tree/items/{mine.pk}")["properties"]["code"] == "T1"
    assert ask(f"/collections/tree/items/{far.pk}", status=404) and ask("/collections/tree/items/9" * 1, status=404)
    assert ask(f"/collections/tree/items/{2 ** 63}", status=404)


def test_pages_follow_next_without_a_row_lost_or_twice(ask):
    made = {tree(n, species="ginkgo" if n % 2 else "plane").pk for n in range(7)}
    seen, path = [], "/collections/tree/items?limit=3"
    while path:
        page = ask(path)
        seen += [f["id"] for f in page["features"]]
        links = {found["rel"]: found["href"] for found in page["links"]}
        path = links.get("next", "").removeprefix("http://testserver/ogc/v1")
        assert page["numberMatched"] == 7
    assert len(seen) == 7 and set(seen) == made
    assert len(ask("/collections/tree/items", limit=99999)["features"]) == 7
    assert ask("/collections/tree/items", species="ginkgo")["numberMatched"] == 3


def test_bbox_and_datetime(ask):
    tree(1, lon=120.6, planted_on="2026-03-01")
    tree(2, lon=121.6, planted_on="2026-06-01")
    tree(3, lon=-179.5, lat=10)

    def codes(**params):
        return {f["properties"]["code"] for f in ask("/collections/tree/items", **params)["features"]}

    assert codes(bbox="120,31,121,32") == {"T1"} == codes(bbox="120,31,0,121,32,9")
    assert codes(bbox="170,0,-170,20") == {"T3"} and codes(bbox="0,0,1,1") == set()
    assert codes(datetime="2026-03-01T12:00:00Z") == {"T1"} == codes(datetime="../2026-05-01")
    assert codes(datetime="2026-04-01/..") == {"T2"} and codes(datetime="2026-01-01/2026-12-31") == {"T1", "T2"}


@pytest.mark.parametrize("params", [
    {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "0,9,1,8"}, {"bbox": "nan,0,1,1"}, {"limit": "0"}, {"limit": "x"},
    {"datetime": "soon"}, {"datetime": "../.."}, {"datetime": "2026-05-01/2026-04-01"}, {"nothing": "1"},
    {"cursor": "abc"}, {"species": "oak"}, {"f": "xml"}, {"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
    {"species": ["plane", "ginkgo"]}])
def test_what_cannot_be_read_is_a_bad_request(ask, params):
    found = ask("/collections/tree/items", 400, **params)
    assert found["code"] and found["description"]


def test_nothing_sealed_leaves_neither_as_a_value_nor_by_a_filter(ask):
    record = tree(1)
    for path in ("/collections/tree/items", f"/collections/tree/items/{record.pk}", "/collections/tree/schema",
                 "/collections/tree/queryables", "/api"):
        text = str(ask(path))
        assert "1380000" not in text and "1234" not in text and "keeper_phone" not in text, path
    for path in ("/collections/tree/items", "/collections/tree/tiles/WebMercatorQuad/0/0/0"):
        for params in ({"keeper_phone": "13800001234"}, {"keeper_phone_index": "x"}, {"q": "13800001234"}):
            assert ask(path, 400, **params)["code"] == "bad_request"
    for register in layered():
        for name in [*properties(register), *(n for n in queryables(register) if n in register.kinds)]:
            assert open_(register.kinds[name]), (register.name, name)


def test_a_page_costs_the_same_for_one_row_and_for_many(ask):
    address(120.6)
    for name in ("tree", "standard_address"):
        tree(name[:8])
        counts = []
        for turn in range(2):
            ask(f"/collections/{name}/items")
            with CaptureQueriesContext(connection) as got:
                ask(f"/collections/{name}/items")
            counts.append(len(got))
            for number in range(turn * 8, turn * 8 + 8):
                tree(number) if name == "tree" else address(120.6, estate=f"第{number}苑")
        assert counts[1] <= counts[0] <= 4, [q["sql"][:200] for q in got]


def test_schema_queryables_and_tilesets_tell_types(ask):
    fields = ask("/collections/tree/schema")["properties"]
    assert fields["geometry"]["format"] == "geometry-point" and fields["species"]["x-labels"]["ginkgo"] == "银杏"
    assert fields["planted_on"]["format"] == "date" and fields["height"]["type"] in ("number", "string")
    assert {"species", "light"} <= set(ask("/collections/tree/queryables")["properties"])
    sets = ask("/collections/tree/tiles")["tilesets"]
    template = next(x["href"] for x in sets[0]["links"] if x.get("templated"))
    assert template.endswith("/collections/tree/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}")
    one = ask("/collections/tree/tiles/WebMercatorQuad")
    assert one["layers"][0]["id"] == "tree" and "count" in one["layers"][0]["propertiesSchema"]["properties"]
    assert ask("/collections/tree/tiles/WorldCRS84Quad", 404)


def test_tiles_have_the_row_before_the_column(ask):
    tree(1, lon=120.6, lat=31.3)
    at = "/collections/tree/tiles/WebMercatorQuad/14"
    found = ask(f"{at}/6690/13680")
    assert found["Content-Type"] == "application/vnd.mapbox-vector-tile" and b"T1" in found.content
    assert found["Access-Control-Allow-Origin"] == "*" and ask(f"{at}/6690/13680", species="ginkgo").content == b""
    assert ask(f"{at}/13680/6690").content == b"" and ask("/collections/tree/tiles/WebMercatorQuad/0/0/1", 404)
    again = Client().get(f"/ogc/v1{at}/6690/13680", headers={"If-None-Match": found["ETag"]})
    assert again.status_code == 401, "an ETag opens nothing"


def test_the_city_is_the_extent(ask):
    box = Polygon.from_bbox((120, 31, 121, 32))
    box.srid = 4326
    with session_of(SYSTEM) as session:
        session.create(Region, {"area_code": "3205", "name": "苏州市", "boundary": MultiPolygon(box, srid=4326)},
                       trusted=True)
    assert ask("/collections/region")["extent"]["spatial"]["bbox"] == [[120.0, 31.0, 121.0, 32.0]]
    assert ask("/collections/region/items")["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert ask("/collections/region/items", bbox="120.4,31.4,120.5,31.5")["numberMatched"] == 1


def test_other_methods_cors_and_rates(ask, monkeypatch):
    assert Client().post("/ogc/v1/collections").status_code == 405
    early = Client().options("/ogc/v1/collections", headers={"Origin": "https://maps.example"})
    assert early.status_code == 204 and "Authorization" in early["Access-Control-Allow-Headers"]
    assert Client().get("/ogc/v1/collections/none")["Access-Control-Allow-Origin"] == "*"
    monkeypatch.setattr(door, "PUBLIC_PER_MINUTE", 2)
    assert [Client().get("/ogc/v1/conformance").status_code for _ in range(3)][-1] == 429
    ask("/conformance")


def test_geocoding_ranks_and_finds_a_point(ask):
    room = address(building_no="3", unit_no="2", room_no="601")
    house = address(120.61)
    building = address(120.611, building_no="3")
    address(120.62, house_number="15")
    address(120.63, area_code="320509001001001", building_no="3")
    found = ask("/geocode", q="友谊路５号三幢")["results"]
    assert [f["number"] for f in found[:2]] == [building.number, room.number]
    assert found[0]["score"] == 1.0 and found[0]["precision"] == "address"
    assert (found[1]["precision"], found[1]["lon"]) == ("building", 120.611)
    assert "320509001001001" not in {f["area_code"] for f in found}, "outside the key's area"
    lone = address(building_no="8", room_no="102")
    told = ask("/geocode", q="友谊路5号8幢102室")["results"][0]
    assert (told["number"], told["precision"], told["lon"]) == (lone.number, "house", 120.61)
    assert ask("/geocode", q="友谊路5号")["results"][0]["number"] == house.number
    assert ask("/geocode", q="友谊路5号9幢", limit=1)["results"][0]["number"] == house.number
    assert ask("/geocode", q="和平路1号")["results"] == []
    moved = ask("/geocode", q="友谊路5号", datum="gcj02")["results"][0]
    assert (moved["lon"], moved["lat"]) == pytest.approx(crs.convert_point(120.61, 31.3, "wgs84", "gcj02"), abs=1e-6)
    assert ask("/geocode", q="友谊路5号", key="")["results"] == []


def test_reverse_geocoding_by_distance(ask):
    near, far = address(120.6001), address(120.601, house_number="7")
    address(120.7, house_number="9")
    found = ask("/reverse", lon=120.6, lat=31.3)["results"]
    assert [f["number"] for f in found] == [near.number, far.number]
    assert found[0]["distance"] == pytest.approx(9.5, abs=0.2)
    lon, lat = crs.convert_point(120.6, 31.3, "wgs84", "bd09")
    shifted = ask("/reverse", lon=lon, lat=lat, datum="bd09")["results"]
    assert [f["number"] for f in shifted] == [near.number, far.number]
    assert shifted[0]["distance"] == pytest.approx(found[0]["distance"], abs=0.2)
    assert [f["number"] for f in ask("/reverse", lon=120.6, lat=31.3, radius=20)["results"]] == [near.number]
    assert ask("/reverse", lon=0, lat=0)["area_code"] == ""


@pytest.mark.parametrize(("path", "params"), [
    ("/geocode", {}), ("/geocode", {"q": "路" * 201}), ("/geocode", {"q": "a", "datum": "mars"}),
    ("/geocode", {"q": "a", "limit": "0"}), ("/reverse", {"lon": "1"}), ("/reverse", {"lon": "x", "lat": "1"}),
    ("/reverse", {"lon": "181", "lat": "1"}), ("/reverse", {"lon": "1", "lat": "1", "radius": "99999"})])
def test_wrong_questions_about_places(ask, path, params):
    assert ask(path, 400, **params)["description"]


def test_areas_in_front_are_cut_off_and_pieces_compared():
    assert cut_areas("江苏省苏州市姑苏区双塔街道友谊路5号", NAMES) == ("320508001", "友谊路5号")
    assert cut_areas("姑苏", NAMES) == ("320508", "") and cut_areas("友谊路", NAMES) == ("", "友谊路")
    assert pieces("友谊路０５号第三幢二单元601室") == ["友谊路", "5", "3", "2", "601"]
    assert fit(["友谊路", "5"], ["友谊路", "5"]) == 1.0
    assert fit(["友谊路", "5"], ["友谊路", "5", "3"]) > fit(["友谊路", "5"], ["友谊路", "15"]) > 0
    assert fit(["友谊路"], ["和平路"]) == 0 == fit([], ["x"])


def test_an_area_is_found_by_its_name(ask, monkeypatch):
    with session_of(SYSTEM) as session:
        session.create(Region, {"area_code": "3205", "name": "苏州市"}, trusted=True)
        session.create(Region, {"area_code": "320508", "name": "姑苏区", "centre": Point(120.6, 31.3, srid=4326)},
                       trusted=True)
    monkeypatch.setattr(locate, "atlas", lambda: type("A", (), {"names": NAMES}))
    found = ask("/geocode", q="苏州市姑苏区", key="")["results"]
    assert [(f["kind"], f["level"], f["area_code"], f["lon"]) for f in found] == [("area", "county", "320508", 120.6)]


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "如何取得密钥"), ("en", "How to get a key")])
def test_the_developers_page_in_both_languages(language, words):
    client = Client()
    client.cookies["django_language"] = language
    with translation.override(None):  # the page's language would stay with the thread
        page = client.get("/developers/")
    assert page.status_code == 200 and words in page.content.decode()
    assert "http://testserver/ogc/v1/collections/grid_cell" in page.content.decode()
