"""What the parts of a case page show; the desk renders them. Each costs a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.records import History
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry

from . import models as m

NEAR_METRES = 300
RELATED_DAYS = 180


def request(case: Any, actor: Actor) -> dict[str, Any]:
    """The citizen's words and who they are, masked for those who may not see."""
    register = registry.register("case")
    full = permits(register, actor, "reveal", case)
    name, phone = register.kinds["reporter_name"], register.kinds["reporter_phone"]
    hidden = case.secret and not full
    return {
        "case": case, "anonymous": case.anonymous, "may_reveal": full,
        "reporter_name": "" if hidden else name.mask(case.reporter_name),
        "reporter_phone": "" if hidden else phone.mask(case.reporter_phone),
        "facts": [(register.kinds[n].label, register.kinds[n].show(getattr(case, n))) for n in (
            "channel", "demand", "urgency", "item_name", "address", "area_code", "reported_at")],
        "photos": case.photos,
    }


def place(case: Any, _actor: Actor) -> dict[str, Any]:
    """The point on the map."""
    return {"lon": case.place.x, "lat": case.place.y, "address": case.address, "area_code": case.area_code,
            "title": case.title}


def orders(case: Any, actor: Actor) -> dict[str, Any]:
    """The tree of orders, newest round first, each with its light; one query."""
    register = registry.register("work_order")
    found = list(m.WorkOrder.objects.filter(case=case).select_related("unit", "handler__staff", "handler__unit",
                                                                      "handler__role").order_by("-round", "seq", "id"))
    seen = set(m.WorkOrder.objects.filter(sight(register, actor), case=case).values_list("pk", flat=True))
    below: dict[int | None, list[Any]] = {}
    for order in found:
        below.setdefault(order.parent_id, []).append(order)

    def node(order: Any, depth: int) -> list[dict[str, Any]]:
        me = {"order": order, "depth": depth, "light": order.light(), "open": order.pk in seen,
              "role": order.get_role_display(), "status": order.get_status_display()}
        return [me, *(n for child in below.get(order.pk, ()) for n in node(child, depth + 1))]

    return {"case": case, "mode": case.get_mode_display(), "steps": case.steps,
            "nodes": [n for root in below.get(None, ()) for n in node(root, 0)]}


def timeline(case: Any, actor: Actor) -> dict[str, Any]:
    """History of the case with that of its orders, tasks and applications; one query a kind."""
    ids = {"case": [case.pk], "work_order": [], "task": [], "application": [], "hard_case": []}
    for name, model in (("work_order", m.WorkOrder), ("task", m.Task), ("application", m.Application),
                        ("hard_case", m.HardCase)):
        ids[name] = list(model.objects.filter(case=case).values_list("pk", flat=True))
    q = Q()
    for name, pks in ids.items():
        if pks:
            q |= Q(register=name, record_id__in=pks)
    rows = list(History.objects.filter(q, batch=None).order_by("id"))
    return {"entries": [_entry(row) for row in rows if not _quiet(row)], "actor": actor}


def _move(row: History) -> Any:
    flow = registry.register(row.register).flow
    return flow.moves().get(row.verb) if flow is not None else None


def _quiet(row: History) -> bool:
    move = _move(row)
    return row.verb in ("attach", "redate", "next_step") or (move is not None and move.quiet and row.verb != "remark")


def _entry(row: History) -> dict[str, Any]:
    move = _move(row)
    flow = registry.register(row.register).flow
    target = flow.states().get(row.target) if flow is not None else None
    return {"at": row.at, "verb": str(move.label) if move else row.verb, "name": row.verb, "by": row.actor_name,
            "register": row.register, "record_id": row.record_id, "opinion": row.opinion,
            "state": str(target.label) if target else "", "unit_id": row.unit_id, "seq": row.seq,
            "facts": row.changes.get("_", {})}


def applications(case: Any, _actor: Actor) -> dict[str, Any]:
    """Applications and their decisions; leaders' words."""
    return {"applications": list(case.applications.select_related("order", "unit").order_by("-id")),
            "instructions": list(case.instructions.select_related("unit").order_by("-id")),
            "hard_cases": list(case.hard_cases.order_by("-id"))}


