"""Rules on cases from declaration to effect: approval, warning once, deadlines under version, trial on the past."""

import datetime as dt

import pytest
from django.db import connection

from gezhi.engines.notify.message import Message
from gezhi.engines.notify.tell import consume
from gezhi.engines.rules import force, sweep, tried
from gezhi.engines.rules.firing import RuleFiring
from gezhi.engines.rules.rule import Rule
from gezhi.engines.rules.tree import holds, leaves, values_of
from gezhi.engines.rules.trial import RuleTrial, TrialHit
from gezhi.engines.rules.version import RuleVersion
from gezhi.engines.rules.words import in_languages, sentence
from gezhi.engines.tables.query import Query
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.records import Event, History

from .city import City, m, when

pytestmark = pytest.mark.django_db

WARNING = {
    "name": "临期提醒", "subject": "case", "opinion": "督办办法第三条",
    "conditions": [{"fact": "urgency", "op": "in", "value": "一般"}, {"fact": "stage", "op": "in", "value": "处置"}],
    "steps": [{"measure": "share", "value": 50, "who": "unit_clerk:unit", "channels": "inbox"},
              {"measure": "overdue", "value": 8, "who": "supervisor:area", "channels": "inbox sms"}]}
DEADLINE = {"name": "积水急办", "subject": "case", "opinion": "会议纪要", "clock": "handle",
            "conditions": [{"fact": "item", "op": "in", "value": "0102001"}], "priority": 20,
            "limit": {"value": 4, "unit": "work_hour"}}


@pytest.fixture(autouse=True)
def fresh():
    force.forget()
    yield
    force.forget()


def approved(city: City, family: str, at: str, values: dict) -> RuleVersion:
    """A rule of which another administrator approved the first version at a past moment."""
    version = city.do("admin", RuleVersion, f"declare_{family}", at, **values)
    city.do("admin", version, "submit", at)
    version = city.do("supervisor", version, "approve", at)
    force.forget()
    return version


def sweep_at(text: str) -> int:
    return sweep.sweep(when(text))


def test_a_rule_is_approved_by_somebody_else_and_explains_itself(city):
    version = city.do("supervisor", RuleVersion, "declare_warning", **WARNING)
    assert version.rule.no == "YJ-0001" and version.rule.status == "declared"
    assert sentence(version) == ("凡紧急程度为一般且环节为处置的案件，"
                                 "已用时达到时限的 50% 时提醒承办单位联络员（站内）；"
                                 "超期满 8 小时时提醒辖区督查员（站内和短信）。")
    said = {row["lang"]: row["text"] for row in in_languages(version)}
    assert said["zh-hans"] == sentence(version) and said["en"]
    version = city.do("supervisor", version, "submit")
    with pytest.raises(Conflict, match="自己"):
        city.do("supervisor", version, "approve")
    version = city.do("admin", version, "approve", opinion="同意")
    assert version.effective_from is not None and Rule.objects.get().status == "active"
    verbs = list(History.objects.filter(register="rule_version", record_id=version.pk).values_list("verb", flat=True))
    assert verbs == ["declare_warning", "submit", "approve"]


@pytest.mark.parametrize("role", ["dispatcher", "unit_clerk", "handler", "acceptor"])
def test_others_may_neither_declare_nor_approve(city, role):
    with pytest.raises(Refused):
        city.do(role, RuleVersion, "declare_warning", **WARNING)
    version = city.do("admin", RuleVersion, "declare_warning", **WARNING)
    version = city.do("admin", version, "submit")
    with pytest.raises((Refused, Missing)):
        city.do(role, version, "approve")
    assert RuleVersion.objects.get().status == "submitted"


