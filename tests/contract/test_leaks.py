"""No surface and no log tells a personal value whole: every register, every kind of reader, every way of reading.

What is personal is what the declarations say (``sensitive``, ``SealedField``), of the record and of what it links to.
Every register is also given personal fields by the city. One sample record a register serves all; readers who hold
the same grants are tried once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from gezhi.engines.access import grants_of
from gezhi.foundation.units.models import Staff, Unit
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import INTERNAL, PUBLIC, Kind, LinkKind, SealedKind
from gezhi.kernel.kinds.links import CodeKind
from gezhi.kernel.records import Event, History
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry
from gezhi.surfaces.api import http
from gezhi.surfaces.desk import frame

from .added import HIDDEN, SECRET, add_personal
from .conftest import ALL, MADE, mighty, roles
from .factory import CannotMake, make

ZOOM = 14
PARTS = 4
"""Into how many tests the registers are dealt, so that both cores have their share."""


def personal(register: Register) -> Iterator[Kind]:
    """The kinds of a register's personal fields."""
    for kind in register.kinds.values():
        if kind.field is not None and not hasattr(kind.field, "derive") and kind.sensitivity not in (PUBLIC, INTERNAL):
            yield kind


def secrets(record: Any, deep: bool = True) -> dict[str, str]:
    """Personal values of a record and of what it links to, by ``register.field``; none may stand on a surface whole."""
    register = registry.register_of(type(record))
    assert register is not None
    out = {}
    for kind in personal(register):
        value = kind.value(record)
        text = kind.show(value) if isinstance(kind, CodeKind) else str(value)
        if value not in (None, "") and len(text) > (1 if deep else 3):  # what is linked was sampled, often shortly
            out[f"{register.name}.{kind.name}"] = text
    for kind in register.kinds.values() if deep else ():
        linked = kind.value(record) if isinstance(kind, LinkKind) else None
        if linked is not None and registry.register_of(type(linked)) is not None:
            out |= secrets(linked, deep=False)
    return out


def readers(register: Register, record: Any) -> Iterator[tuple[Actor, bool]]:
    """One actor for each set of verbs, within reach of the record (named in it, of its unit), and a stranger.

    Masks do not ask who reads: the first who sees the record reads it at every address, the others at the chief ones;
    so does the stranger (the role that may most, elsewhere).
    """
    links = [k.value(record) for k in register.kinds.values() if isinstance(k, LinkKind)]
    named = next((r for r in links if isinstance(r, Staff)), None)
    unit = next((r for r in links if isinstance(r, Unit)), None)
    verbs = {role: frozenset(p for p in grants_of(role) if p.partition(".")[0] == register.name)
             for role in roles(register)}
    first = {mine: role for role, mine in verbs.items()}
    for number, (mine, role) in enumerate(sorted(first.items(), key=lambda pair: -len(pair[0]))):
        yield Actor(kind="staff", name="读者", user_id=named.pk if named else 1, post_id=1, role=role,
                    unit_id=unit.pk if unit else 1, unit_path=unit.path if unit else "/", area="3205",
                    grants=grants_of(role), strong=True), number == 0
        if number == 0 and mine:
            yield Actor(kind="staff", name="生人", user_id=10**9, post_id=1, role=role, unit_id=10**9,
                        unit_path="/none/", area="9999", grants=grants_of(role), strong=True), False