def has_applications(case: Any, _actor: Actor) -> bool:
    """Something was asked for or instructed."""
    return (case.applications.exists() or case.instructions.exists() or case.hard_cases.exists())


def tasks(case: Any, _actor: Actor) -> dict[str, Any]:
    """Verifications and inspections on the spot."""
    return {"tasks": list(case.tasks.select_related("post__staff", "post__unit", "post__role").order_by("-id"))}


def related(case: Any, actor: Actor) -> dict[str, Any]:
    """Duplicates of this case, earlier cases of the same caller, and open ones nearby; three queries."""
    seen = m.Case.objects.filter(sight(registry.register("case"), actor)).exclude(pk=case.pk)
    same: list[Any] = []
    if case.reporter_phone_index:
        same = list(seen.filter(reporter_phone_index=bytes(case.reporter_phone_index)).order_by("-id")[:5])
    near: list[Any] = []
    if case.place is not None:
        d = NEAR_METRES / 111_320
        box = Polygon.from_bbox((case.place.x - d * 1.3, case.place.y - d, case.place.x + d * 1.3, case.place.y + d))
        box.srid = 4326
        near = list(seen.filter(place__bboverlaps=box, finished_at=None,
                                reported_at__gte=timezone.now() - dt.timedelta(days=RELATED_DAYS)).order_by("-id")[:8])
    return {"case": case, "master": case.master, "duplicates": list(case.duplicates.order_by("id")[:20]),
            "same_caller": same, "near": near, "metres": NEAR_METRES}


def suggested(case: Any, _actor: Actor) -> dict[str, Any]:
    """Units ranked for a dispatch, with the reasons."""
    from .suggest import suggestions

    return {"case": case, "suggestions": suggestions(case)}


def satisfaction(case: Any, _actor: Actor) -> dict[str, Any]:
    """What the citizen said."""
    return {"case": case, "rows": [
        (_("已联系反映人"), case.contacted), (_("是否解决"), case.get_solved_display()),
        (_("首次满意度"), case.get_first_satisfaction_display()),
        (_("最终满意度"), case.get_final_satisfaction_display()), (_("态度满意度"), case.get_attitude_display()),
        (_("联系次数"), len(case.tries))]}


def _template(name: str) -> str:
    return f"desk/panels/{name}.html"


CASE_PANELS = (
    Panel("request", _("诉求"), _template("case_request"), request),
    Panel("suggestions", _("派遣建议"), _template("case_suggestions"), suggested,
          when=lambda case, actor: case.status == "pending_dispatch" and actor.role in ("dispatcher", "shift_leader")),
    Panel("orders", _("工单"), _template("case_orders"), orders, when=lambda case, _a: case.round > 0),
    Panel("tasks", _("现场任务"), _template("case_tasks"), tasks, when=lambda case, _a: case.tasks.exists()),
    Panel("applications", _("申请与批示"), _template("case_applications"), applications, when=has_applications),
    Panel("timeline", _("办理过程"), _template("case_timeline"), timeline),
    Panel("place", _("位置"), _template("case_place"), place, place="side",
          when=lambda case, _a: case.place is not None),
    Panel("satisfaction", _("回访与满意度"), _template("case_satisfaction"), satisfaction, place="side",
          when=lambda case, _a: case.final_satisfaction is not None or bool(case.tries)),
    Panel("related", _("相关案件"), _template("case_related"), related, place="side"),
)


def order_case(order: Any, actor: Actor) -> dict[str, Any]:
    """The case an order belongs to, and its orders."""
    return {**orders(order.case, actor), "request": request(order.case, actor), "this": order}


def order_timeline(order: Any, _actor: Actor) -> dict[str, Any]:
    """History of one order."""
    rows = History.objects.filter(register="work_order", record_id=order.pk, batch=None).order_by("id")
    return {"entries": [_entry(row) for row in rows if not _quiet(row)]}


ORDER_PANELS = (
    Panel("case", _("案件"), _template("order_case"), order_case),
    Panel("timeline", _("办理过程"), _template("case_timeline"), order_timeline),
    Panel("applications", _("申请"), _template("case_applications"),
          lambda order, actor: applications(order.case, actor),
          when=lambda order, actor: has_applications(order.case, actor)),
)
