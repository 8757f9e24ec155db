"""Every register's forms, moves, exports and imports: through the door, once, within scope, and back again."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from django.http import QueryDict
from openpyxl import load_workbook

from gezhi.engines.forms import RecordForm
from gezhi.engines.history import timeline, verify
from gezhi.engines.tables.query import Query
from gezhi.engines.transfer import carry, load, sheet
from gezhi.engines.transfer.export import MARK, Export, as_csv, as_geojson, as_xlsx
from gezhi.engines.transfer.template import template
from gezhi.engines.workflow.act import act, allowed
from gezhi.kernel.access import permits
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.errors import Conflict, GezhiError, Invalid
from gezhi.kernel.kinds import INTERNAL, PUBLIC, LinkKind
from gezhi.kernel.records import Event, History

from .conftest import ALL, MADE, actor, mighty, roles

WRITABLE = [r for r in MADE if r.writable and r.form]
FLOWING = [r for r in MADE if r.flow is not None]
names = {"ids": lambda r: r.name}


@pytest.mark.django_db
@pytest.mark.parametrize("register", ALL, **names)
def test_a_kind_reads_what_it_writes(register):
    rng = random.Random(5)
    for name, kind in register.kinds.items():
        if (kind.field is None or isinstance(kind, LinkKind) or hasattr(kind.field, "derive")
                or name in ("seal", "password")):
            continue
        try:
            value = kind.clean(kind.sample(rng)) if name != "custom" else {}
        except (LookupError, Invalid):
            continue
        again = kind.parse(kind.json(value))
        assert kind.json(again) == kind.json(value), name
        if kind.sensitivity not in (PUBLIC, INTERNAL) and value:
            assert str(value) not in str(kind.mask(value)), name


@pytest.mark.django_db
def test_one_history_row_and_one_event_a_write(register, three):
    for record in three:
        rows = timeline(record)
        assert len(rows) == 1 and rows[0].verb == "create", register.name
        assert Event.objects.filter(register=register.name, record_id=record.pk).count() == 1
        assert verify(record).whole


def posted(form: RecordForm) -> QueryDict:
    """What a browser sends back from an untouched form."""
    from django import forms

    data = QueryDict(mutable=True)
    for bound in form:
        widget: Any = bound.field.widget
        value = bound.value()
        if isinstance(widget, forms.MultiWidget):
            for part, one in zip(widget.widgets_names, widget.decompress(value), strict=True):
                data[bound.html_name + part] = "" if one is None else str(one)
        elif isinstance(widget, forms.CheckboxInput):
            if value:
                data[bound.html_name] = "on"
        elif isinstance(widget, forms.SelectMultiple):
            data.setlist(bound.html_name, [str(v) for v in value or ()])
        else:
            shown = widget.format_value(value)
            shown = shown[0] if isinstance(shown, list) and shown else shown
            data[bound.html_name] = "" if shown in (None, []) else str(shown)
    return data


@pytest.mark.django_db
@pytest.mark.parametrize("register", WRITABLE, **names)
def test_an_untouched_form_changes_nothing(register, three):
    who = mighty(register)
    for record in three:
        form = RecordForm(register, who, record, data=posted(RecordForm(register, who, record)))
        assert form.is_valid(), form.errors
        assert form.values() == {}, register.name


@pytest.mark.django_db
@pytest.mark.parametrize("register", WRITABLE, **names)
def test_pages_of_forms(register, three, as_actor):
    for role in roles(register):
        who = actor(role)
        browser, record = as_actor(who), three[0]
        seen = who.may(f"{register.name}.view")
        new = browser.get(f"/desk/{register.name}/new").status_code
        assert new == (404 if not seen else 200 if permits(register, who, "create") else 403), role
        edit = browser.get(f"/desk/{register.name}/{record.pk}/edit").status_code
        visible = permits(register, who, "view", record)
        assert edit == (404 if not visible else 200 if permits(register, who, "change", record) else 403), role
    browser = as_actor(mighty(register))
    before = History.objects.count()
    empty = browser.post(f"/desk/{register.name}/new", {})
    if any(register.kinds[n].required for n in register.form_names):
        assert empty.status_code == 422
        assert History.objects.count() == before


@pytest.mark.django_db
def test_out_of_scope_is_out_of_sight(register, three, as_actor):
    """A post over another area neither sees nor touches what only its area would open."""
    for role in roles(register):
        who = actor(role, area="9999")
        browser = as_actor(who)
        hidden = [r for r in three if who.may(f"{register.name}.view") and not permits(register, who, "view", r)]
        rows = {r.pk for r in Query(register, who, {}).rows()} if hidden else set()
        assert not rows & {r.pk for r in hidden}, role
        for record in hidden[:1]:  # what an address answers depends on the record's scope alone
            base = f"/desk/{register.name}/{record.pk}/"
            moves = [m for m in register.flow.moves() if not register.flow.moves()[m].creates] if register.flow else []
            for path in ("", "edit", "remove", "verify", "card/", *moves[:3]):
                assert browser.get(base + path).status_code == 404, (role, path)
                assert browser.post(base + path).status_code in (404, 405), (role, path)
        for verb in ("change", "remove"):
            if not permits(register, who, verb, three[0]):
                with pytest.raises(GezhiError):
                    write(who, verb, three[0], {})
    assert all(len(timeline(r)) == 1 for r in three)


@pytest.mark.django_db
@pytest.mark.parametrize("register", FLOWING, **names)
def test_every_move_from_every_state(register, three):
    """``allowed`` and ``act`` agree: a move that is not offered is refused and writes nothing."""
    record, flow = three[0], register.flow
    moved = History.objects.filter(verb__in=flow.moves()).count()
    for state in flow.states():
        if getattr(record, flow.field) != state:
            record = write(SYSTEM, "change", record, {flow.field: state})
        for role in roles(register):
            who = actor(role, strong=True)
            offered = {m.name for m in allowed(who, record)}
            for move in flow.moves().values():
                if move.creates or not move.starts_from(state):
                    assert move.name not in offered
                elif move.name not in offered:
                    with pytest.raises(GezhiError):
                        act(who, record, move.name, {})
        for move in flow.moves().values():
            anybody = SYSTEM if move.inner else mighty(register)
            if move.creates or move in allowed(anybody, record):
                continue
            with pytest.raises(GezhiError) as refused:
                act(anybody, record, move.name, {})
            assert isinstance(refused.value, Conflict), (state, move.name)
        if not flow.states()[state].final:
            assert any(m.targets() for m in flow.moves().values() if m.starts_from(state) and not m.creates), state
    assert History.objects.filter(verb__in=flow.moves()).count() == moved


@pytest.mark.django_db
def test_export_shows_what_the_list_shows(register, three, as_actor):
    who = mighty(register)
    export = Export(Query(register, who, {}), Query(register, who, {}).columns(), "csv")
    export.audit()
    audit = History.objects.get(register=register.name, verb="export")
    assert audit.changes["count"] == register.model.objects.count() and audit.record_id == 0
    rows = list(sheet.read(io.BytesIO(b"".join(as_csv(export))), "x.csv"))
    assert rows[0] == export.heads() or rows[0] == [h for h in export.heads() if h]
    assert len(rows) == register.model.objects.count() + 1
    book = load_workbook(as_xlsx(export), read_only=True)
    last = [c for c in list(book.worksheets[0].iter_rows(values_only=True))[-1] if c]
    assert last[0].startswith(MARK)
    if register.layer and not register.layer.linked:
        import json

        found = json.loads(b"".join(as_geojson(Export(Query(register, who, {}), export.kinds, "geojson"))))
        assert len(found["features"]) == register.model.objects.count() and MARK in found["watermark"]
    for role in roles(register):
        who = actor(role)
        answer = as_actor(who).get(f"/desk/{register.name}/export.csv").status_code
        assert answer == (404 if not who.may(f"{register.name}.view") else
                          200 if who.may(f"{register.name}.export") else 403), role


@pytest.mark.django_db
@pytest.mark.parametrize("register", [r for r in WRITABLE if r.key != "id"], **names)
def test_export_then_import_is_identity(register, three):
    """Where rows have a key of their own; without one, a row is always a new record."""
    who = mighty(register)
    export = Export(Query(register, who, {}), [], "again.xlsx")
    histories = {r.pk: len(timeline(r)) for r in three}
    count = register.model.objects.count()
    job = load.begin(who, register, as_xlsx(export), "again.xlsx")
    assert job.total == count
    for trial in (True, False):
        assert carry.start(job, trial=trial) and carry.claim(job)
        carry.run(who, job)
        wrong = [(r.number, r.errors) for r in job.rows.filter(state="wrong")]
        assert not wrong, wrong[:3]
    assert set(job.rows.values_list("state", flat=True)) == {"same"}
    assert register.model.objects.count() == count
    assert {r.pk: len(timeline(r)) for r in three} == histories


@pytest.mark.django_db
@pytest.mark.parametrize("register", WRITABLE, **names)
def test_template_names_every_field(register):
    book = load_workbook(template(register))
    heads = [c.value for c in book.worksheets[0][1]]
    assert [register.kinds[n].label for n in register.form_names if n != register.key] == [
        h for h in heads if h != register.kinds[register.key].label or register.key == "id"]
    assert load.guess(register, heads).keys() == {str(i) for i in range(len(heads))}
