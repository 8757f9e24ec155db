"""The one door: it permits, locks, validates, keeps history and puts events in the outbox, or writes nothing."""

import copy
import datetime as dt
import pickle
import threading

import orjson
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils.translation import gettext_lazy
from psycopg.types.json import Jsonb

from gezhi.engines.access import grants_of
from gezhi.engines.history import timeline, verify
from gezhi.kernel import guard, outbox
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.bulk import Step, bulk_create, bulk_past
from gezhi.kernel.door import door, write
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.events import Consumer
from gezhi.kernel.fresh import column, fresh, writer
from gezhi.kernel.kinds.places import Spot
from gezhi.kernel.records import Counter, Cursor, DeadEvent, Event, History
from gezhi.kernel.registry import registry
from tests.house.models import Tree

pytestmark = pytest.mark.django_db


def gardener(area="3205"):
    return Actor(kind="staff", name="园丁", user_id=7, role="gardener", area=area, grants=grants_of("gardener"))


def tree(code="T1", area="320508001", **more):
    return write(SYSTEM, "create", Tree, {"code": code, "area_code": area, **more})


def test_create_keeps_history_and_event():
    record = write(gardener(), "create", Tree, {"code": "A1", "area_code": "320508", "keeper_phone": "13800001234"})
    row = timeline(record)[0]
    assert (row.verb, row.actor_name, row.user_id, row.seq) == ("create", "园丁", 7, 1)
    assert row.changes["code"] == [None, "A1"]
    assert "13800001234" not in str(row.changes)
    event = Event.objects.get(register="tree")
    assert (event.kind, event.record_id, event.area_code) == ("tree.create", record.pk, "320508")
    assert verify(record).whole


def test_sealed_field_is_unreadable_in_the_table_and_found_by_its_index():
    record = tree(keeper_phone="13800001234")
    with connection.cursor() as cursor:
        cursor.execute("SELECT keeper_phone FROM house_tree")
        assert b"1380000" not in bytes(cursor.fetchone()[0])
    record.refresh_from_db()
    assert record.keeper_phone == "13800001234"
    from gezhi.kernel.registry import registry

    q = registry.register("tree").filter_set["keeper_phone"].q("138-0000-1234", SYSTEM)
    assert Tree.objects.filter(q).get() == record


@pytest.mark.parametrize(("values", "field"), [
    ({"code": ""}, "code"), ({"code": "x" * 13}, "code"), ({"code": "A", "species": "oak"}, "species"),
    ({"code": "A", "height": "tall"}, "height"), ({"code": "A", "area_code": "32x"}, "area_code"),
    ({"code": "A", "nonsense": 1}, "nonsense"), ({"code": "A", "keeper_phone": "abc"}, "keeper_phone"),
])
def test_wrong_input_writes_nothing(values, field):
    with pytest.raises(Invalid) as caught:
        write(SYSTEM, "create", Tree, values)
    assert field in caught.value.errors
    assert not Tree.objects.exists()
    assert not History.objects.filter(register="tree").exists() and not Event.objects.filter(register="tree").exists()


def test_duplicate_key_names_the_field():
    tree("A1")
    with pytest.raises(Invalid) as caught, transaction.atomic():
        tree("A1")
    assert "编号" in str(caught.value)


def test_refused_outside_area_for_every_verb():
    record = tree(area="320509001")
    with pytest.raises(Missing):
        write(gardener("320508"), "change", record, {"species": "ginkgo"})
    with pytest.raises(Refused), transaction.atomic():
        write(gardener("320508"), "create", Tree, {"code": "A9", "area_code": "320509"})
    with pytest.raises(Refused):
        write(gardener("320509"), "remove", record)
    with pytest.raises(Refused), transaction.atomic():
        write(gardener("320509"), "change", record, {"area_code": "320508001"})
    assert Tree.objects.get().area_code == "320509001"


def test_stale_version_is_a_conflict():
    record = tree()
    write(gardener(), "change", record, {"species": "ginkgo"}, version=1)
    with pytest.raises(Conflict):
        write(gardener(), "change", record, {"species": "plane"}, version=1)