@pytest.mark.parametrize(("row", "why"), [
    ({"fact": "urgency", "op": "in", "value": "很急"}, "可填：特急"),
    ({"fact": "urgency", "op": "ge", "value": "一般"}, "只能用"),
    ({"fact": "item", "op": "in", "value": "9999999"}, "没有代码"),
    ({"fact": "share", "op": "ge", "value": "-3"}, "不小于 0"),
    ({"fact": "extensions", "op": "ge", "value": "1"}, "没有“extensions”"),
    ({"fact": "hard", "op": "in", "value": "也许"}, "“是”或“否”"),
])
def test_wrong_conditions_are_refused_by_row(city, row, why):
    with pytest.raises(Invalid, match="第 1 行") as wrong:
        city.do("admin", RuleVersion, "declare_warning", **{**WARNING, "conditions": [row]})
    assert why in str(wrong.value)
    assert not RuleVersion.objects.exists()


def test_it_warns_each_step_once_in_working_time_and_tells_people(city):
    version = approved(city, "warning", "2026-09-17 09:00", WARNING)
    clerk = city.actor("unit_clerk")
    case = city.dispatched("2026-09-18 09:00")  # a Friday; the Sunday after it is worked
    other = city.dispatched("2026-09-18 09:00", item="0101001")  # urgent
    half = city.clock(case, "handle")
    assert sweep_at("2026-09-20 08:59") == 0
    assert sweep_at("2026-09-20 09:00") == 1  # eight of its sixteen working hours
    assert sweep_at("2026-09-20 09:01") == 0
    firing = RuleFiring.objects.get()
    assert (firing.record_id, firing.step, firing.clock, firing.unit_id) == (case.pk, 0, "handle", city.cg.pk)
    assert firing.reached_at == when("2026-09-20 09:00") and firing.reached_at < half.due_at
    event = Event.objects.get(kind="case.rule_warning")
    event.at = dt.datetime.now(dt.UTC)
    consume(event)
    consume(event)
    told = Message.objects.filter(event_id=event.pk)
    assert [(t.staff_id, t.kind, t.link_id) for t in told] == [(clerk.user_id, "warning", case.pk)]
    assert case.title in told[0].title
    assert sweep_at("2026-09-25 18:00") == 1 and RuleFiring.objects.filter(step=1).count() == 1
    assert not RuleFiring.objects.filter(record_id=other.pk).exists()
    with connection.cursor() as cursor, pytest.raises(Exception, match="rule_firing_once"):
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        names = ", ".join(f'"{f.column}"' for f in RuleFiring._meta.concrete_fields if f.name != "id")
        cursor.execute(f"INSERT INTO rules_rulefiring ({names}) SELECT {names} FROM rules_rulefiring LIMIT 1")
    assert version.pk == firing.rule_version_id


def test_a_new_version_leaves_old_clocks_to_the_old_one(city):
    first = approved(city, "warning", "2026-09-15 09:00", WARNING)
    old = city.dispatched("2026-09-16 09:00")
    rule = city.do("admin", first.rule, "revise", "2026-09-16 10:00", opinion="改早些")
    with pytest.raises(Conflict, match="没有定稿"):
        city.do("admin", rule, "revise", "2026-09-16 10:01", opinion="再改")
    draft = RuleVersion.objects.get(no=2)
    draft = city.do("admin", draft, "amend_warning", "2026-09-16 10:05", conditions=WARNING["conditions"],
                    steps=[{"measure": "share", "value": 25, "who": "unit_clerk:unit"}], open_too=False,
                    opinion="提早到四分之一")
    city.do("admin", draft, "submit", "2026-09-16 10:10")
    second = city.do("supervisor", draft, "approve", "2026-09-16 10:20")
    first.refresh_from_db()
    assert first.status == "ended" and first.effective_to == second.effective_from and first.stops_at is None
    new = city.dispatched("2026-09-16 11:00")
    assert sweep_at("2026-09-17 18:30") == 2
    found = {f.record_id: f.rule_version_id for f in RuleFiring.objects.all()}
    assert found == {old.pk: first.pk, new.pk: second.pk}
    city.do("admin", rule, "stop", "2026-09-17 19:00", opinion="不再使用")
    assert sweep_at("2026-10-12 18:00") == 0


