"""The second half of a chronicle: dispatch, work orders, leave, result, inspection, callback, closing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gezhi.demo.chronicle import Teller, World, moment
from gezhi.demo.directory import MACHINE
from gezhi.demo.life import Step
from gezhi.demo.plan import Case
from gezhi.domains.cases.past import Chapter, Log
from gezhi.kernel.actors import Actor

CO_SHARE = 0.8


class Handling(Teller):
    """Tells a case that was disposed of."""

    # -- dispatch ----------------------------------------------------------------------------------------

    def on_auto_dispatch(self, step: Step) -> None:
        self.log.values["auto_dispatched"] = True
        self._give("auto_dispatch", MACHINE, "single")

    def on_dispatch(self, step: Step) -> None:
        self._give("dispatch", self.who("dispatcher"), step.data["mode"], step.data["remark"], step.data["other"])

    def on_request_coordination(self, step: Step) -> None:
        self.log.act("request_coordination", self.at, self.who("dispatcher"), "pending_coordination",
                     step.data["reason"])

    def on_coordinate(self, step: Step) -> None:
        self._give("coordinate", self.who("shift_leader"), "single", step.data["decision"])

    def on_redo(self, step: Step) -> None:
        actor = self.who("dispatcher")
        for order in self.chapter.orders:
            if order.status in ("submitted", "accepted"):
                order.act("retire", self.at, actor, "cancelled")
        self.log.values["redos"] = self.log.values.get("redos", 0) + 1
        self._give("redo", actor, "single", limit=(max(1.0, self.limit[0] * 0.5), self.limit[1]))

    def _give(self, verb: str, actor: Actor, mode: str, remark: str = "", other: bool = False,
              limit: tuple[float, str] | None = None) -> None:
        """Open the orders of a new round; a returned case goes to the next candidate."""
        found = self.world.duties(self.plan.item, self.plan.area)
        best = found[min(1, len(found) - 1)] if other else found[0]
        values, limit = self.log.values, limit or self.limit
        values["round"] = values.get("round", 0) + 1
        helpers = [pk for pk in best.co_units if pk != best.unit_id][:1] if mode in ("lead_co", "parallel") else []
        mode = "lead_co" if helpers else "single"
        self.order = self._open(actor, best.unit_id, limit, "lead", remark, best.reason)
        for unit in helpers:
            self._open(actor, unit, (round(limit[0] * CO_SHARE, 2), limit[1]), "co", remark, best.reason)
        values.update(mode=mode, unit_id=best.unit_id, dispatched_at=self.at, handled_at=None)
        self.log.stop("dispatch", self.at)
        self.start(self.log, "handle", limit, best.unit_id)
        self.log.act(verb, self.at, actor, "pending_sign", remark, unit=self.world.directory.names[best.unit_id])

    def _open(self, actor: Actor, unit: int, limit: tuple[float, str], role: str, remark: str, reason: str) -> Log:
        roots = sum(1 for order in self.chapter.orders if order.values["role"] == "lead")
        case_no = self.log.values["case_no"]
        number = f"{case_no}-{roots}-1" if role == "co" else f"{case_no}-{roots + 1}"
        log = Log({
            "no": number, "role": role, "seq": 1, "round": self.log.values["round"], "unit_id": unit,
            "area_code": self.plan.grid, "item_code": self.plan.item, "urgency": self.urgency, "limit_value": limit[0],
            "limit_unit": limit[1], "remark": remark, "reason": reason[:200], "opened_at": self.at, "invented": True})
        log.act("open", self.at, actor, "pending_sign")
        log.values["due_at"] = self.start(log, "handle", limit, unit)
        self.start(log, "sign", self.world.stage("sign", self.urgency), unit)
        self.chapter.orders.append(log)
        return log

    def _helpers(self) -> list[Log]:
        """Assisting orders of this round that are still at work."""
        return [order for order in self.chapter.orders if order.values["role"] == "co"
                and order.values["round"] == self.log.values["round"] and order.status in ("pending_sign", "handling")]

    # -- the unit's work ---------------------------------------------------------------------------------

    def on_sign(self, step: Step) -> None:
        actor = self.clerk()
        for order in (self._order, *self._helpers()):
            own = actor if order is self._order else self._of(order)
            order.values.update(signed_at=self.at, unsigned_late=order.stop("sign", self.at))
            order.act("sign", self.at, own, "handling")
        self.advance(actor, "handling")

    def _of(self, order: Log, role: str = "unit_clerk") -> Actor:
        return self.world.directory.actor(self.rng, role, order.values["unit_id"])

    def on_assign_handler(self, step: Step) -> None:
        handler = self.clerk("handler")
        self.handler = handler
        self._order.values["handler_id"] = handler.post_id
        self._order.act("assign_handler", self.at, self.clerk(), "", handler=handler.name)

    def on_return(self, step: Step) -> None:
        actor = self.clerk()
        self.before = self._order.status
        self._order.values["before_return"] = self.before
        self._order.act("return_order", self.at, actor, "returning", step.data["opinion"], reason=step.data["reason"])
        self._apply("return", actor, step.data["reason"], step.data["opinion"])

    def on_approve_return(self, step: Step) -> None:
        actor = self.who("reviewer")
        self._decide(actor, "approved", step.data["opinion"])
        for order in (self._order, *self._helpers()):
            verb, status = ("approve_return", "returned") if order is self._order else ("cancel", "cancelled")
            order.values.update(finished_at=self.at, overtime=False)
            for name in ("sign", "handle"):
                order.stop(name, self.at)
            order.act(verb, self.at, actor, status)
        self.log.values.update(returns=self.log.values.get("returns", 0) + 1, unit_id=None, returned_once="unit")
        self.log.stop("handle", self.at)
        self.start_stage("dispatch")
        self.advance(actor, "pending_dispatch")

    def on_refuse_return(self, step: Step) -> None:
        actor = self.who("reviewer")
        self._decide(actor, "refused", step.data["opinion"])
        self._order.act("refuse_return", self.at, actor, self.before)

    def _apply(self, kind: str, actor: Actor, reason: str, words: str, **more: Any) -> None:
        """A request for leave: the unit's leader passes it on, the centre decides."""
        log = Log({"kind": kind, "unit_id": self._order.values["unit_id"], "area_code": self.plan.grid,
                   "reason": reason, "text": words, "applied_by": actor.user_id, "applied_at": self.at,
                   "invented": True, "order": self._order, **more})
        log.act("apply", self.at, actor, "unit_review", words)
        later = self.at + dt.timedelta(minutes=5 + self.rng.randrange(20))
        if self.ahead is None or moment(self.ahead.at) > later:
            log.act("pass_on", later, self.clerk("leader"), "centre_review")
        self.chapter.applications.append(log)

    def _decide(self, actor: Actor, status: str, words: str) -> None:
        log = self.chapter.applications[-1]
        log.values.update(decided_at=self.at, decision=words)
        log.act("approve" if status == "approved" else "refuse", self.at, actor, status, words)

    def on_apply_extension(self, step: Step) -> None:
        actor = self.clerk()
        self._order.act("apply_extension", self.at, actor, "", step.data["text"], reason=step.data["reason"])
        self._apply("extension", actor, step.data["reason"], step.data["text"],
                    limit={"value": step.data["days"], "unit": "work_day"})

    def on_approve_extension(self, step: Step) -> None:
        actor = self.who("shift_leader")
        self._decide(actor, "approved", "同意延期")
        self._order.values["extensions"] = self._order.values.get("extensions", 0) + 1
        for log in (self._order, self.log):
            timer = log.running("handle")
            if timer is not None:
                timer.due_at = self.world.due(timer.due_at, self.limit)
                if log is self._order:
                    log.values["due_at"] = timer.due_at
        self._order.act("extended", self.at, actor)

    def on_refuse_extension(self, step: Step) -> None:
        self._decide(self.who("shift_leader"), "refused", "请按原时限办理")

    def on_apply_suspension(self, step: Step) -> None:
        actor = self.clerk()
        self._order.act("apply_suspension", self.at, actor, "", step.data["text"], reason=step.data["reason"])
        self._apply("suspension", actor, step.data["reason"], step.data["text"], until=moment(step.data["until"]))

    def on_approve_suspension(self, step: Step) -> None:
        actor = self.who("shift_leader")
        self._decide(actor, "approved", "同意挂起，到期自动恢复")
        self._order.values["suspension_reviewed_at"] = self.paused = self.at
        self._order.act("suspend", self.at, actor, "suspended")
        self.log.values["suspensions"] = self.log.values.get("suspensions", 0) + 1
        self.advance(actor, "suspended")

    def on_resume(self, step: Step) -> None:
        for log in (self._order, self.log):
            timer = log.running("handle")
            if timer is not None:
                left = max(dt.timedelta(hours=1), timer.due_at - self.paused)
                timer.paused_seconds += int((self.at - self.paused).total_seconds())
                timer.due_at = self.at + left
                if log is self._order:
                    log.values["due_at"] = timer.due_at
        self._order.act("resume", self.at, MACHINE, "handling")
        self.advance(MACHINE, "handling")

    def on_feedback(self, step: Step) -> None:
        handler = self.handler
        for order in self._helpers():
            self._submit(order, self._of(order), step.data["outcome"], step.data["result"])
        self._order.values.update(result=step.data["result"], outcome=step.data["outcome"], handled_by=handler.user_id)
        self._order.act("feedback", self.at, handler, "unit_review", outcome=step.data["outcome"])
        self.advance(handler, "pending_unit_review")

    def on_submit_result(self, step: Step) -> None:
        actor = self.clerk()
        late = self._submit(self._order, actor, step.data["outcome"], step.data["reply"])
        self.log.stop("handle", self.at)
        self.log.values.update(handled_at=self.at, outcome=step.data["outcome"], public_reply=step.data["reply"],
                               contacted=True, overtime=self.log.values.get("overtime", False) or late)
        self.start_stage("review")
        self.advance(actor, "pending_review")

    def _submit(self, order: Log, actor: Actor, outcome: str, reply: str) -> bool:
        late = order.stop("handle", self.at)
        order.stop("sign", self.at)
        order.values.update(
            outcome=outcome, reply=reply, result=order.values.get("result") or reply, contact_method="phone",
            contact_at=self.at, submitted_at=self.at, submitted_by=actor.user_id, finished_at=self.at,
            overtime=order.values.get("overtime", False) or late)
        order.act("submit_result", self.at, actor, "submitted", outcome=outcome)
        return late

    # -- result ------------------------------------------------------------------------------------------

    def on_review_return(self, step: Step) -> None:
        actor, words = self.who("reviewer"), step.data["defects"]
        self._order.values.update(reworks=self._order.values.get("reworks", 0) + 1, submitted_at=None,
                                  finished_at=None)
        limit = (max(1.0, self.limit[0] * 0.4), self.limit[1])
        self._order.values["due_at"] = self.start(self._order, "handle", limit, self._order.values["unit_id"])
        self._order.act("rework", self.at, actor, "handling", words)
        self.log.stop("review", self.at)
        self.start(self.log, "handle", limit, self._order.values["unit_id"])
        self.log.values.update(reworks=self.log.values.get("reworks", 0) + 1, handled_at=None, inspected="")
        self.log.act("review_return", self.at, actor, "handling", words)

    def on_review_pass(self, step: Step) -> None:
        actor = self.who("reviewer")
        for order in self.chapter.orders:
            if order.status == "submitted":
                order.act("accept", self.at, actor, "accepted")
        self.log.values["reviewed_by"] = actor.user_id
        self.log.act("review_pass", self.at, actor, self._onwards(), step.data["opinion"])

    def _onwards(self) -> str:
        """Where a good result goes: seen from the step that follows."""
        name = self.ahead.move if self.ahead is not None else ""
        if name == "submit_inspection":
            self.start_stage("inspection")
            self._task("inspection")
            return "inspecting"
        self.log.stop("review", self.at)
        if name == "callback":
            self.start_stage("callback")
            self.log.values["callback_from"] = self.at
            return "pending_callback"
        self.start_stage("archive")
        return "pending_close"

    def on_submit_inspection(self, step: Step) -> None:
        solved = "yes" if step.data["solved"] else "no"
        actor = self._task_done(solved, step.data["opinion"])
        self.log.stop("inspection", self.at)
        self.log.values["inspected"] = solved
        status = self._onwards() if solved == "yes" else "pending_review"
        self.log.act("submit_inspection", self.at, actor, status, step.data["opinion"], solved=solved)

    def on_callback(self, step: Step) -> None:
        actor, data, values = self.who("callback_agent"), step.data, self.log.values
        if not data["reached"]:
            return self._unreached(actor, data["comment"])
        values.update(contacted=data["contacted"], solved=data["solved"], attitude=data["attitude"],
                      final_satisfaction=data["satisfaction"])
        values.setdefault("first_satisfaction", data["satisfaction"])
        self.log.stop("callback", self.at)
        self.start_stage("dispatch" if data["redo"] else "archive")
        self.log.act("callback", self.at, actor, "pending_dispatch" if data["redo"] else "pending_close",
                     data["comment"], satisfaction=data["satisfaction"], solved=data["solved"])
        return None

    def _unreached(self, actor: Actor, words: str) -> None:
        """The third vain attempt sends the case on, unrated."""
        self.tried += 1
        local = self.at + dt.timedelta(hours=8)
        self.log.values.setdefault("tries", []).append(f"{local:%Y-%m-%d}{'a' if local.hour < 12 else 'p'}")
        if self.tried % 3:
            self.log.act("callback", self.at, actor, "", words)
            return
        self.log.values["final_satisfaction"] = 0
        self.log.values.setdefault("first_satisfaction", 0)
        self.log.stop("callback", self.at)
        self.start_stage("archive")
        self.log.act("callback", self.at, actor, "pending_close", words)

    def on_close(self, step: Step) -> None:
        self.log.stop("archive", self.at)
        self.log.stop("total", self.at)
        self.log.values["closed_at"] = self.at
        self.log.act("close", self.at, self.who("reviewer"), "closed")

    def on_archive(self, step: Step) -> None:
        self.log.values["archived_at"] = self.at
        self.log.act("archive", self.at, self.who("archivist"), "archived")


def tell(world: World, case: Case) -> Chapter:
    """The chapter of a case that has ended.

    Args:
        world: what all chronicles share.
        case: its plan; a hard case is not told (it is driven through the moves).
    """
    return Handling(world, case).tell()