def surfaces(register: Register, record: Any) -> Iterator[str]:
    """Addresses at which a record may be read."""
    desk, api = f"/desk/{register.name}/", f"/api/v1/{register.name}"
    key = str(getattr(record, register.key) or "")
    yield from (desk, f"{desk}?q={key}", f"{desk}?view=board", f"{desk}{record.pk}/", f"{desk}{record.pk}/card/",
                f"{desk}{record.pk}/edit", f"{desk}options?q=", f"{desk}export.csv",
                api, f"{api}?q={key}", f"{api}/{record.pk}", f"{api}/{record.pk}/history",
                f"/api/v1/options/{register.name}")
    if tells(register):
        yield f"/desk/search?q={key}"
    if register.layer is not None:
        ogc = f"/ogc/v1/collections/{register.name}/items"
        yield from (f"{desk}features", ogc, f"{ogc}/{record.pk}", f"/api/v1/map/select?layers={register.name}")
        if not register.layer.linked:
            yield f"{desk}export.geojson"
        shape = register.spot_of(record)
        if shape is not None:
            x, y = shape.centroid.coords
            tile = (int((x + 180) / 360 * 2**ZOOM),
                    int((1 - math.asinh(math.tan(math.radians(y))) / math.pi) / 2 * 2**ZOOM))
            yield f"/api/v1/tiles/{register.name}/{ZOOM}/{tile[0]}/{tile[1]}.mvt"


def tells(register: Register) -> bool:
    """Whether a record of it has personal values by declaration, its own or of what it links to."""
    linked = [k.register for k in register.kinds.values() if isinstance(k, LinkKind) and k.register is not None]
    return any(True for one in (register, *linked) for _kind in personal(one))


def sample(register: Register, number: int) -> Any:
    """A record that is there, or a new one; seeds are tried until one clashes with nothing that is there."""
    found = register.model.objects.order_by("-pk").first()
    for seed in (number, number + 1, 7, 8, 0) if found is None else ():
        try:
            with transaction.atomic():
                found = make(register, seed)
                break
        except CannotMake:
            continue
    assert found is not None, register.name
    texts = {k.name: f"隐私{number:03d}甲乙丙丁戊己庚辛壬癸{k.name}" for k in personal(register)
             if isinstance(k, SealedKind) and k.form not in ("phone", "id_number", "document")}
    if texts:  # what kinds sample is too short to be told from what stands there by chance
        write(SYSTEM, "change", found, texts)
    return register.model.objects.get(pk=found.pk)


def read(client: Client, address: str) -> tuple[int, str]:
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
    return answer.status_code, body.decode("utf-8", "replace")


def let_in(monkeypatch: pytest.MonkeyPatch, who: Actor) -> None:
    """Every request from now on is that actor's, at the desk and at the API."""
    monkeypatch.setattr(frame, "actor_of_request", lambda _request, via="": who.through(via))
    monkeypatch.setattr(http, "actor_of", lambda _request: who)


def read_by_all(client: Client, monkeypatch: pytest.MonkeyPatch, register: Register, record: Any,
                hidden: dict[str, str], *, all_readers: bool) -> tuple[int, list[str]]:
    """Have a record read at every address; how many readings there were, and what was told."""
    offered = {f"{register.name}.{k.name}" for k in personal(register) if isinstance(k, CodeKind)}
    addresses = [*surfaces(register, record), f"/desk/{register.name}/?x_who={SECRET}"]
    chief = [f"/desk/{register.name}/{record.pk}/", f"/desk/{register.name}/export.csv",
             f"/api/v1/{register.name}/{record.pk}"]
    told, tried, cipher = [], 0, record.custom["x_story"][:24]
    for who, whole in readers(register, record):
        if not whole and not all_readers:
            break
        let_in(monkeypatch, who)
        sees = permits(register, who, "view", record)
        for address in addresses if whole else chief:
            status, text = read(client, address)
            tried += 1
            assert status < 500, (who.role, address)
            assert cipher not in text, "nor is the ciphertext sent"
            told += [f"{who.role}{'' if sees else ' (stranger)'} reads {name} at {address}"
                     for name, value in hidden.items() if value in text
                     and not (address.endswith("/edit") and name in offered)  # a form offers every code
                     and f"={value}" not in address]
            if not sees and address.startswith((f"/desk/{register.name}/{record.pk}/",
                                                f"/api/v1/{register.name}/{record.pk}")):
                assert status in (403, 404), (who.role, address, status)
    return tried, told


