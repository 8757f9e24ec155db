"""Import, versions, proposals and differences of the catalogue."""

from __future__ import annotations

import datetime as dt

import pytest

from gezhi.engines.workflow.act import act
from gezhi.foundation.catalogue import reference
from gezhi.foundation.catalogue.models import CatalogueVersion, Category, ComponentType, Condition, Item, ItemProposal
from gezhi.foundation.catalogue.public import between, conditions_of, in_force, item_of, items, limit_of, load
from gezhi.foundation.units.models import Post, Role, Staff, Unit
from gezhi.foundation.units.public import actor_of
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, Invalid, Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    assert load().written
    return in_force()


def holder(role: str, name: str, unit: Unit | None = None):
    unit = unit or Unit.objects.filter(code="U").first() or write(SYSTEM, "create", Unit, {
        "code": "U", "name": "城管局", "kind": "department", "dept_type": "CG", "level": "city", "area_code": "3205"})
    staff = write(SYSTEM, "create", Staff, {"username": name, "name": f"{name}（演示）"})
    return actor_of(write(SYSTEM, "create", Post, {
        "staff": staff, "unit": unit, "role": Role.objects.get(code=role), "area_code": "3205"}))


def proposal(**more):
    return {"action": "add", "code": "0106901", "name": "临街鸽舍扰民", "lead_dept": "城管",
            "co_depts": "街道（乡镇）、卫健", "limit": "3 work_day",
            "legal_basis": "本市市容条例", "opinion": "投诉多", **more}


def tables() -> dict[str, list[dict[str, str]]]:
    return {name: reference.rows(name) for name in ("items", "conditions", "components")}


def test_import_makes_version_one_and_repeats_without_effect(catalogue):
    assert (catalogue.no, catalogue.status, catalogue.items) == (1, "published", 534)
    assert Item.objects.count() == 534 and Condition.objects.count() == 370 and ComponentType.objects.count() == 153
    assert Category.objects.filter(parent=None).count() == 14
    again = load()
    assert not again.written and again.edition == 1 and CatalogueVersion.objects.count() == 1


def test_items_carry_what_the_table_says(catalogue):
    item = item_of("0106010")
    assert (item.name, item.lead_dept, item.co_depts, item.limit) == ("暴露垃圾", "HW", ["ST"], (4, "work_hour"))
    assert item.category.name == "市容环境" and item.category.parent.name == "城市管理"
    assert item.urgency == "urgent2" and item.verify and item.inspect and item.self_handle
    cover = item_of("0101001")
    assert limit_of(cover) == (4, "work_hour")
    assert limit_of(cover, "MISSING_DISPLACED") == (2, "urgent_hour")
    assert {c.code for c in conditions_of(cover)} >= {"DAMAGED", "SUBSIDENCE"}
    assert item_of("9999999") is None and len(items()) == 534


def test_dry_run_writes_nothing():
    report = load(dry_run=True)
    assert not report.errors and report.counts["items"] == 534 and not report.written
    assert not CatalogueVersion.objects.exists() and not Item.objects.exists()


def test_every_wrong_row_is_named_and_nothing_is_written():
    wrong = tables()
    wrong["items"][0]["limit_value"] = "x"
    wrong["items"][1]["lead_dept"] = "没有的部门"
    wrong["items"][2]["code"] = wrong["items"][3]["code"]
    wrong["conditions"][5]["item_code"] = "9900000"
    wrong["components"][0]["gb47678_code"] = "1"
    report = load(wrong)
    found = {(error.table, error.line, error.column) for error in report.errors}
    assert {("items", 2, "limit_value"), ("items", 3, "lead_dept"), ("items", 5, "code"),
            ("conditions", 7, "item_code"), ("components", 2, "gb47678_code")} <= found
    assert not CatalogueVersion.objects.exists()


def test_missing_columns_and_empty_files_are_told():
    found = {(e.table, e.column) for e in load({"items": [{"code": "1"}], "conditions": [], "components": []}).errors}
    assert ("items", "lead_dept") in found and ("conditions", "item_code") in found


def test_changed_tables_make_a_new_version_and_the_old_stays(catalogue):
    changed = tables()
    changed["items"][0]["limit_value"] = "9"
    report = load(changed)
    assert report.edition == 2 and in_force().no == 2
    catalogue.refresh_from_db()
    assert catalogue.status == "retired"
    assert Item.objects.get(edition=catalogue, code="0101001").limit_value == 4
    (change,) = between(catalogue, in_force())
    assert change.kind == "changed" and [(before, after) for _label, before, after in change.fields] == [("4", "9")]


def test_a_published_version_cannot_be_edited(catalogue):
    with pytest.raises(Invalid, match="已经发布"):
        write(SYSTEM, "change", item_of("0106010"), {"limit_value": 1})


