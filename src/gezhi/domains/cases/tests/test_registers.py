"""Lists, filters, lights, panels and limits of the registers of the case line."""

import random

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from gezhi.domains.cases.limits import DEFAULTS, StageLimit, stage_limit
from gezhi.domains.cases.metrics import METRICS
from gezhi.domains.cases.models import Application, Case, WorkOrder
from gezhi.engines.workflow.act import act
from gezhi.engines.workflow.queue import waiting
from gezhi.kernel.access import sight
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry

from .city import FAR, SPOT, when

NAMES = ("case", "work_order", "task", "application", "hard_case", "instruction", "follow", "stage_limit")


def test_declarations_are_sound():
    for name in NAMES:
        assert registry.register(name).problems() == []


@pytest.mark.parametrize("name", NAMES)
def test_every_filter_runs_and_narrows_to_what_it_says(city, name):
    register = registry.register(name)
    rng = random.Random(1)
    for filter_name, one in register.filter_set.items():
        kind = register.kinds.get(filter_name)
        raws = [code for code, _label in one.options()][:3] if one.options else []
        if kind is not None and filter_name == "place":
            raws = ["120.6,31.2,120.7,31.4"]
        elif kind is not None and not one.options and not kind.select_related:
            raws = [kind.show(kind.sample(rng)) if kind.widget_type not in ("select", "checkbox") else
                    kind.json(kind.sample(rng))]
        for raw in raws or ["1"]:
            list(register.model.objects.filter(one.q(str(raw), city.actor("dispatcher")))[:2])


def find(actor, **filters):
    register = registry.register("case")
    found = Case.objects.filter(sight(register, actor))
    for name, raw in filters.items():
        found = found.filter(register.filter_set[name].q(raw, actor))
    return set(found.distinct())


def test_stage_light_open_and_late_filters(city):
    late = city.dispatched("2026-09-01 09:00")
    fresh = city.report()
    done = city.do("acceptor", city.report(), "reject", reason="05", reply="x")
    everything = city.actor("admin")
    assert find(everything, light="red") == {late} == find(everything, late="1")
    assert find(everything, light="green") == {fresh} and find(everything, light="blue") == {done}
    assert find(everything, light="red,green") == {late, fresh} == find(everything, open="1")
    assert find(everything, stage="处置") == {late} and find(everything, stage="上报,派遣") == {fresh}
    assert find(everything, order_unit=str(city.cg.pk)) == {late}
    with pytest.raises(Invalid):
        find(everything, light="purple")


def test_mine_is_what_waits_for_this_person(city):
    reported, filed = city.report(), city.filed()
    case, order = city.handled()
    city.do("supervisor", case, "follow")
    assert find(city.actor("acceptor"), mine="todo") == {reported}
    assert find(city.actor("dispatcher"), mine="todo") == {filed}
    assert find(city.actor("unit_clerk"), mine="todo") == {case} == find(city.actor("unit_clerk"), mine="unit")
    assert find(city.actor("supervisor"), mine="followed") == {case} and not find(city.actor("reviewer"), mine="todo")
    city.submit(order)
    assert find(city.actor("reviewer"), mine="todo") == {case} and not find(city.actor("unit_clerk"), mine="todo")
    with pytest.raises(Invalid):
        find(city.actor("admin"), mine="everything")


def test_the_light_column_needs_no_query(city, settings):
    settings.GEZHI_TERRITORY_SECONDS = 600.0  # the look for changes of the territory is no part of this
    for _n in range(3):
        city.dispatched()
    register = registry.register("case")
    with CaptureQueriesContext(connection, ) as seen:
        rows = list(Case.objects.select_related(*register.related))
        cells = [[str(register.kinds[c].html(register.kinds[c].value(r))) for c in register.column_names] for r in rows]
    assert len(seen) <= 1 + len({r.area_code for r in rows}) and len(cells) == 3
    assert cells[0][register.column_names.index("light")] == "正常"


def everything_about(city):
    case, order = city.handled()
    city.do("unit_clerk", order, "apply_extension", reason="01", limit="1 work_day", opinion="需采购")
    city.do("leader", case, "instruct", opinion="请立即处置")
    city.report(reporter_phone="19900000001")
    verified = city.do("acceptor", city.report(), "request_verification", post=city.actor("grid_member").post_id)
    return case, order, verified


def test_what_may_be_the_same_is_shown_with_how_alike_it_is(city):
    from gezhi.domains.cases.public import similar

    text = "解放路与人民路路口井盖破损，车辆经过很危险"
    first = city.report(content=text)
    same = city.report(content=text + "，请尽快处理")
    city.report(content="楼上邻居半夜装修噪声太大，无法休息")  # the same spot, another matter
    city.report(content=text, place=FAR)  # the same words, two kilometres away
    city.report("2026-08-01 09:00", content=text)  # the same, months ago
    found = similar(same, city.actor("acceptor"))
    assert found[0].case == first and found[0].proposed and found[0].geo == 1.0
    assert {s.case for s in found if s.proposed} == {first}
    assert similar(same, city.actor("unit_clerk")) == []  # only among what one may see
    city.do("acceptor", first, "merge", master=same.pk)
    assert first not in {s.case for s in similar(same, city.actor("acceptor"))}


