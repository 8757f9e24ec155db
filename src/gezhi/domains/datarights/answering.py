"""What the moves of a request do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.privacy.anonymise import anonymise, emptied, fields_of
from gezhi.engines.privacy.terms import held as on_hold
from gezhi.engines.workflow.act import act
from gezhi.foundation.people.models import Person
from gezhi.kernel import identifiers, seal
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import moment
from gezhi.kernel.errors import Conflict, Invalid
from gezhi.kernel.registry import registry

from . import gathering
from .words import FITTING

TERM = (30, "natural_day")
"""From taking in to answer (GB/T 35273-2020, 8.7)."""
ASKED = ("kind", "asker", "name", "phone", "subject_id_no", "words")


def taken(ctx: Any) -> None:
    """The clock starts; whose unit took it in is kept."""
    actor = ctx.actor
    staff = actor.kind == "staff"
    ctx.values.update({n: ctx.inputs[n] for n in ASKED})
    ctx.values.update(unit_id=actor.unit_id if staff else None, taken_by_id=actor.user_id if staff else None)
    ctx.limits["answer"] = TERM


def proved(ctx: Any) -> None:
    """The proof fits who asks; whose data it is follows from the document's number, nobody browses for it."""
    request, proof = ctx.record, ctx.inputs["proof"]
    if proof not in FITTING[request.asker]:
        raise Invalid({"proof": [_("“%s”提出的请求不能这样核验") % request.get_asker_display()]})
    person = Person.objects.filter(id_index__in=seal.blinds(identifiers.tidy(request.subject_id_no))).first()
    ctx.values.update(proof=proof, proved_by_id=ctx.actor.user_id, person=person,
                      area_code=person.area_code if person is not None else "")


def unproved(ctx: Any) -> None:
    """Nothing is told to whoever could not show who they are."""
    ctx.values.update(result="unproved")


def gathered(ctx: Any) -> None:
    """Count what is held; units that keep what only they may know of get a part of their own."""
    request = ctx.record
    if request.person is None:
        ctx.values.update(found={})
        return
    rows = gathering.counts(request.person)
    ctx.values.update(found={row["register"]: row["count"] for row in rows})
    for unit_id in sorted(gathering.units(request.person)):
        ctx.then.append(lambda done, unit_id=unit_id: _part(done, unit_id))


def _part(request: Any, unit_id: int) -> None:
    from .part import DataPart

    if not DataPart.objects.filter(code=request.query_code, unit_id=unit_id).exists():
        act(SYSTEM, DataPart, "give", {
            "code": request.query_code, "kind": request.kind, "person_id": request.person_id, "unit_id": unit_id,
            "words": request.words, "due_at": request.due_at})


def passed_on(ctx: Any) -> None:
    """A unit puts right what is wrong, by the ordinary forms of its registers."""
    if ctx.record.kind != "correct":
        raise Conflict(_("只有更正请求才转单位更正"))
    ctx.values.update(work_unit=ctx.inputs["unit"])


def answered(ctx: Any) -> None:
    """The answer agrees with what was found; on request and where the law allows it, the data is emptied."""
    request, inputs = ctx.record, ctx.inputs
    result, erase = inputs["result"], inputs["erase"]
    if (result == "nothing") != (request.person_id is None):
        raise Invalid({"result": [_("结果与查到的信息不符")]})
    if result in ("refused", "partly") and not inputs["ground"]:
        raise Invalid({"ground": [_("请选择不予满足的理由")]})
    if erase and (request.kind != "erase" or result not in ("agreed", "partly")):
        raise Invalid({"erase": [_("只有同意的删除请求才清除信息")]})
    if erase and on_register(request.person):
        raise Invalid({"erase": [_("信息被依法封存，不能清除")]})
    ctx.values.update(result=result, ground=inputs["ground"], reply=inputs["reply"])
    if erase:
        ctx.then.append(lambda done: _erased(ctx, done))


def on_register(person: Any) -> bool:
    """Whether the person's own record is under a legal hold."""
    hold = on_hold(registry.register("person"), timezone.localdate(moment()))
    return type(person).objects.filter(hold, pk=person.pk).exists()


def _erased(ctx: Any, request: Any) -> None:
    """Empty the person's fields in every open register that allows it; a history row each."""
    why = _("按个人信息请求 %s 清除") % request.query_code
    for register, rows in gathering.records(request.person):
        kinds = fields_of(register, "sensitive")
        try:
            [emptied(kind) for kind in kinds]
        except ValueError:  # such a record is kept whole until its term is over
            continue
        free = rows.exclude(on_hold(register, timezone.localdate(moment())))
        if kinds and register.name != "case":
            anonymise(ctx.session, register, list(free.select_for_update(of=("self",))), "sensitive", why)


def held(request: Any, _actor: Actor) -> dict[str, Any]:
    """What is held, by register, and whether a copy may be made."""
    labels = {name: registry.register(name).label for name in request.found if name in registry.registers}
    rows = [{"register": name, "label": label, "count": request.found[name]} for name, label in labels.items()]
    return {"rows": rows, "request": request, "register": "data_request", "copy": request.status == "gathered"}
