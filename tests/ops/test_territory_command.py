"""`gezhi territory`: import dry and in earnest, check, export."""

from __future__ import annotations

import pytest
import shapely
from click.testing import CliRunner

from gezhi.config.commands.territory import command
from gezhi.foundation.territory.models import Region

A, TOWN = "320505001001", "320505001"


@pytest.mark.django_db(transaction=True)
def test_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr("gezhi.config.commands.territory.application", _nothing)
    for stem, rows in (
        ("areas", "320505,虎丘区"),
        ("streets", f"{TOWN},横塘街道"),
        ("villages", f"{A},石湖社区居委会"),
    ):
        (tmp_path / f"{stem}.csv").write_text(f"code,name\n{rows}\n", "utf-8")
    (tmp_path / "b.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"adcode":320505},"geometry":'
        + shapely.to_geojson(shapely.box(120.5, 31.2, 120.6, 31.3))
        + "}]}"
    )
    args = [
        "import",
        "--city",
        "320500",
        "--city-name",
        "苏州市",
        "--divisions",
        str(tmp_path),
        "--boundaries",
        str(tmp_path / "b.geojson"),
        "--crs",
        "gcj02",
        "--make",
        "--grids",
        "5",
    ]
    run = CliRunner()
    dry = run.invoke(command, [*args, "--dry-run"])
    assert "试运行" in dry.output, dry.output
    assert not Region.objects.exists()
    done = run.invoke(command, args)
    assert done.exit_code == 0, done.output
    assert "网格：新增 5" in done.output
    assert run.invoke(command, ["check"]).output.strip() == "没有发现问题。"
    out = run.invoke(command, ["export", str(tmp_path / "o.gpkg"), "--crs", "bd09"])
    assert out.exit_code == 0, out.output
    assert (tmp_path / "o.gpkg").stat().st_size > 0


class _nothing:
    """Stands for the command's own start of Django, which the test run has done already."""

    def __init__(self, _say):
        pass

    def __enter__(self):
        return None

    def __exit__(self, *_error):
        return None
