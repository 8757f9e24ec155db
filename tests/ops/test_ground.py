"""Maps from outside: XYZ, WMTS and 天地图 addresses as the browser takes them, and only their servers in the policy."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from gezhi.config.env import Env
from gezhi.config.ground import Source, hosts, tianditu


def source(url: str, **more: str) -> Source:
    return Source(name="影像", url=url, **more)


def test_xyz_wmts_and_rows_from_the_south():
    assert source("https://{a-c}.tiles.example/{z}/{x}/{y}.png").props()["tiles"] == [
        f"https://{s}.tiles.example/{{z}}/{{x}}/{{y}}.png" for s in "abc"]
    wmts = source("https://maps.example/wmts/img/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.jpg")
    assert wmts.props()["tiles"] == ["https://maps.example/wmts/img/default/GoogleMapsCompatible/{z}/{y}/{x}.jpg"]
    tms = source("https://maps.example/{z}/{x}/{-y}.png").props()
    assert tms["scheme"] == "tms" and tms["tiles"] == ["https://maps.example/{z}/{x}/{y}.png"]


def test_tianditu_has_streets_and_pictures_with_names_above():
    assert tianditu("") == []
    streets, pictures = tianditu("KEY")
    assert "LAYER=vec" in streets.addresses[0] and "LAYER=cva" in streets.props()["overlay"][0]
    assert "LAYER=img" in pictures.addresses[0] and all("tk=KEY" in one for one in pictures.addresses)
    assert len(streets.addresses) == 8 and streets.attribution
    assert "{z}" in streets.addresses[0] and "{x}" in streets.addresses[0] and "{y}" in streets.addresses[0]


def test_only_the_servers_of_the_sources_may_be_asked():
    assert hosts([]) == []
    both = [source("https://{a-b}.tiles.example/{z}/{x}/{y}.png"), source("/tiles/{z}/{x}/{y}.png")]
    assert hosts(both) == ["https://a.tiles.example", "https://b.tiles.example"]


@pytest.mark.parametrize("url", ["https://maps.example/", "ftp://maps.example/{z}/{x}/{y}", "javascript:{z}{x}{y}",
                                 "https://maps.example/{z}/{x}"])
def test_what_is_no_address_of_tiles_is_refused(url, monkeypatch):
    with pytest.raises(ValidationError):
        source(url)
    monkeypatch.setenv("GEZHI_MAP_SOURCES", json.dumps([{"name": "底图", "url": url}]))
    with pytest.raises(ValidationError):
        Env()


def test_sources_are_read_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GEZHI_HOME", str(tmp_path))
    monkeypatch.setenv("GEZHI_MAP_SOURCES", json.dumps([{"name": "政务底图", "url": "/tiles/{z}/{x}/{y}.png"}]))
    assert [one.name for one in Env().map_sources] == ["政务底图"]
