"""The commands ``gezhi demo`` and ``gezhi import catalogue``: words, exit codes, nothing written on a trial."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from gezhi.config.commands import demo as command
from gezhi.config.commands import import_catalogue
from gezhi.config.text import Trouble
from gezhi.demo.city import DemoCity
from gezhi.foundation.catalogue.public import CatalogueVersion, Item
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 9, 16, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The commands work in the test's own database."""
    for module in (command, import_catalogue):
        monkeypatch.setattr(module, "application", lambda *_say: nullcontext(SimpleNamespace()))


def run(what, *arguments: str):
    return CliRunner().invoke(what, arguments)


def city(stage: str) -> DemoCity:
    return write(SYSTEM, "create", DemoCity, {"code": "3299", "name": "演示城市", "seed": 3, "cases": 9, "grids": 5,
                                              "now": NOW, "stage": stage})


def test_status_says_whether_there_is_a_whole_city():
    assert run(command.command, "status").exit_code == 1
    there = city("past")
    half = run(command.command, "status")
    assert half.exit_code == 1 and "已办结案件" in half.output
    write(SYSTEM, "change", there, {"stage": "done"})
    whole = run(command.command, "status")
    assert whole.exit_code == 0 and "0/9" in whole.output


def test_a_built_city_is_left_as_it_is():
    city("done")
    result = run(command.command, "build", "--if-absent")
    assert result.exit_code == 0 and not Item.objects.exists()


def test_sign_ins_need_a_city():
    assert isinstance(run(command.command, "sign-ins").exception, Trouble)


def test_the_second_factor_is_six_digits():
    output = run(command.command, "code").output.strip()
    assert len(output) == 6 and output.isdigit()


def test_a_folder_that_is_no_territory_is_trouble(tmp_path):
    result = run(command.command, "build", "--territory", str(tmp_path), "--cases", "5")
    assert isinstance(result.exception, Trouble)


def test_the_catalogue_is_tried_then_imported_then_left():
    trial = run(import_catalogue.command, "--dry-run")
    assert trial.exit_code == 0 and "没有写入" in trial.output and not CatalogueVersion.objects.exists()
    assert "第 1 版" in run(import_catalogue.command).output and Item.objects.count() == 534
    assert "无须导入" in run(import_catalogue.command).output and CatalogueVersion.objects.count() == 1


def test_wrong_rows_are_listed_and_the_exit_code_tells(tmp_path):
    path = tmp_path / "items.csv"
    path.write_bytes("code,domain,category,item,kind,lead_dept,limit_value,limit_unit,urgency\r\n"
                     "12,城管,市容,乱贴,event,没有的部门,x,work_day,一般\r\n".encode("gb18030"))
    result = run(import_catalogue.command, "--items", str(path))
    assert result.exit_code == 1 and "items 第 2 行 lead_dept" in result.output and "没有的部门" in result.output
    assert not CatalogueVersion.objects.exists()


def test_a_file_in_an_unknown_encoding_is_trouble(tmp_path):
    path = tmp_path / "items.csv"
    path.write_bytes(b"\xff\xff\xfe\x00\x81")
    assert isinstance(run(import_catalogue.command, "--items", str(path)).exception, Trouble)