def ask_with(client: Client, register: Register, values: dict[str, str]) -> None:
    """Search for personal values, send them, and fail with them."""
    typed = {**values, "q": " ".join(values.values())}
    client.get(f"/desk/{register.name}/", typed)
    client.get(f"/desk/{register.name}/nothing", typed)
    client.post(f"/desk/{register.name}/new", values)
    client.post(f"/api/v1/{register.name}", values, content_type="application/json")
    for name, value in values.items():
        client.get(f"/api/v1/{register.name}", {"q": value, name: value})


def kept(register: Register) -> str:
    """All that history and events hold of a register."""
    return json.dumps([list(rows.filter(register=register.name).values_list(column, flat=True))
                       for rows, column in ((History.objects, "changes"), (Event.objects, "payload"))],
                      ensure_ascii=False)


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.usefixtures("fresh")
def test_no_surface_and_no_log_tells_a_personal_value(part, monkeypatch, log):
    """Personal fields as declared, and some that the city added; neither answers nor the log hold their values."""
    client, told, tried = Client(raise_request_exception=False), list[str](), 0
    for register, record in [(r, sample(r, n)) for n, r in list(enumerate(MADE))[part::PARTS]]:
        telling = tells(register)
        add_personal(register.name)
        write(SYSTEM, "change", record, HIDDEN)
        record = register.model.objects.get(pk=record.pk)
        hidden = secrets(record)
        assert set(hidden) >= {f"{register.name}.{name}" for name in HIDDEN}
        codes = {f"{register.name}.{k.name}" for k in personal(register) if isinstance(k, CodeKind)}
        count, found = read_by_all(client, monkeypatch, register, record, hidden, all_readers=telling)
        mine = {name: value for name, value in secrets(record, deep=False).items() if len(value) > 3}
        let_in(monkeypatch, mighty(register))
        if telling:
            ask_with(client, register, {name.partition(".")[2]: value for name, value in mine.items()})
        text, past = log.getvalue(), kept(register)
        told += [*found, *(f"the log tells {n}" for n, v in mine.items() if n not in codes and v in text),
                 *(f"the past tells {n}" for n, v in secrets(record, deep=False).items() if v in past)]
        tried += count
        log.seek(0)
        log.truncate()
    print(f"\nleaks: {tried} requests, {len(told)} told")
    assert tried > 400
    assert not told, "\n".join(told[:40])


@pytest.mark.parametrize("register", ALL, ids=lambda r: r.name)
def test_what_is_personal_is_declared_nowhere_that_tells_it(register):
    hidden = {k.name for k in personal(register)}
    high = {k.name for k in personal(register) if getattr(k.field, "high", False)}
    if register.layer is not None:
        shown = {register.layer.title, register.layer.colour, *register.layer.show.split()}
        assert not hidden & shown, "a tile would carry it"
    sought = {n.partition("^")[0] for n in f"{register.search} {register.filters}".split()}
    assert not high & sought, "what is highly sensitive is neither sought nor filtered"
    assert not high & set(register.column_names), "nor does it stand in a list"
    for kind in personal(register):
        if kind.name in high:
            assert not set("秘密内容XYZ789") & set(str(kind.mask("秘密内容XYZ789")))


@pytest.mark.django_db
def asking(register: Register) -> list[Kind]:
    """The kinds into which somebody may type a personal value: a personal field, or a link to who has one."""
    links = [k for k in register.kinds.values() if isinstance(k, LinkKind) and k.field is not None
             and k.register is not None and any(True for _kind in personal(k.register))]
    return [*personal(register), *links]


@pytest.mark.django_db
@pytest.mark.parametrize("register", [r for r in ALL if asking(r)], ids=lambda r: r.name)
def test_a_refusal_does_not_repeat_what_was_typed(register):
    """What an import or a form refuses is named by its column, never by the value."""
    for kind in asking(register):
        for wrong in ("泄露试探甲乙丙丁", "19900000000X", "1" * 400):
            try:
                kind.parse(wrong)
            except Invalid as error:
                assert wrong not in str(error) and wrong not in str(error.errors), kind.name
