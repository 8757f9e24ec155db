"""What the parts of a case page show; the desk renders them. Each costs a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.engines.rules.firing import acts_panel
from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import moment
from gezhi.kernel.records import History
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry

from . import models as m
from .ledger import explain
from .moves import outside
from .origin import ORIGIN
from .oversight.panels import CASE_OVERSIGHT
from .pictures import CASE_PICTURES, ORDER_PICTURES

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


def orders(case: Any, actor: Actor) -> dict[str, Any]:
    """The tree of orders, newest round first, each with its light; two queries.

    ``nodes``: ``{order, label, role, state, final, light, due, note, seen, children: [same]}``.
    """
    found = list(m.WorkOrder.objects.filter(case=case).select_related(
        "unit", "handler__staff", "handler__unit", "handler__role").order_by("-round", "seq", "id"))
    seen = set(m.WorkOrder.objects.filter(sight(registry.register("work_order"), actor), case=case).values_list(
        "pk", flat=True))
    below: dict[int | None, list[Any]] = {}
    for order in found:
        below.setdefault(order.parent_id, []).append(order)
    states = m.WorkOrder.flow_states()

    def node(order: Any) -> dict[str, Any]:
        return {"order": order, "label": str(order.unit), "role": order.get_role_display(), "seen": order.pk in seen,
                "state": order.get_status_display(), "final": states[order.status].final, "light": order.light(),
                "due": order.due_at, "note": order.handler.staff.name if order.handler_id else order.reason,
                "old": order.round < case.round, "children": [node(child) for child in below.get(order.pk, ())]}

    return {"case": case, "mode": case.get_mode_display(), "steps": case.steps,
            "nodes": [node(root) for root in below.get(None, ())]}


def process(case: Any, _actor: Actor) -> dict[str, Any]:
    """What was done about the case: acts on it, its orders, tasks, applications; newest first.

    ``acts`` as ``partials/timeline.html`` draws them: ``{label, who, post, at, opinion, alarm, quiet, changes}``.
    """
    names: dict[str, dict[int, str]] = {"case": {case.pk: ""}}
    for name, model, said in (("work_order", m.WorkOrder, "no"), ("task", m.Task, "no"),
                              ("application", m.Application, "kind"), ("hard_case", m.HardCase, "id"),
                              ("claim", m.Claim, "id"), ("bounce", m.Bounce, "id")):
        names[name] = dict(model.objects.filter(case=case).values_list("pk", said))
    q = Q()
    for name, found in names.items():
        if found:
            q |= Q(register=name, record_id__in=list(found))
    rows = History.objects.filter(q, batch=None).order_by("-at", "-id")
    return {"acts": [_act(row, names[row.register].get(row.record_id, "")) for row in rows if not _quiet(row)]}


def _move(row: History) -> Any:
    flow = registry.register(row.register).flow
    return flow.moves().get(row.verb) if flow is not None else None


def _quiet(row: History) -> bool:
    """Steps of the machinery that say nothing of their own."""
    move = _move(row)
    return move is None or (move.quiet and row.verb != "remark")


def _act(row: History, name: str) -> dict[str, Any]:
    move, register = _move(row), registry.register(row.register)
    target = register.flow.states().get(row.target) if register.flow is not None else None
    label = str(move.label) if move else row.verb
    if row.register == "application":
        name = str(dict(m.Application.KINDS).get(name, ""))
    parts = [str(register.label), name if row.register in ("work_order", "task", "application") else ""]
    return {"at": row.at, "label": label, "who": row.actor_name, "opinion": row.opinion, "quiet": row.verb == "advance",
            "post": " ".join(p for p in parts if p) if row.register != "case" else "",
            "alarm": move is not None and move.tone == "danger",
            "changes": [{"label": _("状态"), "before": "", "after": str(target.label)}] if target else []}


def applications(case: Any, _actor: Actor) -> dict[str, Any]:
    """Applications and their decisions; leaders' words."""
    return {"applications": list(case.applications.select_related("order", "unit", "claim").order_by("-id")),
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
                                reported_at__gte=moment() - dt.timedelta(days=RELATED_DAYS)).order_by("-id")[:8])
    return {"case": case, "master": case.master, "duplicates": list(case.duplicates.order_by("id")[:20]),
            "same_caller": same, "near": near, "metres": NEAR_METRES}


