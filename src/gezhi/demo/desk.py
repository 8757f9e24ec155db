"""The second half of driving a case: the unit's work, leave, result, callback, the hard case, closing."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from gezhi.demo.chronicle import World, moment
from gezhi.demo.directory import MACHINE
from gezhi.demo.life import Step
from gezhi.demo.live import Desk, Driver
from gezhi.demo.plan import Case
from gezhi.engines.workflow.act import act
from gezhi.foundation.units.models import Post
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError


class Worker(Driver):
    """Drives a case that units work on."""

    def do_sign(self, step: Step) -> None:
        for order in self.case.orders.filter(status="pending_sign").order_by("id"):
            act(self.who("unit_clerk", order.unit_id), order, "sign")
        self.case = type(self.case).objects.get(pk=self.case.pk)

    def do_assign_handler(self, step: Step) -> None:
        handler = self.clerk("handler")
        self.handler = handler
        self.on_order(self.clerk(), "assign_handler", handler=Post.objects.get(pk=handler.post_id or 0))

    def do_return(self, step: Step) -> None:
        self.on_order(self.clerk(), "return_order", reason=step.data["reason"], opinion=step.data["opinion"])

    def _decide(self, kind: str, move: str, words: str) -> None:
        """The unit's leader passes a request on, the centre decides."""
        application = self.case.applications.filter(kind=kind, decided_at=None).order_by("-id").first()
        while application.status in ("unit_review", "parent_review"):
            leader = self.who("leader", application.unit_id)
            application = act(leader, application, "pass_on", {"opinion": words})
        act(self.who("shift_leader"), application, move, {"opinion": words})
        self.case = type(self.case).objects.get(pk=self.case.pk)

    def do_approve_return(self, step: Step) -> None:
        self._decide("return", "approve", step.data["opinion"])

    def do_refuse_return(self, step: Step) -> None:
        self._decide("return", "refuse", step.data["opinion"])

    def do_apply_extension(self, step: Step) -> None:
        due = self.order().due_at  # the guard against asking too late looks at today's clock, not at that day's
        actor = self.clerk() if due is None or due > timezone.now() else MACHINE
        self.on_order(actor, "apply_extension", reason=step.data["reason"], opinion=step.data["text"],
                      limit={"value": step.data["days"], "unit": "work_day"})

    def do_approve_extension(self, step: Step) -> None:
        self._decide("extension", "approve", "同意延期")

    def do_refuse_extension(self, step: Step) -> None:
        self._decide("extension", "refuse", "请按原时限办理")

    def do_apply_suspension(self, step: Step) -> None:
        self.on_order(self.clerk(), "apply_suspension", reason=step.data["reason"], opinion=step.data["text"],
                      until=moment(step.data["until"]))

    def do_approve_suspension(self, step: Step) -> None:
        self._decide("suspension", "approve", "同意挂起，到期自动恢复")

    def do_resume(self, step: Step) -> None:
        self.on_order(MACHINE, "resume")

    def do_feedback(self, step: Step) -> None:
        for order in self.case.orders.filter(role="co", status="handling"):
            self._submit(self.who("unit_clerk", order.unit_id), order, step.data["outcome"], step.data["result"])
        self.on_order(getattr(self, "handler", None) or self.clerk(), "feedback", result=step.data["result"],
                      outcome=step.data["outcome"])

    def _submit(self, actor: Actor, order: Any, outcome: str, reply: str) -> None:
        act(actor, order, "submit_result", {"outcome": outcome, "reply": reply, "contact_method": "phone"})
        self.case = type(self.case).objects.get(pk=self.case.pk)

    def do_submit_result(self, step: Step) -> None:
        self._submit(self.clerk(), self.order(), step.data["outcome"], step.data["reply"])

    def do_review_return(self, step: Step) -> None:
        self.move(self.who("reviewer"), "review_return", opinion=step.data["defects"])

    def do_review_pass(self, step: Step) -> None:
        inspect = "" if self.ahead is None else "yes" if self.ahead.move == "submit_inspection" else "no"
        self.move(self.who("reviewer"), "review_pass", opinion=step.data["opinion"], inspect=inspect)

    def do_callback(self, step: Step) -> None:
        data, actor = step.data, self.who("callback_agent")
        if not data["reached"]:
            self.move(actor, "callback", reached=False, opinion=data["comment"])
            return
        self.move(actor, "callback", reached=True, contacted="yes" if data["contacted"] else "no",
                  solved=data["solved"], satisfaction=data["satisfaction"], attitude=data["attitude"],
                  again=data["redo"], opinion=data["comment"])

    def do_mark_hard(self, step: Step) -> None:
        self.move(self.who("dispatcher"), "mark_hard", opinion=step.data["reason"])
        self._hard("confirm", self.who("shift_leader"), opinion=step.data["reason"])

    def _hard(self, move: str, actor: Actor, **inputs: Any) -> None:
        hard = self.case.hard_cases.order_by("-id").first()
        act(actor, hard, move, inputs)
        self.case = type(self.case).objects.get(pk=self.case.pk)

    def do_instruct(self, step: Step) -> None:
        self._hard("instruct", self.who("leader"), opinion=step.data["text"])

    def do_joint_meeting(self, step: Step) -> None:
        """Met over, given to a unit, signed at once: the meeting was where it was settled."""
        unit, leader = self.unit()[0], self.who("shift_leader")
        self._hard("joint_meeting", leader, held_at=moment(step.at), participants=[unit, self.case.centre],
                   minutes=step.data["minutes"], opinion=step.data["minutes"])
        self._hard("resolve", leader, mode="single", unit=unit, limit={"value": 10, "unit": "work_day"},
                   opinion=step.data["minutes"])
        self.do_sign(step)
        self.do_assign_handler(step)

    def do_close(self, step: Step) -> None:
        self.move(self.who("reviewer"), "close")

    def do_archive(self, step: Step) -> None:
        self.move(self.who("archivist"), "archive")


def drive(world: World, desk: Desk, plan: Case, known: dict[int, int]) -> str:
    """Drive a case to where its course has come by now; one transaction.

    Args:
        world, desk: what all cases share.
        plan: the case.
        known: ids of cases by position in the plan; this one is added.

    Returns:
        ``""``, or why the course stopped early (the case then stands where it had come to).
    """
    with door(MACHINE, at=moment(plan.at)) as session:
        worker = Worker(world, desk, plan, known, session)
        for step, ahead in zip(plan.steps, (*plan.steps[1:], None), strict=True):
            worker.ahead = ahead
            kept = len(session.histories), len(session.events), len(session.after)
            try:
                with door(MACHINE, at=moment(step.at)):
                    getattr(worker, f"do_{step.move}")(step)
            except GezhiError as error:
                del session.histories[kept[0]:], session.events[kept[1]:], session.after[kept[2]:]
                if worker.case is None:
                    raise
                return f"{step.move}: {error}"
    return ""
