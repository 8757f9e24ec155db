"""Drive the open cases through the very moves that people make, each at its own time and by its own person.

What the demo city's staff find on their desks was put there by the case line itself: with its permissions, its
clocks, its tasks and its checks. Only the moment of each act is given, which the system alone may do.
"""

from __future__ import annotations

from random import Random
from typing import Any

from django.contrib.gis.geos import Point

from gezhi.demo.chronicle import DEMANDS, SOURCE, World
from gezhi.demo.directory import MACHINE
from gezhi.demo.life import Step
from gezhi.demo.pictures import picture
from gezhi.demo.plan import Case
from gezhi.demo.profiles import PUBLIC_CHANNELS
from gezhi.engines.workflow.act import act
from gezhi.foundation.units.models import Post, Unit
from gezhi.foundation.units.public import actor_of, public_actor
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.registry import registry


class Desk:
    """Actors with their grants, by post; loaded when first asked for."""

    def __init__(self) -> None:
        self._known: dict[int, Actor] = {}
        self.public = public_actor("demo")

    def full(self, actor: Actor) -> Actor:
        """The same person with the grants of the post (and the second factor given)."""
        if actor.post_id is None:
            return actor
        found = self._known.get(actor.post_id)
        if found is None:
            post = Post.objects.select_related("staff", "unit", "role").get(pk=actor.post_id)
            found = self._known[actor.post_id] = actor_of(post, via="demo", strong=True)
        return found