def test_the_strongest_deadline_rule_sets_the_limit_and_old_cases_keep_theirs(city):
    before = city.filed("2026-09-14 09:00")
    approved(city, "deadline", "2026-09-15 09:00", DEADLINE)
    weak = {**DEADLINE, "name": "一般", "priority": 5, "limit": {"value": 9, "unit": "work_day"}}
    approved(city, "deadline", "2026-09-15 09:00", weak)
    case = city.filed("2026-09-16 09:00")
    assert (case.limit_value, case.limit_unit, case.limit_rule) == (4, "work_hour", "SX-0001 v1")
    other = city.filed("2026-09-16 09:00", item="0103001")
    assert (other.limit_value, other.limit_rule) == (5, "")
    before = city.again(before)
    assert (before.limit_value, before.limit_unit, before.limit_rule) == (2, "work_day", "")
    case = city.give(case, "2026-09-16 09:00")
    assert city.clock(case, "handle").due_at == when("2026-09-16 15:00")
    with pytest.raises(Invalid, match="计时开始前"):
        city.do("admin", RuleVersion, "declare_deadline", **{**DEADLINE, "conditions": [
            {"fact": "share", "op": "ge", "value": 10}]})


def test_stages_and_signing_have_rules_too(city):
    approved(city, "deadline", "2026-09-15 09:00", {
        **DEADLINE, "clock": "accept", "conditions": [{"fact": "channel", "op": "in", "value": "12345热线"}],
        "limit": {"value": 1, "unit": "work_hour"}})
    approved(city, "deadline", "2026-09-15 09:00", {
        **DEADLINE, "subject": "work_order", "clock": "sign", "limit": {"value": 3, "unit": "work_hour"}})
    assert city.report("2026-09-16 09:00").due_at == when("2026-09-16 10:00")
    order = city.dispatched("2026-09-16 09:00").orders.get()
    assert city.clock(order, "sign").due_at == when("2026-09-16 12:00")


def test_a_trial_says_what_would_have_been_and_shows_the_cases(city):
    version = city.do("admin", RuleVersion, "declare_warning", "2026-09-30 09:00", **WARNING)
    quick, _order = city.handled("2026-09-18 09:00")
    city.submit(quick.orders.get(), "2026-09-18 11:00")  # long before half of its limit
    late, _order = city.handled("2026-09-14 09:00")
    city.submit(late.orders.get(), "2026-09-21 09:00")
    running = city.dispatched("2026-09-29 09:00")
    trial = run_trial(city, version, "2026-09-30 15:00", 30)
    assert trial.status == "done"
    assert trial.result == [{"step": 0, "count": 2, "records": 2}, {"step": 1, "count": 1, "records": 1}]
    assert set(TrialHit.objects.filter(step=0).values_list("record_id", flat=True)) == {late.pk, running.pk}
    hit = TrialHit.objects.get(step=1)
    assert (hit.record_id, hit.at) == (late.pk, when("2026-09-17 09:00"))
    admin = city.actor("admin")
    assert [r.pk for r in Query("case", admin, {"tried": f"{trial.pk}-1"}).rows()] == [late.pk]
    assert not Query("work_order", admin, {"tried": str(trial.pk)}).rows().exists()
    assert not Message.objects.exists() and not RuleFiring.objects.exists()


def run_trial(city: City, version: RuleVersion, at: str, days: int) -> RuleTrial:
    city.do("admin", version, "try_on", at, days=days)
    trial = RuleTrial.objects.get(rule_version=version)
    tried.run(trial.pk)
    return RuleTrial.objects.get(pk=trial.pk)


def test_a_trial_of_a_deadline_tells_who_would_have_been_late(city):
    version = city.do("admin", RuleVersion, "declare_deadline", "2026-09-30 09:00", **DEADLINE)
    slow, _order = city.handled("2026-09-16 09:00")
    city.submit(slow.orders.get(), "2026-09-16 17:00")  # in time of two days, late of four hours
    quick, _order = city.handled("2026-09-16 09:00")
    city.submit(quick.orders.get(), "2026-09-16 11:00")
    city.dispatched("2026-09-16 09:00", item="0103001")
    trial = run_trial(city, version, "2026-09-30 15:00", 30)
    assert trial.result == [{"step": tried.NEWLY_LATE, "count": 1, "records": 1},
                            {"step": tried.TIGHTER, "count": 1, "records": 1}]
    assert TrialHit.objects.get(step=tried.NEWLY_LATE).record_id == slow.pk
    assert TrialHit.objects.get(step=tried.TIGHTER).at == when("2026-09-16 15:00")