def alike(case: Any, actor: Actor) -> dict[str, Any]:
    """Cases that may be the same matter."""
    from .similar import similar

    return {"case": case, "similar": similar(case, actor)}


def understood(case: Any, actor: Actor) -> dict[str, Any]:
    """What the classifier said of the report."""
    from .understand import panel

    return panel(case, actor)


def places(case: Any, _actor: Actor) -> dict[str, Any]:
    """Places and times read in the report."""
    from .locate import panel

    return panel(case)


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
    Panel("request", _("诉求"), _template("case_request"), request), CASE_PICTURES,
    Panel("suggestions", _("派遣建议"), _template("case_suggestions"), explain.live,
          when=lambda case, actor: case.status == "pending_dispatch" and actor.role in ("dispatcher", "shift_leader")),
    Panel("understanding", _("分类建议"), _template("case_understanding"), understood,
          when=lambda case, actor: case.status in ("reported", "registered") and actor.role in (
              "acceptor", "shift_leader")),
    Panel("places", _("文中的地点和时间"), _template("case_places"), places,
          when=lambda case, actor: case.status in ("reported", "registered") and actor.role in (
              "acceptor", "shift_leader")),
    Panel("similar", _("相似案件"), _template("case_similar"), alike,
          when=lambda case, actor: case.status in ("reported", "registered") and actor.role == "acceptor"),
    Panel("orders", _("工单"), _template("case_orders"), orders, when=lambda case, _a: case.round > 0,
          instead="work_order"),
    Panel("grounds", _("派遣依据"), _template("decision"), explain.decisions,
          when=lambda case, actor: case.round > 0 and actor.role != "public", instead="dispatch_decision"),
    Panel("tasks", _("现场任务"), _template("case_tasks"), tasks, when=lambda case, _a: case.tasks.exists(),
          instead="task"),
    Panel("applications", _("申请与批示"), _template("case_applications"), applications, when=has_applications,
          instead="application claim instruction hard_case"),
    *CASE_OVERSIGHT, Panel("process", _("全程动态"), _template("case_process"), process),
    Panel("satisfaction", _("回访与满意度"), _template("case_satisfaction"), satisfaction, place="side",
          when=lambda case, _a: case.final_satisfaction is not None or bool(case.tries)),
    Panel("related", _("相关案件"), _template("case_related"), related, place="side", instead="case"), ORIGIN,
    acts_panel("case"),
)


def order_case(order: Any, actor: Actor) -> dict[str, Any]:
    """The case an order belongs to, and its orders."""
    return {**orders(order.case, actor), "request_": request(order.case, actor), "this": order}


def told_outside(order: Any, _actor: Actor) -> dict[str, Any]:
    """What the department's own system, or the centre for it, said of an order; one query."""
    rows = History.objects.filter(register="work_order", record_id=order.pk, verb__in=("sync", "note_state"))
    states = dict(outside.STATES)
    return {"order": order, "said": [
        {"at": row.at, "who": row.actor_name, "state": states.get(str((row.changes.get("_") or {}).get("state")), ""),
         "kept": "outside_state" in row.changes or "synced_at" in row.changes} for row in rows.order_by("-id")[:20]]}


ORDER_PANELS = (
    Panel("case", _("案件"), _template("order_case"), order_case), ORDER_PICTURES,
    Panel("outside", _("对方系统"), _template("outside"), told_outside, place="side",
          when=lambda order, _a: order.via != "inside"),
    Panel("applications", _("申请"), _template("case_applications"),
          lambda order, actor: applications(order.case, actor),
          when=lambda order, actor: has_applications(order.case, actor)),
    acts_panel("work_order"),
)
