"""The services as GDAL's own OAPIF driver finds them on a running server.

GDAL runs in a process of its own: it holds the interpreter while it reads, so that a server in the same one could
never answer it.
"""

import json
import re
import shutil
import subprocess
import sys
import urllib.request

import pytest
from django.contrib.gis.geos import Point
from tests.house.models import Tree

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.surfaces.api import app_key

pyogrio = pytest.importorskip("pyogrio")
if "OAPIF" not in pyogrio.list_drivers():
    pytest.skip("this build of GDAL has no OAPIF driver", allow_module_level=True)
pytestmark = pytest.mark.django_db(transaction=True)
TREES = 23
SECONDS = 60
READ = """
import json, sys
import pyogrio

source, secret, wanted = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": secret, "GDAL_HTTP_TIMEOUT": "20"})
out = {"layers": sorted(str(name) for name, _kind in pyogrio.list_layers(source))}
for name, options in wanted.items():
    options = {k: tuple(v) if k == "bbox" else v for k, v in options.items()}
    meta, _fids, shapes, fields = pyogrio.raw.read(source, layer="tree", **options)
    out[name] = {"fields": {n: [str(v) for v in f] for n, f in zip(meta["fields"], fields)},
                 "shapes": len(shapes), "kind": meta["geometry_type"]}
print(json.dumps(out))
"""


@pytest.fixture
def gdal(live_server):
    """Reads with a key of one district, in which there are 23 trees; one stands outside."""
    app_key._kept.clear()
    known = app_key.issue(SYSTEM, {"name": "GDAL", "area_code": "320508", "grants": {"tree.view": ["area"]}})[1]
    for number in range(TREES):
        write(SYSTEM, "create", Tree, {
            "code": f"T{number:02d}", "area_code": "320508001", "species": "ginkgo" if number % 2 else "plane",
            "height": "3.5", "keeper_phone": "13800001234", "place": Point(120.6 + number / 100, 31.3, srid=4326)})
    write(SYSTEM, "create", Tree, {"code": "FAR", "area_code": "320509001", "place": Point(120.6, 31.3, srid=4326)})

    def read(secret=known, **wanted):
        arguments = [f"OAPIF:{live_server.url}/ogc/v1", secret, json.dumps(wanted)]
        return subprocess.run([sys.executable, "-c", READ, *arguments], capture_output=True, text=True, timeout=SECONDS,
                              check=False)
    read.secret = known
    return read


def test_layers_pages_boxes_and_filters(gdal):
    done = gdal(all={"PAGE_SIZE": "5"}, boxed={"bbox": [120.595, 31.2, 120.645, 31.4]},
                picked={"where": "species = 'ginkgo'"})
    assert done.returncode == 0, done.stderr[-2000:]
    out = json.loads(done.stdout)
    assert {"tree", "grid_cell", "region"} <= set(out["layers"]) and "home" not in out["layers"]
    every = out["all"]
    assert sorted(every["fields"]["code"]) == [f"T{n:02d}" for n in range(TREES)], "five pages"
    assert (every["shapes"], every["kind"]) == (TREES, "Point") and "keeper_phone" not in every["fields"]
    assert sorted(out["boxed"]["fields"]["code"]) == ["T00", "T01", "T02", "T03", "T04"]
    picked = out["picked"]["fields"]
    assert len(picked["code"]) == TREES // 2 and set(picked["species"]) == {"ginkgo"}


def test_a_wrong_key_is_refused(gdal):
    done = gdal(secret="gzk_wrong")
    assert done.returncode != 0 and "401" in done.stderr


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="the command-line tools of GDAL are not installed")
def test_the_tools_of_gdal_find_the_same(gdal, live_server, tmp_path):
    """What a colleague types at a terminal: the layers, a count by a filter, and a vector tile."""
    source = f"OAPIF:{live_server.url}/ogc/v1"

    def ogrinfo(*arguments):
        config = ("GDAL_HTTP_HEADERS", f"Authorization: Bearer {gdal.secret}"), ("GDAL_HTTP_TIMEOUT", "20")
        more = [part for pair in config for part in ("--config", *pair)]
        done = subprocess.run(["ogrinfo", "-ro", *more, *arguments], capture_output=True, text=True, timeout=SECONDS,
                              check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    assert "tree" in ogrinfo(source) and "person" not in ogrinfo(source)
    summary = ogrinfo("-so", "-where", "species = 'ginkgo'", source, "tree")
    assert f"Feature Count: {TREES // 2}" in summary and "Geometry: Point" in summary
    x, y = 13680, 6690  # the tile of zoom 14 that holds the first of them
    address = f"{live_server.url}/ogc/v1/collections/tree/tiles/WebMercatorQuad/14/{y}/{x}"
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {gdal.secret}"})
    kept = tmp_path / "tile.mvt"
    kept.write_bytes(urllib.request.urlopen(asked, timeout=20).read())
    tile = ogrinfo("-al", "-oo", "Z=14", "-oo", f"X={x}", "-oo", f"Y={y}", f"MVT:{kept}")
    assert "Layer name: tree" in tile and "name (String) = T00" in tile and "13800001234" not in tile
    place = re.search(r"POINT \((\S+) (\S+)\)", tile)
    assert abs(float(place[1]) / 20037508.342789 * 180 - 120.6) < 1e-4, "in Web Mercator, where the tree stands"
