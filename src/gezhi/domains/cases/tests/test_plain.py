"""A plain course written in bulk is what the moves of the case line would have left, one by one."""

import pytest

from gezhi.domains.cases import models as m
from gezhi.domains.cases.plain import Ended, Plain
from gezhi.domains.cases.public import by_source, report
from gezhi.engines.history import verify
from gezhi.engines.workflow.act import act
from gezhi.engines.workflow.clocks import Clock
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door, next_number
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.numbers import Numbers
from gezhi.kernel.records import Event, History

from .city import when

REPORT = {"channel": "leader_mailbox", "title": "夜间噪声", "content": "工地夜里施工，吵得睡不着",
          "area_code": "320508", "reporter_name": "张三丰", "anonymous": True}


def ended(key="1", item="0103001", begin="2019-03-04 09:00", end="2019-03-05 10:00", **more):
    return Ended(**{"report": REPORT, "source": "board", "source_key": key, "item_code": item, "reply": "已责令停工",
                    "begin": when(begin), "end": when(end), "filed": "旧系统转入", "dispatched": "由中心代管", **more})


def write(*courses):
    with door(SYSTEM) as session:
        plain = Plain(Numbers())
        return plain.write(session, [plain.tell(one) for one in courses])


def drive(one):
    """The same course through the moves."""
    with door(SYSTEM, at=one.begin):
        case, _made = report(SYSTEM, one.report, source=one.source, source_key=one.source_key, at=one.begin)
        inputs = {"item_code": one.item_code, **({"labels": list(one.labels)} if one.labels else {})}
        case = act(SYSTEM, case, "complete", inputs, at=one.begin)
        case = act(SYSTEM, case, "file", {"opinion": one.filed, "public_visible": True}, at=one.begin)
        case = act(SYSTEM, case, "dispatch", {"mode": "single", "unit": case.centre, "opinion": one.dispatched},
                   at=one.begin)
        order = act(SYSTEM, case.orders.get(), "sign", {}, at=one.begin)
        act(SYSTEM, order, "submit_result", {"outcome": "03", "reply": one.reply, "contact_method": "message"},
            at=one.end)
        case = act(SYSTEM, m.Case.objects.get(pk=case.pk), "review_pass", {"inspect": "no"}, at=one.end)
        return act(SYSTEM, case, "close", {"opinion": one.closed}, at=one.end)


APART = {"id", "seal", "case_no", "query_code", "source_key", "no", "case", "tokens"}


def fields(record):
    return {f.name: getattr(record, f.attname) for f in record._meta.concrete_fields if f.name not in APART}


def told(record):
    """Its history; but the round, which the move counts before its act is told."""
    register = "case" if isinstance(record, m.Case) else "work_order"
    rows = []
    for h in History.objects.filter(register=register, record_id=record.pk).order_by("seq"):
        changes = {n: v for n, v in h.changes.items() if n not in APART and n != "round"}
        rows.append((h.seq, h.at, h.verb, h.source, h.target, h.actor_kind, h.actor_name, h.opinion, changes))
    return rows


def ran(record):
    register = "case" if isinstance(record, m.Case) else "work_order"
    rows = Clock.objects.filter(register=register, record_id=record.pk).order_by("name", "id").values()
    return [{n: v for n, v in row.items() if n not in ("id", "record_id")} for row in rows]


COURSES = [
    {}, {"end": "2019-03-20 10:00"}, {"item": "0101001", "labels": ["供水"], "begin": "2019-02-02 23:30"},
    {"begin": "2011-10-01 12:00", "end": "2011-10-01 12:00", "closed": "没有答复时间"}]


@pytest.mark.parametrize("more", COURSES, ids=["in time", "late", "urgent item with label, on a holiday", "at once"])
def test_bulk_leaves_what_the_moves_leave(city, more):
    slow = drive(ended("slow", **more))
    [fast] = write(ended("fast", **more))
    fast.refresh_from_db()
    slow.refresh_from_db()
    assert fields(fast) == fields(slow)
    one, other = fast.orders.get(), slow.orders.get()
    assert fields(one) == fields(other)
    for left, right in ((fast, slow), (one, other)):
        assert ran(left) == ran(right)
        for mine, its in zip(told(left), told(right), strict=True):
            assert mine[-1] == its[-1], mine[2]
            assert mine == its
    assert (slow.case_no[:-5], one.no) == (fast.case_no[:-5], f"{fast.case_no}-1")
    assert fast.status == "closed" and fast.public_reply == "已责令停工" and fast.reporter_name == "张三丰"
    assert verify(fast).whole and verify(one).whole
    assert "张三丰" not in str(told(fast)), "history shows the citizen's name masked"


def test_numbers_go_on_and_one_event_goes_out(city):
    first = drive(ended("0"))
    made = write(ended("1"), ended("2"), ended("3", begin="2019-03-05 08:00"))
    assert [c.case_no[-5:] for c in made] == ["00002", "00003", "00001"] and first.case_no.endswith("00001")
    assert next_number(first.case_no[:-5]) == 4
    kinds = list(Event.objects.filter(register="case", record_id__gte=made[0].pk).values_list("kind", flat=True))
    assert kinds == ["case.past_batch"]
    assert by_source("board", "2").pk == made[1].pk


@pytest.mark.parametrize("wrong", [{"item": "nonsense"}, {"reply": ""}, {"reply": "长" * 8001},
                                   {"report": {**REPORT, "content": ""}}, {"report": {**REPORT, "channel": "smoke"}}])
def test_a_wrong_course_counts_no_number_and_writes_nothing(city, wrong):
    with pytest.raises(Invalid):
        write(ended(**wrong))
    assert not m.Case.objects.exists()
    assert write(ended())[0].case_no.endswith("00001")


def test_an_excluded_course_is_left_out_of_assessment(city):
    [case] = write(ended(excluded=True, closed="没有答复时间"))
    assert case.excluded and verify(case).whole


def test_closed_is_closed(city):
    [case] = write(ended())
    with pytest.raises(Conflict):
        act(city.actor("reviewer"), case, "close", {})