def test_a_stopped_trial_stays_stopped(city):
    version = city.do("admin", RuleVersion, "declare_warning", "2026-09-30 09:00", **WARNING)
    city.dispatched("2026-09-14 09:00")
    city.do("admin", version, "try_on", "2026-09-30 15:00", days=10)
    trial = RuleTrial.objects.get()
    act(city.actor("admin"), trial, "stop")
    tried.run(trial.pk)
    trial.refresh_from_db()
    assert trial.status == "stopped" and not TrialHit.objects.exists()


@pytest.mark.parametrize("conditions", [
    [("urgency", "in", "一般")], [("urgency", "not_in", "特急,紧急")], [("item", "in", "0102001,0103001")],
    [("area", "not_in", "3205")], [("area", "in", "320508")], [("returns", "ge", "1")], [("returns", "eq", "0")],
    [("hard", "in", "否")], [("unit_kind", "in", "职能部门")], [("unit_kind", "not_in", "职能部门")],
])
def test_memory_and_database_agree(city, conditions):
    rows = [{"fact": f, "op": o, "value": v} for f, o, v in conditions]
    made = [city.filed("2026-09-16 09:00"), city.dispatched("2026-09-16 09:00", item="0103001"),
            city.dispatched("2026-09-16 09:00", item="0101001")]
    version = approved(city, "warning", "2026-09-15 09:00", {
        **WARNING, "conditions": rows, "steps": [{"measure": "begin", "value": 0, "who": "unit_clerk:unit"}]})
    sweep_at("2026-09-16 09:30")
    subject = sweep.subject_of("case")
    wanted = {c.pk for c in m.Case.objects.filter(pk__in=[c.pk for c in made])
              if holds(version.conditions, values_of(subject, version.conditions, c, {}))}
    assert len(leaves(version.conditions)) == len(rows)
    assert set(RuleFiring.objects.values_list("record_id", flat=True)) == wanted
    assert act(SYSTEM, version.rule, "stop", {"opinion": "完"}).status == "stopped"


def test_an_assessment_rule_takes_points_from_the_unit(city):
    approved(city, "assessment", "2026-09-15 09:00", {
        "name": "超期扣分", "subject": "work_order", "opinion": "考核办法", "measure": "overdue", "value": 0,
        "points": 1.5, "conditions": []})
    order = city.dispatched("2026-09-16 09:00").orders.get()
    city.do("unit_clerk", order, "sign", "2026-09-16 10:00")
    assert sweep_at("2026-09-18 10:00") == 1
    firing = RuleFiring.objects.get()
    assert (firing.points, firing.unit_id, firing.record_id, firing.title) == (1.5, city.cg.pk, order.pk, order.no)
    assert not Event.objects.filter(kind__contains="rule_assessment").exists()


def test_what_is_due_in_the_night_is_not_overdue_the_evening_before(city):
    approved(city, "warning", "2026-09-15 09:00", {
        **WARNING, "conditions": [], "steps": [{"measure": "overdue", "value": 0, "who": "unit_clerk:unit"}]})
    case = city.dispatched("2026-09-16 09:00")
    with door(SYSTEM) as session:
        clock = city.clock(case, "handle")
        clock.due_at = when("2026-09-17 03:00")
        clock.save(update_fields=["due_at"])
        session.change(city.again(case), {"due_at": clock.due_at}, trusted=True, verb="mark")
    assert sweep_at("2026-09-17 02:00") == 0
    assert sweep_at("2026-09-17 03:00") == 1
    assert RuleFiring.objects.get().reached_at == when("2026-09-17 03:00")