def test_panels_render_for_those_who_may_see_and_hide_the_number(city):
    case, order, verified = everything_about(city)
    for record, name in ((case, "case"), (verified, "case"), (city.filed(), "case"), (order, "work_order")):
        for role in ("dispatcher", "supervisor"):
            actor = city.actor(role)
            for panel in registry.register(name).panels:
                if panel.when is None or panel.when(record, actor):
                    html = render_to_string(panel.template, {"record": record, "actor": actor,
                                                             **panel.context(record, actor)})
                    assert html.strip() and "19900000001" not in html, panel.name
    process = next(p for p in registry.register("case").panels if p.name == "process").context(case, actor)
    said = [a["label"] for a in process["acts"]]
    assert {"上报", "立案", "派遣", "签收", "申请延期", "批示"} <= set(said) and "附件" not in said


def test_a_secret_reporter_is_hidden_from_who_may_not_reveal(city):
    case = city.report(secret=True)
    panel = registry.register("case").panels[0]
    assert panel.context(case, city.actor("supervisor"))["reporter_phone"] == ""
    assert panel.context(case, city.actor("acceptor"))["reporter_phone"] == "199****0001"


def test_panels_cost_a_fixed_number_of_queries(city, monkeypatch, settings):
    settings.GEZHI_TERRITORY_SECONDS = 600  # the version of the territory is asked for again now and then
    monkeypatch.setattr("gezhi.domains.cases.limits._KEEP_SECONDS", 1e9)
    monkeypatch.setattr("gezhi.foundation.calendar.service._FRESH_SECONDS", 1e9)  # nor that of the calendar
    monkeypatch.setattr("gezhi.foundation.calendar.service._unsettled_until", 0.0)
    stage_limit("quota")
    case, _order, _verified = everything_about(city)

    def cost():
        with CaptureQueriesContext(connection) as seen:
            for panel in registry.register("case").panels:
                panel.context(city.again(case), city.actor("dispatcher"))
        return [q["sql"][:110] for q in seen.captured_queries]

    city.actor("dispatcher")
    before = cost()
    for _n in range(4):
        city.report()
        city.do("dispatcher", case, "remark", opinion="记一笔")
    now = cost()
    assert len(now) <= len(before), sorted(set(now) - set(before))


def test_stage_limits_are_rows_that_hold_from_now_on(city, monkeypatch):
    from gezhi.domains.cases import limits

    assert StageLimit.objects.count() == len(DEFAULTS)
    row = StageLimit.objects.get(stage="accept", urgency="")
    write(SYSTEM, "change", row, {"value": 1.0})
    assert stage_limit("accept", "normal") == (1.0, "work_hour") and stage_limit("accept", "urgent1")[0] == 15
    case = city.report("2026-09-01 09:00")
    assert case.due_at.astimezone(when("2026-09-01 09:00").tzinfo) == when("2026-09-01 10:00")
    with pytest.raises(Invalid):
        write(SYSTEM, "change", StageLimit.objects.get(stage="gps_radius"), {"unit_of": "work_day"})
    monkeypatch.setattr(limits, "_kept", (0.0, {}))


def test_every_metric_names_filters_and_dates_that_exist():
    for metric in METRICS:
        register = registry.register(metric.of)
        assert set(metric.where) | set(metric.base or {}) <= set(register.filter_set)
        assert not metric.at or metric.at in register.kinds
        for name in metric.by:
            assert name == "area" or name in register.kinds


def test_orders_of_a_unit_use_their_index(city):
    city.dispatched()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # in its place a table nobody has looked at: of one known to have a single row any index will do
        cursor.execute("CREATE TEMP TABLE cases_workorder (LIKE cases_workorder INCLUDING INDEXES) ON COMMIT DROP")
        found = WorkOrder.objects.filter(unit_id=city.cg.pk, status="pending_sign").order_by("-id")[:20]
        assert "cases_workorder_unit_id_status_id_idx" in found.explain()
        cursor.execute("DROP TABLE pg_temp.cases_workorder")
        near = Case.objects.filter(registry.register("case").filter_set["place"].q("120.62,31.30,500", SYSTEM))
        assert "place" in near.explain() and near.get().place.equals_exact(SPOT, 1e-9)
        word = Case.objects.extra(where=["tokens @@ '垃圾'::tsquery"])
        assert "case_found" in word.explain()


def test_work_waits_at_the_desk_of_its_role(city):
    def waits(role):
        return {work.register.name: set(work.query(city.actor(role), {}).rows()) for work in waiting(city.actor(role))}

    fresh, filed = city.report(), city.filed()
    assert waits("acceptor")["case"] == {fresh} and waits("dispatcher")["case"] == {filed}
    assert not waits("archivist")["case"] and not waits("callback_agent")["case"]
    own = act(city.actor("grid_member"), Case, "report", {
        "channel": "grid_app", "content": "井盖破损，行人容易绊倒", "place": SPOT, "photos": [city.photo()]})
    assert own.status == "reported" and not waits("grid_member")["case"], "one may withdraw it, and need not"


def test_an_application_gives_its_reason_in_the_words_of_its_kind(city):
    register = registry.register("application")
    assert register.says(Application(kind="suspension", reason="06"), "reason") == "季节性"
    assert register.says(Application(kind="extension", reason="04"), "reason") == "天气"
    assert register.says(Application(kind="extension", reason="04"), "text") is None
