"""The shipped tables are whole, what the registers ask for is there, and an administrator's edits count at once."""

from __future__ import annotations

import pytest

from gezhi.foundation.codes.models import Code, CodeTable
from gezhi.foundation.codes.reading import forget, known
from gezhi.foundation.codes.seeding import seed, shipped
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry


@pytest.fixture(autouse=True)
def fresh():
    yield
    forget()


def test_the_shipped_files_agree():
    tables = [row["table"] for row in shipped("code_tables")]
    codes = [(row["table"], row["code"]) for row in shipped("codes")]
    assert len(set(tables)) == len(tables) and len(set(codes)) == len(codes)
    assert {table for table, _code in codes} == set(tables)
    assert all(row["basis"] for row in shipped("code_tables")), "where a table comes from is said of each"


def test_every_field_names_a_table_that_is_shipped():
    tables = {row["table"] for row in shipped("code_tables")}
    asked = {getattr(k.field, "table", "") for r in registry.registers.values() for k in r.kinds.values()} - {""}
    assert asked and asked <= tables, asked - tables


def test_what_the_limits_forbid_is_not_shipped():
    names = "".join(row["name"] for row in shipped("code_tables"))
    assert not [word for word in ("宗教", "政治面貌", "感染", "艾滋", "诊断", "民族") if word in names]


@pytest.mark.django_db
def test_an_edit_counts_at_once_and_a_withdrawn_code_is_still_shown():
    table = CodeTable.objects.get(code="house_status")
    write(SYSTEM, "create", Code, {"table": table, "code": "05", "label": "待拆", "order": 99999})
    assert known("house_status")["05"] == ("待拆", True)
    kind = registry.register("home").kinds["status"]
    assert kind.parse("待拆") == "05"
    write(SYSTEM, "change", Code.objects.get(table=table, code="05"), {"offered": False})
    assert kind.show("05") == "待拆" and "05" not in [code for code, _label in kind.options()]
    with pytest.raises(Invalid):
        kind.parse("从未有过")


@pytest.mark.django_db
def test_a_code_keeps_its_sign_and_a_meaning_stands_once():
    code = Code.objects.get(table__code="gender", code="1")
    with pytest.raises(Invalid):
        write(SYSTEM, "change", code, {"code": "7"})
    with pytest.raises(Invalid):
        write(SYSTEM, "create", Code, {"table": code.table, "code": "7", "label": code.label})


@pytest.mark.django_db
def test_seeding_again_changes_nothing():
    before = Code.objects.count()
    assert before > 500
    with door(SYSTEM) as session:
        seed(session)
    assert Code.objects.count() == before
