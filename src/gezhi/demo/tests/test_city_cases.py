"""The demo city's cases: the past as records that have lived, the present driven through the moves."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from itertools import pairwise

import pytest
from django.db import transaction
from django.db.models import Count, F

from gezhi.demo import build as demo
from gezhi.demo import past
from gezhi.domains.cases.public import Case, CaseFlow
from gezhi.engines.history import timeline, verify
from gezhi.engines.workflow.clocks import Clock
from gezhi.kernel.records import Counter as Series
from gezhi.kernel.registry import registry

from .conftest import WISH, silent

pytestmark = pytest.mark.django_db
COUNT = 700
FINAL = [code for code, state in CaseFlow.states().items() if state.final]


def model(name: str):
    return registry.register(name).model


@pytest.fixture(scope="module")
def troubles() -> list[dict]:
    """What the build could not do."""
    return []


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker, troubles):
    """One city with cases for all tests of this file, which only look."""
    class Log:
        def warning(self, *_words, **facts):
            troubles.append(facts)

    real, demo.log = demo.log, Log()
    with django_db_blocker.unblock():
        hold = transaction.atomic()
        hold.__enter__()
        yield demo.build(dataclasses.replace(WISH, cases=COUNT), silent)
        transaction.set_rollback(True)
        hold.__exit__(None, None, None)
    demo.log = real


def test_every_case_of_the_plan_stands_once(city, troubles):
    assert (city.made, Case.objects.count()) == (COUNT, COUNT)
    assert not Case.objects.filter(invented=False).exists()
    assert sorted(past.written(city.seed)) == list(range(COUNT))
    assert not troubles, "every course could be driven to its end"


def test_past_and_present_are_there(city):
    status = Counter(Case.objects.values_list("status", flat=True))
    assert status["archived"] > 0.8 * COUNT
    assert {"rejected", "replied", "voided"} <= set(status)
    open_ = sum(count for code, count in status.items() if code not in FINAL)
    assert 10 <= open_ < 0.2 * COUNT and status["reported"] >= 3


def test_no_act_lies_in_the_future_and_history_is_whole(city):
    for case in Case.objects.order_by("id")[::7]:
        rows = timeline(case)
        assert len(rows) >= 1 and rows[0].verb in ("report", "self_handle")
        assert all(row.at <= city.now + dt.timedelta(days=30) for row in rows)
        assert all(a.at <= b.at for a, b in pairwise(rows))
        assert rows[-1].target in (case.status, "") or rows[-1].verb in ("mark", "redate"), (case.status, rows[-1])
        assert verify(case).whole


def test_numbers_are_unique_and_the_counters_stand_where_they_ended(city):
    numbered = list(Case.objects.exclude(case_no="").values_list("case_no", flat=True))
    assert len(numbered) == len(set(numbered)) > 0.8 * COUNT
    last: dict[str, int] = {}
    for number in numbered:
        last[number[:-5]] = max(last.get(number[:-5], 0), int(number[-5:]))
    stored = dict(Series.objects.filter(key__startswith="AJ").values_list("key", "value"))
    assert all(stored[head] == value for head, value in last.items())


def test_orders_tasks_and_clocks_fit_their_cases(city):
    orders, tasks = model("work_order").objects, model("task").objects
    archived = Case.objects.filter(status="archived", self_handled=False)
    assert not archived.filter(orders=None).exists()
    assert not orders.filter(case__status="archived").exclude(
        status__in=["accepted", "returned", "cancelled"]).exists()
    assert not orders.filter(submitted_at__lt=F("opened_at")).exists()
    assert tasks.filter(kind="inspection", status="done").count() > 0.3 * COUNT
    assert not Clock.objects.filter(register="case", record_id__in=archived.values("pk"), stopped_at=None).exists()
    late = orders.filter(status="accepted", overtime=True).count() / orders.filter(status="accepted").count()
    assert 0.01 < late < 0.2


def test_the_last_round_of_a_case_answers_for_its_result(city):
    rows = Case.objects.filter(status="archived", self_handled=False, redos=0).annotate(n=Count("orders"))
    for case in rows[:50]:
        order = case.orders.filter(parent=None).order_by("-id").first()
        assert (order.unit_id, order.outcome, order.submitted_at) == (case.unit_id, case.outcome, case.handled_at)
        assert case.public_reply == order.reply and case.reported_at < case.filed_at < case.handled_at < case.closed_at


def test_repeats_follow_their_master_and_get_its_answer(city):
    repeats = Case.objects.filter(status__in=["voided", "merged"]).select_related("master")
    assert repeats
    for case in repeats:
        assert case.master.reported_at <= case.reported_at and case.master.item_code == case.item_code
        if case.master.public_reply and case.master.closed_at:
            assert case.public_reply == case.master.public_reply
    assert model("follow").objects.filter(duplicate__isnull=False).count() == len(repeats)


def test_open_cases_wait_for_people_with_running_clocks(city):
    waiting = Case.objects.filter(status__in=["handling", "pending_sign", "pending_unit_review"])
    assert waiting
    for case in waiting:
        assert case.due_at is not None and case.orders.filter(finished_at=None).exists()
    for case in Case.objects.filter(status="reported"):
        assert case.due_at is not None


def test_people_are_searchable_only_by_their_whole_number_and_masked(city):
    case = Case.objects.exclude(reporter_phone_index=None).first()
    register = registry.register("case")
    kind = register.kinds["reporter_phone"]
    assert Case.objects.filter(kind.q(case.reporter_phone)).filter(pk=case.pk).exists()
    assert "*" in kind.mask(case.reporter_phone)
    assert case.reporter_name.endswith("（演示）")


def test_the_words_of_a_case_can_be_searched(city):
    case = Case.objects.filter(item_code="0106010").first() or Case.objects.first()
    assert Case.objects.filter(pk=case.pk).exclude(tokens=None).exists()


def test_a_killed_build_goes_on_without_doubling(city):
    before = Case.objects.count()
    again = demo._mark(city, "past")
    made = demo.build(dataclasses.replace(WISH, cases=COUNT), silent)
    assert made.pk == again.pk and Case.objects.count() == before
