"""Fields a city adds: on every register, every type, every surface; typed, found, kept, told to nobody whole."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from openpyxl import load_workbook

from gezhi.engines.forms import FilterForm, RecordForm
from gezhi.engines.history import timeline, verify
from gezhi.engines.tables.query import Query
from gezhi.engines.transfer import carry, load, sheet
from gezhi.engines.transfer.export import Export, as_csv, as_xlsx
from gezhi.engines.transfer.template import template
from gezhi.foundation.custom import index, reading
from gezhi.foundation.custom.custom_field import CustomField
from gezhi.foundation.custom.limits import NEVER
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.custom import TYPES
from gezhi.kernel.door import write
from gezhi.kernel.errors import GezhiError, Invalid
from gezhi.kernel.registry import registry

from .added import SECRET, add
from .conftest import MADE, actor, mighty
from .factory import CannotMake, make
from .test_writes import WRITABLE, posted

PHONE, NUMBER = "13912345678", "320508199001011233"
VALUES: dict[str, Any] = {
    "text": "蓝色屋顶", "long": "两行\n文字", "number": 7, "decimal": Decimal("12.5"), "date": dt.date(2026, 3, 1),
    "choice": "1", "choices": ["1", "2"], "truth": True, "name": SECRET, "phone": PHONE, "id_number": "",
    "address": SECRET + "路三号",
}
RAW = {"number": "7", "decimal": "12.5", "date": "2026-03-01", "truth": "1", "choices": "1"}


pytestmark = pytest.mark.usefixtures("fresh")


def everything() -> list[tuple[Any, Any]]:
    """A record of each register, made before anything is added."""
    out = []
    for number, register in enumerate(MADE, 30):
        record = register.model.objects.order_by("-pk").first()
        for seed in (0, number, number + 1, 7) if record is None else ():
            try:
                with transaction.atomic():
                    record = make(register, seed)
                    break
            except CannotMake as error:
                why = error
        assert record is not None, why
        out.append((register, record))
    return [(register, register.model.objects.get(pk=record.pk)) for register, record in out]


def test_every_type_offered_is_one_the_kernel_knows():
    offered = {code for code, _label in CustomField._meta.get_field("kind").choices}
    assert offered == set(TYPES) == set(VALUES)


@pytest.mark.django_db
def test_on_every_register_a_field_is_entered_listed_filtered_kept_and_retired(as_actor):
    """One plain field and one personal one on each register, without a migration."""
    tried = 0
    for register, record in everything():
        plain, personal = add(register.name, "roof", "text"), add(register.name, "caller", "phone")
        secret = add(register.name, "story", "text", sensitivity="high")
        write(SYSTEM, "change", record, {"x_roof": "蓝色屋顶", "x_caller": PHONE})
        kept = register.model.objects.get(pk=record.pk)
        who = mighty(register)
        assert not register.problems(), "the start-up check looks at what is declared"
        assert kept.custom["x_roof"] == "蓝色屋顶" and PHONE not in json.dumps(kept.custom), register.name
        assert register.kinds["x_caller"].value(kept) == PHONE
        assert [r.pk for r in Query(register, who, {"x_roof": "蓝色屋顶"}).rows()] == [record.pk]
        assert [r.pk for r in Query(register, who, {"x_roof": "~色屋"}).rows()] == [record.pk]
        assert [r.pk for r in Query(register, who, {"x_caller": PHONE}).rows()] == [record.pk]
        assert not Query(register, who, {"x_caller": "13900000000"}).rows()
        assert {"x_roof", "x_caller"} <= set(FilterForm(register, who, {}).fields)
        assert not {"x_story"} & {*register.column_names, *register.filter_names}
        with pytest.raises(Invalid):
            register.kinds["x_story"].q("黄鹤甲乙丙丁")
        page = as_actor(who).get(f"/desk/{register.name}/?x_roof=蓝色屋顶").content.decode()
        assert "蓝色屋顶" in page and "城市roof" in page and PHONE not in page, register.name
        page = as_actor(who).get(f"/desk/{register.name}/{record.pk}/").content.decode()
        assert "蓝色屋顶" in page and "139****5678" in page and PHONE not in page, register.name
        last = timeline(kept)[-1]
        assert last.changes["x_roof"] == [None, "蓝色屋顶"] and PHONE not in json.dumps(last.changes)
        assert "custom" not in last.changes and verify(kept).whole
        for field in (plain, personal, secret):
            write(actor("admin"), "change", field, {"active": False})
        reading.forget()
        assert "x_roof" not in register.column_names + register.form_names and "x_roof" in register.kinds
        with pytest.raises(Invalid):
            Query(register, who, {"x_roof": "蓝色屋顶"})
        with pytest.raises(Invalid):
            write(SYSTEM, "change", kept, {"x_roof": "红"})
        assert register.model.objects.get(pk=record.pk).custom["x_roof"] == "蓝色屋顶", "its value is not lost"
        page = as_actor(who).get(f"/desk/{register.name}/{record.pk}/").content.decode()
        assert "蓝色屋顶" in page and "已停用" in page, "and history can still be read"
        tried += 1
    assert tried == len(MADE)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(set(TYPES) - {"id_number"}))
def test_every_type_is_read_written_filtered_and_sent(kind, as_actor, monkeypatch):
    register = registry.register("building")
    record, other = make(register, 1), make(register, 2)
    add("building", "probe", kind)
    who, shown = mighty(register), register.kinds["x_probe"]
    value = VALUES[kind]
    form = RecordForm(register, who, record, data=_with(register, who, record, value))
    assert form.is_valid(), form.errors
    assert set(form.values()) == {"x_probe"}
    record = write(who, "change", record, form.values())
    record = register.model.objects.get(pk=record.pk)
    assert shown.value(record) == value and shown.value(other) in (None, [])
    again = RecordForm(register, who, record, data=posted(RecordForm(register, who, record)))
    assert again.is_valid() and again.values() == {}, "an untouched form changes nothing"
    assert shown.json(shown.parse(shown.json(value))) == shown.json(value)
    if kind != "long":
        assert [r.pk for r in Query(register, who, {"x_probe": RAW.get(kind, str(value))}).rows()] == [record.pk]
        assert [r.pk for r in Query(register, who, {"x_probe": "-"}).rows()] == [other.pk]
    if kind in ("number", "decimal"):
        assert [r.pk for r in Query(register, who, {"x_probe": "6..13"}).rows()] == [record.pk]
        assert not Query(register, who, {"x_probe": "100.."}).rows()
    if kind == "date":
        assert [r.pk for r in Query(register, who, {"x_probe": "2026-02-01.."}).rows()] == [record.pk]
        assert not Query(register, who, {"x_probe": "..2026-02-01"}).rows()
    schema = shown.schema()
    assert schema["title"] == "城市probe"
    write(who, "change", record, {"x_probe": None})
    assert "x_probe" not in register.model.objects.get(pk=record.pk).custom, "an empty value leaves no trace"


def _with(register: Any, who: Any, record: Any, value: Any) -> Any:
    data = posted(RecordForm(register, who, record))
    if isinstance(value, list):
        data.setlist("x_probe", value)
    elif value is True:
        data["x_probe"] = "on"
    else:
        data["x_probe"] = str(value)
    return data


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "wrong", "more"), [
    ("number", "七", {}), ("number", "11", {"most": 10}), ("decimal", "1.23456", {}), ("date", "2026-02-30", {}),
    ("choice", "没有", {}), ("truth", "也许", {}), ("phone", "12", {}), ("text", "四个字了", {"length": 3}),
    ("text", "", {"required": True}), ("id_number", "320508199001011234", {"sensitivity": "high"})])
def test_wrong_values_are_refused_at_every_door_in_words(kind, wrong, more):
    register = registry.register("building")
    record, who = make(register), mighty(register)
    add("building", "probe", kind, **more)
    form = RecordForm(register, who, record, data=_with(register, who, record, wrong))
    if kind != "truth":  # which is a box that is ticked or not
        assert not form.is_valid() and form.errors["x_probe"]
    with pytest.raises(Invalid):
        write(who, "change", record, {"x_probe": wrong})
    heads = [register.kinds["number"].label, "城市probe"]
    job = load.begin(who, register, io.BytesIO(f"{heads[0]},{heads[1]}\n{record.number},{wrong}\n".encode()), "x.csv")
    assert carry.start(job, trial=True) and carry.claim(job)
    carry.run(who, job)
    row = job.rows.get()
    assert (row.state == "wrong") == (bool(wrong)) or "x_probe" in row.errors
    assert register.model.objects.get(pk=record.pk).custom == {}


@pytest.mark.django_db
@pytest.mark.parametrize("register", WRITABLE, ids=lambda r: r.name)
def test_template_export_and_import_carry_added_fields(register):
    try:
        record = make(register)
    except CannotMake:
        pytest.skip("its records are made by their own engine")
    add(register.name, "roof", "text")
    add(register.name, "floor", "number")
    assert {"城市roof", "城市floor"} <= {c.value for c in load_workbook(template(register)).worksheets[0][1]}
    who = mighty(register)
    write(SYSTEM, "change", record, {"x_roof": "蓝色屋顶", "x_floor": 12345})
    query = Query(register, who, {})
    lines = list(sheet.read(io.BytesIO(b"".join(as_csv(Export(query, query.columns(), "csv")))), "x.csv"))
    assert "城市roof" in lines[0] and any("蓝色屋顶" in line for line in lines[1:])
    if register.key == "id":
        return
    book = as_xlsx(Export(Query(register, who, {}), [], "again.xlsx"))
    write(SYSTEM, "change", register.model.objects.get(pk=record.pk), {"x_roof": "红", "x_floor": None})
    job = load.begin(who, register, book, "again.xlsx")
    for trial in (True, False):
        assert carry.start(job, trial=trial) and carry.claim(job)
        carry.run(who, job)
    assert not job.rows.filter(state="wrong").exists(), list(job.rows.values_list("errors", flat=True))[:2]
    kept = register.model.objects.get(pk=record.pk)
    assert kept.custom == {"x_roof": "蓝色屋顶", "x_floor": 12345}


@pytest.mark.django_db
def test_the_api_describes_takes_and_gives_them(as_actor, monkeypatch):
    from django.test import Client

    from gezhi.surfaces.api import http

    register, client = registry.register("building"), Client()
    add("building", "roof", "text", required=True)
    add("building", "lifts", "number")
    record = make(register)
    monkeypatch.setattr(http, "actor_of", lambda _request: mighty(register))
    paths = client.get("/api/v1/openapi.json").json()
    body = paths["paths"]["/building"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["x_lifts"]["title"] == "城市lifts" and "x_roof" in body["required"]
    assert "x_roof" in {p["name"] for p in paths["paths"]["/building"]["get"]["parameters"]}
    about = client.get("/api/v1/registers/building").json()
    assert {"x_roof", "x_lifts"} <= {f["name"] for f in about["form"][-1]}
    sent = client.patch(f"/api/v1/building/{record.pk}", {"x_lifts": 3, "x_roof": "瓦"},
                        content_type="application/json")
    assert sent.status_code == 200 and sent.json()["x_lifts"] == 3 and "custom" not in sent.json()
    assert client.get("/api/v1/building?x_lifts=2..4&sort=-x_lifts").json()["items"][0]["x_roof"] == "瓦"
    wrong = client.patch(f"/api/v1/building/{record.pk}", {"x_lifts": "三"}, content_type="application/json")
    assert wrong.status_code == 422 and "x_lifts" in wrong.content.decode()
    none = client.post("/api/v1/building", {"name": "无顶楼"}, content_type="application/json")
    assert none.status_code == 422 and "x_roof" in none.content.decode()


@pytest.mark.django_db
def test_lists_are_sorted_by_them_page_by_page():
    register = registry.register("building")
    add("building", "lifts", "number")
    records = [make(register, seed) for seed in range(5)]
    for record, lifts in zip(records, (10, 9, 100, None, 9), strict=True):
        write(SYSTEM, "change", record, {"x_lifts": lifts})
    for sort, wanted in (("x_lifts", [9, 9, 10, 100, None]), ("-x_lifts", [None, 100, 10, 9, 9])):
        seen, cursor = [], ""
        for _turn in range(4):
            page = Query(register, mighty(register), {"sort": sort, "cursor": cursor}).page(2)
            seen += [r.custom.get("x_lifts") for r in page.rows]
            cursor = page.next
            if not cursor:
                break
        assert seen == wanted


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "more", "raw"), [
    ("number", {}, "5"), ("number", {}, "4..6"), ("text", {}, "蓝"), ("choices", {}, "1"), ("phone", {}, PHONE)])
def test_a_filter_has_its_index_at_once_and_uses_it(kind, more, raw):
    """Without a migration; an index scan, when the planner is not told to read everything."""
    register = registry.register("building")
    row = add("building", "probe", kind, **more)
    index.put_right(row.pk)
    row.refresh_from_db()
    assert row.indexed_at is not None and index._valid(index.name_of(row)) is True
    make(register)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Query(register, mighty(register), {"x_probe": raw}).rows().explain()
    assert index.name_of(row) in plan, plan
    row = write(actor("admin"), "change", row, {"filtered": False})
    index.put_right(row.pk)
    assert index._valid(index.name_of(row)) is None


@pytest.mark.django_db
def test_who_may_add_fields_and_what_may_not_be_added(as_actor):
    for role in ("grid_member", "unit_clerk", "acceptor", "leader", "nobody"):
        assert as_actor(actor(role)).get("/desk/custom_field/").status_code == 404
        with pytest.raises(GezhiError):
            write(actor(role), "create", CustomField, {"register": "person", "name": "a", "label": "甲", "kind": "text",
                                                       "purpose": "试"})
    assert as_actor(actor("admin")).get("/desk/custom_field/new?register=person").status_code == 200
    for word in NEVER:
        with pytest.raises(Invalid):
            add("person", "forbidden", "text", label=f"{word}情况")
    for wrong in ({"kind": "phone", "sensitivity": "internal"}, {"kind": "choice", "table": None}, {"name": "Groß"},
                  {"name": "a__b"}, {"purpose": ""}, {"register": "nothing"}, {"label": "姓名"}, {"least": 3},
                  {"kind": "id_number", "sensitivity": "sensitive"}, {"kind": "number", "least": 3, "most": 2}):
        with pytest.raises(Invalid):
            add(**{"register": "person", "name": "probe", "kind": "text", **wrong})
    made = add("person", "probe", "text")
    for name, value in (("name", "other"), ("kind", "number"), ("register", "home")):
        with pytest.raises(Invalid):
            write(actor("admin"), "change", made, {name: value})
    write(actor("admin"), "change", made, {"label": "新的名称"})
    assert timeline(made)[-1].changes["label"] == ["城市probe", "新的名称"], "every earlier wording stays"
    with pytest.raises(Invalid):
        add("person", "probe", "text", label="又一个")


@pytest.mark.django_db
def test_records_that_are_only_moved_are_filled_in_by_who_may_move_them(as_actor):
    register = registry.register("case")
    case = make(register)
    add("case", "weather", "text")
    address = f"/desk/case/{case.pk}/edit"
    who = mighty(register)
    assert as_actor(who).get(address).status_code == 200
    done = as_actor(who).post(address, {"x_weather": "大雨", "version": case.version})
    assert done.status_code == 302 and register.model.objects.get(pk=case.pk).custom == {"x_weather": "大雨"}
    assert as_actor(actor("leader")).get(address).status_code in (403, 404), "a leader who can do nothing here cannot"


@pytest.mark.django_db
def test_a_list_costs_no_more_queries_for_them(as_actor, django_assert_max_num_queries, settings):
    settings.GEZHI_TERRITORY_SECONDS = 600
    register = registry.register("building")
    for at in range(5):
        add("building", f"probe{chr(97 + at)}", "text")
    for seed in range(12):
        write(SYSTEM, "change", make(register, seed), {"x_probea": "甲", "x_probeb": "乙"})
    browser = as_actor(mighty(register))
    for address in ("/desk/building/", "/desk/building/?sort=x_probea", "/desk/search?q=楼"):
        browser.get(address)
        with django_assert_max_num_queries(150 if "search" in address else 12):
            assert browser.get(address).status_code == 200
