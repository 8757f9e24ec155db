"""What happens to the values of added fields with the years: merged, sealed under another key, anonymised."""

from __future__ import annotations

import base64

import pytest

from gezhi.engines.tables.query import Query
from gezhi.foundation.custom import reading, resealing
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.registry import registry

from .added import SECRET, add
from .conftest import actor, mighty
from .factory import make

pytestmark = pytest.mark.usefixtures("fresh")
PHONE = "13912345678"


@pytest.mark.django_db
def test_a_merge_takes_over_what_the_kept_record_lacks():
    from gezhi.engines.duplicates.joining import Joining, undo
    from gezhi.kernel.door import door

    register = registry.register("organisation")
    keep, gone = make(register, 1), make(register, 2)
    add("organisation", "roof", "text")
    add("organisation", "floor", "text")
    keep = write(SYSTEM, "change", keep, {"x_roof": "蓝"})
    gone = write(SYSTEM, "change", gone, {"x_roof": "红", "x_floor": "木"})
    with door(SYSTEM) as session:
        work = Joining(session, "同一家")
        work.join(keep, gone)
    assert register.model.objects.get(pk=keep.pk).custom == {"x_roof": "蓝", "x_floor": "木"}
    with door(SYSTEM) as session:
        undo(session, work.told(), "不是同一家")
    assert register.model.objects.get(pk=keep.pk).custom == {"x_roof": "蓝"}
    assert register.model.objects.get(pk=gone.pk).custom == {"x_roof": "红", "x_floor": "木"}


@pytest.mark.django_db
def test_values_are_sealed_anew_when_the_key_changes(settings):
    register = registry.register("building")
    record = make(register)
    add("building", "caller", "phone")
    record = write(SYSTEM, "change", record, {"x_caller": PHONE})
    before, newer = record.custom["x_caller"], len(settings.GEZHI_FIELD_KEYS)
    settings.GEZHI_FIELD_KEYS = [*settings.GEZHI_FIELD_KEYS, base64.urlsafe_b64encode(b"k" * 32).decode()]
    assert resealing.left(newer) == 1 and resealing.reseal(newer) == 1 and resealing.left(newer) == 0
    kept = register.model.objects.get(pk=record.pk)
    assert kept.custom["x_caller"] != before and register.kinds["x_caller"].value(kept) == PHONE
    assert [r.pk for r in Query(register, mighty(register), {"x_caller": PHONE}).rows()] == [record.pk]


@pytest.mark.django_db
def test_anonymising_empties_personal_values_of_fields_in_and_out_of_use():
    from gezhi.engines.privacy.anonymise import anonymise, speaks
    from gezhi.kernel.door import door

    register = registry.register("building")
    record = make(register)
    add("building", "caller", "phone", required=True)
    gone = add("building", "who", "name")
    add("building", "roof", "text")
    record = write(SYSTEM, "change", record, {"x_caller": PHONE, "x_who": SECRET, "x_roof": "瓦"})
    write(actor("admin"), "change", gone, {"active": False})
    reading.forget()
    rows = register.model.objects.filter(speaks(register, "sensitive"))
    assert record.pk in rows.values_list("pk", flat=True)
    with door(SYSTEM) as session:
        anonymise(session, register, rows.select_for_update(), "sensitive", "期限已到")
    assert register.model.objects.get(pk=record.pk).custom == {"x_roof": "瓦"}
    assert not register.model.objects.filter(speaks(register, "sensitive"), pk=record.pk).exists()