def test_a_declaration_becomes_the_next_version(catalogue):
    clerk, admin = holder("unit_clerk", "clerk"), holder("admin", "boss")
    made = act(clerk, ItemProposal, "propose", proposal())
    assert (made.lead_dept, made.co_depts, made.limit_value, made.unit_id) == ("CG", ["ST", "WJ"], 3, clerk.unit_id)
    act(clerk, ItemProposal, "propose", proposal(action="change", code="0106010", name="", lead_dept="", co_depts="",
                                                 limit="2 work_hour"))
    act(clerk, ItemProposal, "propose", proposal(action="retire", code="0101001", name="", lead_dept="", limit=None))
    for row in ItemProposal.objects.all():
        act(admin, row, "approve")
    draft = act(admin, CatalogueVersion, "prepare", {"effective_from": dt.date.today()})
    assert draft.base == catalogue and in_force() == catalogue, "a draft is not in force"
    act(admin, draft, "publish")
    newest = in_force()
    assert newest.no == 2 and newest.items == 534
    assert set(ItemProposal.objects.values_list("status", flat=True)) == {"effective"}
    kinds = {change.code: change.kind for change in between(catalogue, newest)}
    assert kinds == {"0106901": "added", "0106010": "changed", "0101001": "removed"}
    assert item_of("0106901").limit == (3, "work_day") and item_of("0106010").limit == (2, "work_hour")
    assert limit_of(item_of("0101002"), "MISSING_DISPLACED") == (2, "urgent_hour"), "conditions were copied"


def test_a_case_of_last_month_keeps_its_version(catalogue):
    changed = tables()
    changed["items"][0]["limit_value"] = "9"
    load(changed)
    month = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
    assert in_force(month) == catalogue
    assert item_of("0101001", month).limit_value == 4 and item_of("0101001").limit_value == 9


def test_nobody_approves_an_own_declaration_and_outsiders_do_not_see_it(catalogue):
    admin, other = holder("admin", "boss"), write(SYSTEM, "create", Unit, {
        "code": "V", "name": "水务局", "kind": "department", "level": "city", "area_code": "3205"})
    made = act(admin, ItemProposal, "propose", proposal())
    with pytest.raises(Conflict, match="自己"):
        act(admin, made, "approve")
    with pytest.raises(Refused):
        act(holder("handler", "h"), ItemProposal, "propose", proposal())
    from gezhi.kernel.access import sight
    from gezhi.kernel.registry import registry

    seen = ItemProposal.objects.filter(sight(registry.register("item_proposal"), holder("unit_clerk", "c", other)))
    assert not seen.exists()


@pytest.mark.parametrize(("change", "field"), [
    ({"code": "0106010"}, "code"), ({"code": "88"}, "code"), ({"code": "8899001"}, "code"), ({"name": ""}, "name"),
    ({"limit": None}, "limit"), ({"lead_dept": "天文台"}, "lead_dept"), ({"co_depts": "天文台"}, "co_depts"),
    ({"action": "change", "code": "0106909"}, "code"), ({"limit": "1.5 work_day"}, "limit")])
def test_wrong_declarations_are_refused_by_field(catalogue, change, field):
    with pytest.raises(Invalid) as caught:
        act(holder("unit_clerk", "clerk"), ItemProposal, "propose", proposal(**change))
    assert field in caught.value.errors


def test_discarding_a_draft_frees_its_declarations(catalogue):
    clerk, admin = holder("unit_clerk", "clerk"), holder("admin", "boss")
    act(admin, act(clerk, ItemProposal, "propose", proposal()), "approve")
    twin = act(clerk, ItemProposal, "propose", proposal(name="再报一次"))
    with pytest.raises(Conflict, match="等待发布"):
        act(admin, twin, "approve")
    draft = act(admin, CatalogueVersion, "prepare", {"effective_from": dt.date.today()})
    act(admin, draft, "discard", {"opinion": "重做"})
    assert ItemProposal.objects.get(name="临街鸽舍扰民").status == "approved" and in_force() == catalogue


def test_an_empty_draft_is_not_published(catalogue):
    draft = act(SYSTEM, CatalogueVersion, "prepare", {"effective_from": dt.date.today(), "empty": True})
    with pytest.raises(Conflict, match="没有事项"):
        act(SYSTEM, draft, "publish")


def test_matters_are_lines_of_several_words_each_said_once():
    lines = reference.matters()
    assert len(set(lines)) == len(lines) > 200 and all(len(set(line.split())) > 1 for line in lines)
    named = next(line for line in lines if line.startswith("市容环境 "))
    assert all(row.item in named for row in reference.items().values() if row.category == "市容环境")