class Driver:
    """Drives one case; see ``drive``. Each ``do_<move>`` makes one step of the course."""

    def __init__(self, world: World, desk: Desk, plan: Case, known: dict[int, int], session: Session) -> None:
        self.world, self.desk, self.plan, self.known, self.session = world, desk, plan, known, session
        self.rng = Random(world.seed * 6_007 + plan.no)
        self.case: Any = None
        self.ahead: Step | None = None
        self.centre = world.directory.centre(plan.area)

    # -- tools -------------------------------------------------------------------------------------------

    def who(self, role: str, unit_id: int | None = None) -> Actor:
        """A person of a role, in the centre unless a unit is named."""
        return self.desk.full(self.world.directory.actor(self.rng, role, unit_id or self.centre))

    def move(self, actor: Actor, name: str, **inputs: Any) -> None:
        """Make a move on the case."""
        self.case = act(actor, self.case, name, inputs)

    def order(self) -> Any:
        """The leading order of the present round."""
        return self.case.orders.filter(parent=None).order_by("-id").first()

    def on_order(self, actor: Actor, name: str, **inputs: Any) -> None:
        """Make a move on the order; the case follows by itself."""
        act(actor, self.order(), name, inputs)
        self.case = type(self.case).objects.get(pk=self.case.pk)

    def clerk(self, role: str = "unit_clerk") -> Actor:
        """A person of the unit that has the order."""
        return self.who(role, self.order().unit_id)

    def photo(self, actor: Actor, role: str) -> list[int]:
        """A fresh picture of the place, sent by the actor."""
        return [picture(actor, self.plan.place or self.plan.title, role, self.rng)]

    def unit(self, other: bool = False) -> tuple[Unit, Any]:
        """The unit that answers for the case, and why; the next one after a return."""
        found = self.world.duties(self.plan.item, self.plan.area)
        best = found[min(1, len(found) - 1)] if other else found[0]
        return Unit.objects.get(pk=best.unit_id), best

    # -- intake ------------------------------------------------------------------------------------------

    def do_report(self, step: Step) -> None:
        plan = self.plan
        public = plan.channel in PUBLIC_CHANNELS
        actor = self.desk.public if public else MACHINE
        values: dict[str, Any] = {
            "channel": plan.channel, "title": plan.title[:120], "content": plan.text, "address": plan.place,
            "place": Point(plan.lon, plan.lat, srid=4326), "area_code": plan.grid, "demand": DEMANDS[plan.demand],
            "source": SOURCE, "source_key": f"{self.world.seed}-{plan.no}"}
        if public:
            values |= {"reporter_name": plan.reporter, "reporter_phone": plan.phone, "anonymous": not plan.reporter}
        elif plan.channel == "grid_app":
            actor = self.desk.full(self.world.directory.member(self.rng, plan.area))
            values["photos"] = self.photo(actor, "before")
        self.case = act(actor, registry.register("case").model, "report", values)
        self._mark()

    def do_self_handle(self, step: Step) -> None:
        plan = self.plan
        actor = self.desk.full(self.world.directory.member(self.rng, plan.area))
        self.case = act(actor, registry.register("case").model, "self_handle", {
            "channel": plan.channel, "title": plan.title[:120], "content": plan.text, "address": plan.place,
            "place": Point(plan.lon, plan.lat, srid=4326), "area_code": plan.grid, "item_code": plan.item,
            "demand": DEMANDS[plan.demand], "photos": self.photo(actor, "before"),
            "after": self.photo(actor, "after"), "result": step.data["reply"], "source": SOURCE,
            "source_key": f"{self.world.seed}-{plan.no}"})
        self._mark()

    def _mark(self) -> None:
        self.case = self.session.change(self.case, {"invented": True}, verb="mark", trusted=True, emit=False)
        self.known[self.plan.no] = self.case.pk
        self.centre = self.case.centre_id or self.centre

    def do_auto_classify(self, step: Step) -> None:
        self.move(MACHINE, "auto_classify", item_code=self.plan.item, confidence=step.data["confidence"])

    def do_complete(self, step: Step) -> None:
        self.move(self.who("acceptor"), "complete", item_code=self.plan.item)

    def do_request_verification(self, step: Step) -> None:
        self.move(self.who("acceptor"), "request_verification")

    def _submit_task(self, result: str, words: str) -> None:
        task = self.case.tasks.filter(status="pending").order_by("-id").first()
        post = Post.objects.select_related("staff", "unit", "role").get(pk=task.post_id)
        actor = actor_of(post, via="demo", strong=True)
        act(actor, task, "submit", {"result": result, "opinion": words, "position": self.case.place,
                                    "photos": self.photo(actor, "verify")})
        self.case = type(self.case).objects.get(pk=self.case.pk)

    def do_submit_verification(self, step: Step) -> None:
        self._submit_task(step.data["result"], step.data["opinion"])

    def do_submit_inspection(self, step: Step) -> None:
        self._submit_task("yes" if step.data["solved"] else "no", step.data["opinion"])

    def do_file(self, step: Step) -> None:
        actor = MACHINE if step.role == "system" else self.who("acceptor")
        own = self.world.facts[self.plan.item]["conditions"].get(self.plan.condition)
        limit = {"limit": {"value": own[0], "unit": own[1]}} if own else {}
        self.move(actor, "file", condition=self.plan.condition, no_duplicate=True, **limit)

    def do_reject(self, step: Step) -> None:
        self.move(self.who("acceptor"), "reject", reason=step.data["reason"], reply=step.data["reply"])

    def do_direct_reply(self, step: Step) -> None:
        self.move(self.who("acceptor"), "direct_reply", reply=step.data["reply"])

    def do_void_duplicate(self, step: Step) -> None:
        self.move(self.who("acceptor"), "void_duplicate", reason="01", master=self.known[step.data["master"]],
                  similarity=0.9, confirmed=True)

    do_merge = do_void_duplicate

    def do_withdraw(self, step: Step) -> None:
        self.move(self.who("acceptor"), "withdraw", opinion=step.data["reason"])

    def do_urge(self, step: Step) -> None:
        self.move(self.who("acceptor"), "urge", opinion=step.data["text"])

    # -- dispatch ----------------------------------------------------------------------------------------

    def do_auto_dispatch(self, step: Step) -> None:
        unit, best = self.unit()
        self.move(MACHINE, "auto_dispatch", unit=unit, rule_version=self.case.catalogue_version, opinion=best.reason)

    def do_dispatch(self, step: Step) -> None:
        unit, best = self.unit(step.data["other"])
        helpers = [pk for pk in best.co_units if pk != unit.pk][:1] if step.data["mode"] == "lead_co" else []
        plan = {"mode": "lead_co", "others": helpers} if helpers else {"mode": "single"}
        self.move(self.who("dispatcher"), "dispatch", unit=unit, opinion=step.data["remark"], **plan)

    def do_request_coordination(self, step: Step) -> None:
        self.move(self.who("dispatcher"), "request_coordination", opinion=step.data["reason"])

    def do_coordinate(self, step: Step) -> None:
        self.move(self.who("shift_leader"), "coordinate", decision="dispatch", mode="single", unit=self.unit()[0],
                  opinion=step.data["decision"])

    def do_redo(self, step: Step) -> None:
        self.move(self.who("dispatcher"), "redo", reason=step.data["reason"], mode="single", unit=self.unit()[0])