def test_database_refuses_writes_beside_the_door():
    record = tree()
    guard.install(truncate=True)
    for statement in ("UPDATE house_tree SET code = 'x'", "DELETE FROM house_tree",
                      "INSERT INTO house_tree (code) VALUES ('y')", "TRUNCATE house_tree"):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('gezhi.door', '', true)")
            with pytest.raises(ProgrammingError, match="write door"), transaction.atomic(), \
                    connection.cursor() as cursor:
                cursor.execute(statement)
    with pytest.raises(Exception, match="door"):
        record.save()
    with pytest.raises(Exception, match="door"):
        Tree.objects.update(code="x")


def test_history_is_append_only_and_tampering_shows():
    record = tree()
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        History.objects.update(actor_name="别人")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gezhi.door', 'retention', true)")
        cursor.execute("UPDATE kernel_history SET actor_name = '别人'")
    assert not verify(record).whole


def test_bulk_door_writes_one_history_row():
    with door(SYSTEM) as session:
        records = bulk_create(session, Tree, ({"code": f"B{i}", "area_code": "320508"} for i in range(50)))
    assert Tree.objects.count() == 50 and all(r.pk for r in records)
    assert History.objects.get(register="tree").changes["count"] == 50


def test_bulk_past_keeps_a_whole_sealed_history():
    begin = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    steps = [Step("plant", begin, SYSTEM, target="planted"),
             Step("fell", begin + dt.timedelta(days=9), SYSTEM, "planted", "felled", "枯死")]
    with door(SYSTEM) as session:
        (record,) = bulk_past(session, Tree, [({"code": "P1", "area_code": "320508", "status": "felled"}, steps)])
    record.refresh_from_db()
    assert [(r.verb, r.at) for r in timeline(record)] == [(s.verb, s.at) for s in steps]
    assert verify(record).whole and record.version == 2 and record.created_at == begin
    with pytest.raises(Refused), door(gardener()) as session:
        bulk_past(session, Tree, [])


def test_consumer_reads_in_order_once_and_parks_what_it_cannot_digest(transactional_db):
    with door(SYSTEM) as session:
        for i in range(5):
            session.create(Tree, {"code": f"T{i}"}, payload={"poison": i == 2})
    seen = []

    def handle(event):
        if event.payload["poison"]:
            raise ValueError("cannot")
        Counter.objects.create(key=f"seen {event.record_id}")  # a second time would be an error
        seen.append(event.record_id)

    consumer = Consumer("test", ("tree.",), handle, tries=2)
    for _round in range(4):
        outbox.relay([consumer])
    assert Counter.objects.filter(key__startswith="seen ").count() == 4
    assert seen[-4:] == sorted(set(seen))
    assert DeadEvent.objects.count() == 1
    assert outbox.relay([consumer]) == 0


def test_who_is_quick_with_a_flood_is_handed_more_at_once_and_who_is_slow_less(monkeypatch):
    asked, consumer = [], Consumer("test", (), lambda _event: None)
    monkeypatch.setattr(outbox, "_outlined", lambda place: outbox._Batch(
        place, (1, 1500), {("tree.create", True): 1500}, {}))
    monkeypatch.setattr(outbox, "_feed", lambda _consumer, batch, size: asked.append(size) or (
        min(size, len(batch)), size < len(batch)))
    monkeypatch.setattr(outbox, "_sizes", {})
    assert [outbox.relay([consumer]) for _round in range(5)] == [200, 400, 800, 1500, 200], "the flood was over"
    monkeypatch.setattr(outbox, "SLOW", -1)
    assert [outbox.relay([consumer]) for _round in range(2)] == [400, 200]
    assert asked == [200, 400, 800, 1600, 200, 400, 200]


