"""The registers of the demo city are written as single writes would be, and go on where they broke off."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max

from gezhi.demo import build as demo
from gezhi.demo.settlement import stage
from gezhi.demo.settlement.writing import Writer, model
from gezhi.engines.history import verify
from gezhi.engines.tables.query import Query
from gezhi.kernel import seal
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.fields import BlindField, OwnNumberField, SealedField
from gezhi.kernel.kinds import kinds_of
from gezhi.kernel.records import Event, History

from .conftest import WISH, silent

pytestmark = pytest.mark.django_db
EVERY = ("standard_address", "building", "home", "person", "registered_resident", "floating_person", "rental",
         "organisation", "private_org", "vehicle", "key_place", "school", "device", "care_person", "visit_record",
         "component")
OWN = {"id", "version", "seal", "created_at", "updated_at"}


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker):
    """A city whose registers are still empty."""
    with django_db_blocker.unblock():
        hold = transaction.atomic()
        hold.__enter__()
        made = demo.build(demo.Wish(source="invented", seed=5, cases=30, grids=60, units=90, staff=260, people=0,
                                    now=WISH.now), silent)
        with door(SYSTEM) as session:
            made = session.change(made, {"people": 900})
        yield made
        transaction.set_rollback(True)
        hold.__exit__(None, None, None)


def told(name: str) -> list[Any]:
    """All records of a register with what history says of them, without what is each record's own."""
    kept: Any = model(name)
    fields = [f for f in kept._meta.concrete_fields if f.name not in OWN and not isinstance(f, OwnNumberField)]
    out = []
    for record in kept.objects.order_by("pk"):
        row = {f.name: str(getattr(record, f.name)) if f.is_relation else _plain(getattr(record, f.attname))
               for f in fields}
        rows = History.objects.filter(register=name, record_id=record.pk).order_by("seq")
        out.append((row, [({n: _named(v[1]) for n, v in one.changes.items()}, one.verb, one.at, one.user_id,
                           one.unit_id) for one in rows]))
    return out


def _plain(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, memoryview | bytes) else str(value)


def _named(value: Any) -> Any:
    return value.get("name") if isinstance(value, dict) and "id" in value else value


def test_bulk_writing_tells_the_same_as_single_writes(city, monkeypatch):
    with transaction.atomic():
        stage.build(city, silent_count, jobs=1)
        bulk = {name: told(name) for name in EVERY}
        transaction.set_rollback(True)
    assert not model("person").objects.exists()

    def singly(self, session, name, rows, check=True, later=()):
        made = []
        for values, at, actor in rows:
            with door(actor, at=at) as inner:
                made.append(inner.create(model(name), values, trusted=True))
        return made

    monkeypatch.setattr(Writer, "_many", singly)
    with transaction.atomic():
        stage.build(city, silent_count, jobs=1)
        for name in EVERY:
            single = told(name)
            assert len(single) == len(bulk[name]) > 0, name
            for mine, theirs in zip(bulk[name], single, strict=True):
                assert mine == theirs, name
        transaction.set_rollback(True)


def silent_count(done: int, total: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def full(city):
    """The city with its registers."""
    stage.build(city, silent_count, jobs=1)
    return city


def test_everything_stands_with_its_history_and_events(full):
    assert model("person").objects.count() == 900 and model("home").objects.count() == 330
    assert model("organisation").objects.count() == 60 and model("vehicle").objects.count() == 180
    assert model("component").objects.count() == 300
    for name in EVERY:
        kept: Any = model(name)
        assert History.objects.filter(register=name, seq=1).count() == kept.objects.count()
        assert verify(kept.objects.order_by("?").first()).whole
        assert Event.objects.filter(kind=f"{name}.past_batch").exists()


def test_people_are_found_by_number_name_and_telephone(full):
    one = model("person").objects.exclude(id_no=None).exclude(phone=None).order_by("-pk").first()
    assert bytes(one.id_index) == seal.blind(one.id_no) and bytes(one.phone_index) == seal.blind(one.phone)
    for params in ({"q": one.id_no}, {"q": one.number}, {"q": one.name[:3]}, {"q": one.name[1:3]}, {"q": one.phone},
                   {"phone": one.phone}, {"name": f"~{one.name[:2]}"}):
        assert one in Query("person", SYSTEM, params).page(2000).rows, params


def test_history_masks_what_is_personal(full):
    one = model("person").objects.exclude(id_no=None).exclude(phone=None).first()
    row = History.objects.get(register="person", record_id=one.pk)
    text = str(row.changes)
    assert one.id_no not in text and one.name not in text and one.phone not in text
    for name in (f.name for f in one._meta.concrete_fields if isinstance(f, SealedField | BlindField)):
        assert kinds_of(type(one))[name].sensitivity in ("sensitive", "high")


def test_the_next_component_gets_the_next_number(full):
    last = model("component").objects.order_by("-code").first()
    series = last.code[:11]
    top = model("component").objects.filter(code__startswith=series).aggregate(top=Max("code"))["top"]
    with door(SYSTEM) as session:
        made = session.create(model("component"), {"type": last.type, "place": last.place,
                                                   "area_code": last.area_code})
    assert int(made.code) == int(top) + 1


def test_a_broken_stage_goes_on_and_doubles_nothing(city, monkeypatch):
    monkeypatch.setattr(stage, "PEOPLE", 200)

    def fall(done: int, total: int) -> None:
        if done > total / 3:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        stage.build(city, fall, jobs=1)
    there = model("person").objects.count()
    assert 0 < there < 900
    seen: list[int] = []
    stage.build(city, lambda done, total: seen.append(done), jobs=1)
    assert seen[0] > 0 and model("person").objects.count() == 900 and model("component").objects.count() == 300
    assert model("home").objects.count() == 330 and model("vehicle").objects.count() == 180
    assert stage.build(city, silent_count, jobs=1) == 0 and model("person").objects.count() == 900


def test_nobody_is_made_when_nobody_is_wanted(city):
    city.people = 0
    assert stage.build(city, silent_count) == 0 and not model("person").objects.exists()
