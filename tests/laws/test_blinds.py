"""Changing the key of the blind indexes: found before, meanwhile and after; once is once; a stop does no harm."""

from __future__ import annotations

import base64
import hmac
import secrets

import pytest
from django.db import connection

from gezhi.engines.privacy import blinds
from gezhi.engines.tables.query import Query
from gezhi.foundation.custom import reading
from gezhi.foundation.custom.custom_field import CustomField
from gezhi.foundation.people.models import Person
from gezhi.foundation.premises.models import Home, StandardAddress
from gezhi.foundation.units.models import Staff
from gezhi.kernel import blinding, chance, seal
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.identifiers import id_check
from gezhi.kernel.records import Counter, History
from gezhi.kernel.registry import registry

pytestmark = pytest.mark.django_db
AREA = "320508001001001"


def number(serial):
    body = f"32050819500101{serial:03d}"
    return body + id_check(body)


def person(serial, **values):
    return write(SYSTEM, "create", Person, {"kind": "01", "name": "欧阳小明", "area_code": AREA,
                                            "id_no": number(serial), "phone": f"1390000{serial:04d}", **values})


@pytest.fixture
def city(settings):
    """Three people, the home of the first, a colleague; a field with an encrypted value; and then a second key."""
    write(SYSTEM, "create", CustomField, {"register": "person", "name": "card", "label": "惠民卡号", "kind": "text",
                                          "sensitivity": "sensitive", "purpose": "发放补贴", "active": True})
    reading.forget()
    people = [person(n) for n in (1, 2, 3)]
    write(SYSTEM, "change", people[0], {"x_card": "K-77"})
    address = write(SYSTEM, "create", StandardAddress, {"area_code": AREA, "road": "友谊路", "house_number": "5"})
    write(SYSTEM, "create", Home, {"address": address, "use": "01", "status": "01", "owner_id_type": "111",
                                   "owner_id_no": number(1), "owner_name": "欧阳小明"})
    write(SYSTEM, "create", Staff, {"username": "b1", "name": "职员", "phone": "13811110000"})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a test is one transaction, the city's work is not
    settings.GEZHI_KEY_FILE = ""
    settings.GEZHI_FIELD_KEYS = [*settings.GEZHI_FIELD_KEYS, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()]
    yield people
    reading.forget()
    blinding._known.read = float("-inf")


def shape():
    """Every index of the tables concerned, in words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)",
                       [sorted({c.table for c in blinds.columns()})])
        return dict(cursor.fetchall())


def raw(pk):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_index FROM people_person WHERE id = %s", [pk])
        return bytes(cursor.fetchone()[0])


def all_found(people):
    """By their numbers and telephones, one by one and many, by the added field, and from the home to its owner."""
    register = registry.register("person")
    for n, one in enumerate(people, start=1):
        assert register.find(number(n)).pk == one.pk
        assert [r.pk for r in Query(register, SYSTEM, {"phone": f"1390000{n:04d}"}).rows()] == [one.pk]
    many = register.find_many([number(n) for n in range(1, len(people) + 1)])
    assert [many[number(n)].pk for n in range(1, len(people) + 1)] == [p.pk for p in people]
    assert [r.pk for r in Query(register, SYSTEM, {"x_card": "K-77"}).rows()] == [people[0].pk]
    home = Home.objects.get()
    assert Person.objects.get(id_index=home.owner_id_index).pk == people[0].pk
    with pytest.raises(Invalid) as caught:
        person(1)
    assert "id_no" in caught.value.errors


def test_found_before_meanwhile_and_after_and_stopped_at_will(city, monkeypatch):
    before, built = raw(city[0].pk), shape()
    all_found(city)
    assert dict(blinds.left())["people_person.id_index"] == 3
    assert blinds.rotate(batch=1, most=2) == 2, "stopped while it fills"
    assert raw(city[0].pk) == before
    city.append(person(4))  # written meanwhile, under the key in force
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    all_found(city)
    carry, stops = blinds.registry.of(blinds.Blinded)[0].carry, [RuntimeError("the machine stops")]
    monkeypatch.setattr(blinds, "_mend", lambda *_args: (_ for _ in ()).throw(stops.pop()) if stops else None)
    with pytest.raises(RuntimeError):
        blinds.rotate(batch=2)
    assert raw(city[0].pk) != before and raw(city[0].pk) == seal.blind(number(1), 1)
    assert blinding.stored() == (1, 0), "the columns are exchanged, what lies elsewhere is not"
    all_found(city)
    assert blinds.rotate(batch=2) == 1 and carry(1) == 0, "the added field"
    assert blinding.stored() == (1, 1) and not blinds.left() and blinds.rotate() == 0
    all_found([*city, person(5)])
    assert shape() == built, "the same indexes and constraints under the same names"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.columns WHERE column_name ~ '_(next|of)$' "
                       "AND data_type = 'bytea'")
        assert cursor.fetchone()[0] == 0
    noted = History.objects.filter(register="person", verb="rotate")
    assert not noted or noted.first().changes["key"] == 1


def test_a_number_that_changes_hands_meanwhile_stays_unique(city):
    blinds._prepare(0, 1, lambda _name, _done: None, 10, None)  # the second columns are filled, their indexes built
    write(SYSTEM, "change", city[2], {"id_no": number(9)})
    write(SYSTEM, "change", city[0], {"id_no": number(3)})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    blinds.rotate()
    register = registry.register("person")
    assert (register.find(number(3)).pk, register.find(number(9)).pk) == (city[0].pk, city[2].pk)
    assert register.find(number(1)) is None


def test_what_was_written_in_the_moment_of_the_exchange_is_mended(city):
    blinds.rotate()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gezhi.door', 'open', true)")
        cursor.execute("UPDATE people_person SET id_index = %s WHERE id = %s", [seal.blind(number(1), 0), city[0].pk])
    column = next(c for c in blinds.columns() if (c.table, c.name) == ("people_person", "id_index"))
    assert registry.register("person").find(number(1)) is None
    blinds._mend(column, 1, city[0].created_at)
    assert registry.register("person").find(number(1)).pk == city[0].pk


@pytest.mark.parametrize("size", [0, 18, 63, 64, 65, 300])
def test_an_index_is_the_hmac_that_it_says_it_is(size):
    key, text = seal.ring()[0], "7" * size
    assert seal.blind(text, 0) == hmac.digest(seal._derived(key, b"gezhi blind"), text.encode(), "sha256")[:16]


def test_bytes_drawn_ahead_are_given_out_once_even_after_a_fork(monkeypatch):
    drawn = [chance.draw(12) for _n in range(2000)]
    assert len(set(drawn)) == 2000 and {len(d) for d in drawn} == {12}
    monkeypatch.setattr(chance.os, "getpid", lambda: 1)
    at = chance._store.bytes[chance._store.at:]
    assert chance.draw(12) not in at and chance._store.pid == 1


def test_one_key_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert (blinding.for_writing(), blinding.for_reading()) == (0, (0,))
        assert seal.blinds("甲") == [seal.blind("甲")]


def test_nobody_tries_guesses_with_an_older_key(city, settings):
    blinds.rotate()
    stolen = settings.GEZHI_FIELD_KEYS[:1]
    kept = raw(city[0].pk)
    settings.GEZHI_FIELD_KEYS = stolen
    assert seal.blind(number(1), 0) != kept and Counter.objects.get(key=blinding.KEY).value == 1
