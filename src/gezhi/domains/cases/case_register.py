"""The register of cases: who sees which, columns, filters, map layer, panels."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import NOTHING, Reach, Served, UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registers import Filter, Layer, Register

from . import models as m
from .case import Case
from .case_flow import CaseFlow
from .kinds import TIMED_FILTERS, AnswerKind, LightKind, StageKind
from .ledger import revision
from .panels import CASE_PANELS
from .tools import AT_WORK, VIEWERS


def of_unit(actor: Actor) -> Q:
    """Cases with an order of the actor's unit or one below it."""
    if not actor.unit_path:
        return NOTHING
    return Q(pk__in=Served(Case, "orders__unit", actor.unit_path))


def of_person(actor: Actor) -> Q:
    """Cases the person reported, or has a task of."""
    q = NOTHING
    if actor.user_id is not None:
        q = q | Q(reported_by_id=actor.user_id)
    if actor.post_id is not None:
        q = q | Q(pk__in=m.Task.objects.filter(post_id=actor.post_id).values("case_id"))
    return q


def _todo(actor: Actor) -> Q:
    """What waits for this actor."""
    if actor.role in CaseFlow.desks:
        q = Q(status__in=[s for s in CaseFlow.desks[actor.role] if s != "draft"])
        if actor.role != "archivist":
            q &= Q(finished_at=None)
        return q | Q(hard=True, finished_at=None) if actor.role == "shift_leader" else q
    if actor.role == "unit_clerk":
        return Q(pk__in=m.WorkOrder.objects.filter(unit_id=actor.unit_id or 0, status__in=AT_WORK).values("case_id"))
    if actor.role == "handler":
        return Q(pk__in=m.WorkOrder.objects.filter(handler_id=actor.post_id or 0, status="handling").values("case_id"))
    if actor.role in ("grid_member", "grid_leader"):
        return Q(pk__in=m.Task.objects.filter(post_id=actor.post_id or 0, status="pending").values("case_id"))
    if actor.role == "leader":
        return Q(pk__in=m.Application.objects.filter(status="leader_review").values("case_id"))
    return NOTHING


MINE = {"todo": _("待我处理"), "reported": _("我上报的"), "followed": _("我关注的"), "unit": _("本单位的")}


def mine(raw: str, actor: Actor) -> Q:
    """``mine=todo,reported,followed,unit``."""
    q = NOTHING
    for name in (p for p in raw.split(",") if p):
        if name not in MINE:
            raise Invalid({"mine": [_("没有这一项")]})
        if name == "todo":
            q = q | _todo(actor)
        elif name == "unit":
            q = q | of_unit(actor)
        elif actor.user_id is not None and name == "reported":
            q = q | Q(reported_by_id=actor.user_id)
        elif actor.user_id is not None:
            q = q | Q(pk__in=m.Follow.objects.filter(staff_id=actor.user_id, until=None).values("case_id"))
    return q


def stages() -> dict[str, list[str]]:
    """Stage names to the states in them."""
    out: dict[str, list[str]] = {}
    for code, state in CaseFlow.states().items():
        if state.stage:
            out.setdefault(str(state.stage), []).append(code)
    return out


def stage(raw: str, _actor: Actor) -> Q:
    """``stage=派遣,处置``."""
    wanted = [s for name in raw.split(",") for s in stages().get(name, [])]
    return Q(status__in=wanted)


def unit_at_work(raw: str, _actor: Actor) -> Q:
    """Cases with an order of one of these units, lead or not."""
    ids = [int(p) for p in raw.split(",") if p.strip().isdecimal()]
    return Q(pk__in=m.WorkOrder.objects.filter(unit_id__in=ids).values("case_id"))


class Cases(Register):
    """Cases are moved, never edited by form."""

    model = Case
    name = "case"
    label = _("案件")
    icon = "folder-open"
    group = "cases"
    key = "query_code"
    columns = "case_no title status light urgency channel item_name area_code unit due_at reported_at"
    filters = ("status channel urgency demand area_code item_code centre unit outcome mode reported_at filed_at "
               "handled_at closed_at due_at hard auto_dispatched self_handled excluded overtime anonymous "
               "reporter_phone case_no query_code source source_key master trueness inspected solved contacted "
               "final_satisfaction returns invented place")
    search = "case_no^5 title^3 address^2 content item_name"
    order = "-id"
    virtual = {"light": LightKind(), "stage": StageKind(), "answer": AnswerKind()}
    extra_filters = (
        *TIMED_FILTERS,
        Filter("mine", _("与我有关"), mine, lambda: [[c, str(w)] for c, w in MINE.items()]),
        Filter("stage", _("阶段"), stage, lambda: [[s, s] for s in stages()]),
        Filter("replay", _("清单修订回放"), lambda raw, _actor: Q(pk__in=revision.hits(raw))),
        Filter("order_unit", _("参与办理单位"), unit_at_work),
    )
    reaches = {"centre": UnitReach("centre__path"), "unit": Reach(of_unit), "own": Reach(of_person)}
    grants = {
        "view": f"{VIEWERS} app:own app:unit",
        "export": "shift_leader:centre supervisor:centre archivist:centre unit_clerk:unit leader:area admin:all",
        "import": "acceptor:centre shift_leader:centre",
        "reveal": "acceptor:centre dispatcher:centre shift_leader:centre callback_agent:centre unit_clerk:unit "
                  "handler:unit",
    }
    flow = CaseFlow
    layer = Layer("place", icon="file-text", colour="status", title="title", show="case_no urgency channel")
    panels = CASE_PANELS
    writable, hub = False, True

    def title(self, record: Any) -> str:
        return str(record)