def test_who_wants_more_than_it_is_handed_loses_none_and_who_wants_nothing_is_moved_on_with_others(
        django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(outbox, "horizon", lambda: 2**60)  # the test's own transaction has not ended
    seen = []
    eager = Consumer("eager", ("tree.",), lambda event: seen.append((event.kind, event.record_id)))
    others = [Consumer(f"other {n}", ("shrub.",), seen.append) for n in range(3)]
    while outbox.relay([eager, *others]):
        pass
    seen.clear()
    with door(SYSTEM) as session:
        trees = [session.create(Tree, {"code": f"E{i}"}) for i in range(4)]
        session.note(trees[1], "fell", trusted=True)
    with django_assert_num_queries(3):  # places, outline, one statement for all three
        assert outbox.relay(others) == 15
    for _round in range(3):
        outbox.relay([eager, *others], limit=2)
    assert seen == [*(("tree.create", t.pk) for t in trees), ("tree.fell", trees[1].pk)], "each once, in order"
    assert len(set(Cursor.objects.filter(consumer__in=["eager", "other 0", "other 2"]).values_list(
        "xid", "event_id"))) == 1
    assert outbox.relay([eager, *others]) == 0


def test_of_a_flood_only_what_somebody_wants_is_read_whole(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(outbox, "horizon", lambda: 2**60)  # the test's own transaction has not ended
    seen = []
    choosy = Consumer("choosy", (), lambda event: seen.append(event.record_id), bare=lambda kind: kind == "tree.fell")
    while outbox.relay([choosy]):
        pass
    seen.clear()
    with door(SYSTEM) as session:
        trees = [session.create(Tree, {"code": f"B{i}"}, payload={"by": i} if i == 2 else None) for i in range(4)]
        session.note(trees[3], "fell", trusted=True)
    outbox.relay([choosy])
    assert seen == [trees[2].pk, trees[3].pk], "a payload, or a kind that it wants without one"
    with door(SYSTEM) as session:
        session.create(Tree, {"code": "B5"})
    with django_assert_num_queries(3):  # places, outline, cursor moved
        assert outbox.relay([choosy]) == 1
    assert len(seen) == 2


def test_the_outbox_is_read_in_the_order_of_transactions_not_of_their_digits():
    """A number of transactions that gains a digit must not bring the later events to the front."""
    tree()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO kernel_event (xid, at, kind, register, record_id, area_code, payload) "
                       "SELECT x::text::xid8, now(), 'tree.create', 'tree', x, '', '{}' "
                       "FROM unnest('{11,99,9,10}'::int[]) x")
        ended = outbox.horizon()
        assert outbox.head() == max((int(e.xid), e.pk) for e in Event.objects.all() if int(e.xid) < ended)
        assert [int(e.xid) for e in outbox.read(8, 0, limit=2)] == [9, 10]
        assert [int(e.xid) for e in outbox.read(10, 10**9, limit=1)] == [11]
        cursor.execute("EXPLAIN " + outbox._SQL, ["8", 0, str(10**9), 2])
        assert "Sort" not in str(cursor.fetchall()), "the index gives the order, however long the queue"


def test_an_event_that_commits_late_is_not_skipped(transactional_db):
    wrote, go_on, start = threading.Event(), threading.Event(), outbox.head()

    def slow():
        try:
            with door(SYSTEM) as session:
                session.create(Tree, {"code": "SLOW"})
                session.flush()
                wrote.set()
                assert go_on.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert wrote.wait(10)
    fast = tree("FAST")
    before = [e for e in outbox.read(*start) if e.register == "tree"]
    go_on.set()
    writer.join()
    assert before == [], "an event behind a running transaction must wait for it"
    after = [e.record_id for e in outbox.read(*start) if e.register == "tree"]
    assert len(after) == 2 and after[-1] == fast.pk


def test_a_fresh_row_is_what_the_model_would_make():
    for register in registry.registers.values():
        made, plain = fresh(register.model), register.model()
        now = set(register.model._meta.concrete_fields)
        same = {f.attname for f in now if not (callable(f.default) and f.default not in (dict, list))}
        assert {n: made.__dict__[n] for n in same} == {n: plain.__dict__[n] for n in same}, register.name
        assert made._state.adding and made._state is not fresh(register.model)._state
        assert all(made.__dict__[n] is not fresh(register.model).__dict__[n] for n in same
                   if isinstance(made.__dict__[n], dict | list))


def test_copy_is_given_what_a_statement_would_be_given():
    for register in registry.registers.values():
        row = fresh(register.model, created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        for field in register.model._meta.concrete_fields:
            value = row.__dict__[field.attname]
            given, plain = column(field)([value, value]), writer(field)(value)
            if isinstance(plain, Jsonb):
                given, plain = [orjson.loads(one) for one in given], plain.obj
            assert given == [plain, plain], (register.name, field.name)
    text = column(Tree._meta.get_field("code"))(["A", gettext_lazy("区域")])
    assert text == ["A", "区域"] and {type(one) for one in text} == {str}


def test_a_spot_says_what_a_point_would():
    spot, point = Spot(120.62, 31.30), Point(120.62, 31.30, srid=4326)
    assert bytes(spot.ewkb) == bytes(point.ewkb) and spot == point and (spot.x, spot.y) == point.coords
    assert pickle.loads(pickle.dumps(spot)) == copy.deepcopy(spot) == point
