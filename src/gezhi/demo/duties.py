"""The ledger of the demo city: refusals before an arbiter, cases passed around, blind spots, rows that are proposed.

The city's matrix is derived and so has neither gaps nor overlaps. One row is therefore taken out of force and one is
given a rival, as a reform of departments leaves them, before the survey looks.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F
from django.db.models.functions import Left

from gezhi.demo.staff import job, model, work
from gezhi.engines.workflow.act import act
from gezhi.foundation.catalogue.public import Responsibility
from gezhi.foundation.units.models import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

if TYPE_CHECKING:
    from gezhi.demo.rooms import Rooms

MINUTE = dt.timedelta(minutes=1)
REPLAYS = 5
"""Proposed rows that are held against the past while the city is built; the others wait for whoever asks."""
SPAN = dt.timedelta(days=170)
LEAST = 3
"""Cases of an item in a county from which on the survey looks at its rows."""
FATES = 5
"""Ways in which a refusal ends, see :meth:`Duties.claim`; a city has one of each before it has a second."""
FOUND = "经核，"
"""How an arbiter's finding begins."""
CLAIMS = (("02", "该地块已划入邻区，不在本单位辖区"), ("07", "产权未移交，由建设单位管理"),
          ("08", "按“三定”规定应由行业主管部门牵头"), ("01", "该事项不在本单位权责清单内"))


BASIS = "机构改革后待明确（演示）"
"""Stands on the rows that were spoilt, so that nobody takes them for a fault of the derivation."""


def steps(rooms: Rooms) -> list[tuple[Callable[[], bool], Callable[[], None]]]:
    """What is to be done, each with what says that it stands already."""
    duty = Duties(rooms)
    return [(lambda: Responsibility.objects.filter(legal_basis=BASIS).exists(), duty.spoil),
            (lambda: model("claim").objects.filter(finding__startswith=FOUND).exists(), duty.refusals),
            (model("blind_spot").objects.exists, duty.survey)]


class Duties:
    """Fills the rooms of duty; see :func:`steps`."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms, self.rng, self.people, self.now = rooms, rooms.rng, rooms.people, rooms.now

    # -- the matrix --------------------------------------------------------------------------------------------

    def spoil(self) -> None:
        """Take one row out of force and give another a rival, both of items with cases."""
        rows = model("case").objects.filter(filed_at__gte=self.now - SPAN).exclude(item_code="").annotate(
            county=Left("area_code", 6)).values_list("item_code", "county").annotate(n=Count("pk")).filter(
            n__gte=LEAST).order_by("-n", "item_code")
        alone = []
        for item, county, _n in rows[:60]:
            scopes, areas = ("", item[:2], item[:4], item[:7]), ("", county[:2], county[:4], county)
            speaking = list(Responsibility.objects.filter(scope__in=scopes, area_code__in=areas, active=True))
            if len(speaking) == 1:
                alone.append((speaking[0], county))
        for number, (row, county) in enumerate(alone[:2]):
            if not number:
                write(SYSTEM.through("demo"), "change", row, {"active": False, "legal_basis": BASIS})
            elif (rival := self.other(county, {row.unit_id})) is not None:
                write(SYSTEM.through("demo"), "create", Responsibility, {
                    "scope": row.scope, "area_code": row.area_code, "unit": rival, "legal_basis": BASIS,
                    "valid_from": row.valid_from})

    def other(self, area: str, apart: set[int]) -> Any:
        """A department of a county, or of the city, that is none of these."""
        units = Unit.objects.filter(invented=True, active=True, kind="department", mode="inside").exclude(pk__in=apart)
        found = list(units.filter(area_code__in=(area[:6], area[:4])).order_by("id"))
        return self.rng.choice(found) if found else None

    # -- refusals ----------------------------------------------------------------------------------------------

    def refusals(self) -> None:
        """Orders are given back: one of each fate first, then those of most of a kind and county are passed around, so
        that they gather. Orders nobody has signed come before those that are worked on."""
        rows = model("work_order").objects.filter(
            status__in=("pending_sign", "handling"), handler=None, case__status=F("status"), parent=None, via="inside",
            role="lead", case__hard=False, case__mode="single", case__centre__isnull=False,
            opened_at__lt=self.now - 150 * MINUTE).exclude(item_code="").order_by("-status", "id")
        groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for order in rows.select_related("case__centre", "unit")[:400]:
            groups[order.item_code, order.area_code[:6]].append(order)
        wanted = [order for group in sorted(groups.values(), key=len, reverse=True) for order in group]
        single = wanted[-max(FATES, min(12, self.rooms.size // 3)):]
        for number, order in enumerate(sorted(single, key=lambda one: one.case.centre.parent_id is None)):
            self.claim(order, number)
        unsigned = [order for order in wanted[:-len(single)] if order.status == "pending_sign"] if single else []
        for number, order in enumerate(unsigned[:8]):
            self.pass_around(order, number)

    def give_back(self, order: Any, at: dt.datetime, proper: Any = None) -> Any:
        """The unit applies to give the order back; the claim."""
        kind, why = self.rng.choice(CLAIMS)
        with self.rooms.at(at):
            act(self.people.clerk(order.unit_id), order, "return_order", {
                "reason": kind, "opinion": why, "basis": "部门“三定”规定第三条", "proper": proper})
        return order.claims.select_related("arbiter", "application").latest("id")

    def claim(self, order: Any, number: int) -> None:
        """One refusal: handed up, found wrong, waiting, upheld with a new row, upheld."""
        right, fate = self.other(order.area_code, {order.unit_id}), number % FATES
        if fate == 2:
            self.give_back(order, self.now - 10 * MINUTE, right)
            return
        claim = self.give_back(order, self.now - 130 * MINUTE, right)
        judge = self.people.who("reviewer", claim.arbiter_id)
        with self.rooms.at(self.now - 60 * MINUTE):
            if fate in (3, 4):
                act(judge, claim, "uphold", {"opinion": f"{FOUND}应由“{right}”承办", "owner": right, "give": True,
                                             "propose": fate == 3})
            elif fate == 1 or claim.arbiter.parent_id is None:
                act(judge, claim, "dismiss", {"opinion": f"{FOUND}清单载明由该单位承办，请在期限内办结"})
            else:
                claim = act(judge, claim, "escalate", {"opinion": "两家单位分属市、区两级，报市级裁定"})
                if number:
                    act(self.people.who("reviewer", claim.arbiter_id), claim, "dismiss", {
                        "opinion": f"{FOUND}维持原派遣"})

    def pass_around(self, order: Any, number: int) -> None:
        """Two units refuse it, both rightly by their centre; it is told as passing around, and some are arbitrated."""
        case, apart = order.case, {order.unit_id}
        for turn in range(2):
            at = self.now - (140 - 50 * turn) * MINUTE
            claim = self.give_back(order, at)
            for event in Event.objects.filter(kind="claim.raised", record_id=claim.pk):
                registry.consumers["cases.bounce"].handle(event)
            with self.rooms.at(at + 20 * MINUTE):
                act(self.people.who("shift_leader", case.centre_id), claim.application, "approve", {
                    "opinion": "同意退回，重新派遣"})
            case = type(case).objects.get(pk=case.pk)
            following = self.other(order.area_code, apart)
            if turn or following is None:
                break
            apart.add(following.pk)
            with self.rooms.at(at + 30 * MINUTE):
                act(self.people.who("dispatcher", case.centre_id), case, "dispatch", {
                    "unit": following, "mode": "single", "opinion": "请核实办理"})
            order = case.orders.filter(parent=None).latest("id")
        if number % 3 == 0:
            self.settle(case, apart)

    def settle(self, case: Any, apart: set[int]) -> None:
        """The arbiter's shift leader names a unit that did not have the case."""
        bounce, owner = case.bounces.filter(status="found").first(), self.other(case.area_code, apart)
        if bounce is None or owner is None:
            return
        with self.rooms.at(self.now - 15 * MINUTE):
            act(self.people.who("shift_leader", bounce.arbiter_id), bounce, "settle", {
                "unit": owner, "opinion": "由该单位先行办理，权责另行明确"})

    # -- what comes of it --------------------------------------------------------------------------------------

    def survey(self) -> None:
        """The daily survey; one blind spot is decided, its row replayed and adopted, other rows are replayed."""
        with self.rooms.at(self.now):
            work("cases.duties")
        spot = model("blind_spot").objects.filter(status="found").order_by("-count", "id").first()
        owner = self.other(spot.area_code, set()) if spot is not None else None
        if spot is not None and owner is not None:
            with self.rooms.at(self.now):
                act(self.people.who("shift_leader", self.people.root), spot, "decide", {
                    "unit": spot.proposed_owner or owner, "opinion": "经会商明确由该单位牵头"})
        proposals = model("duty_proposal").objects.filter(status="proposed", replayed_at=None).order_by("id")
        for pk in list(proposals.values_list("pk", flat=True)[:REPLAYS]):
            with self.rooms.at(self.now):
                job("cases.replay", proposal_id=pk, days=365)
        adopted = model("duty_proposal").objects.filter(source="blind_spot", replayed_at__isnull=False).first()
        if adopted is not None:
            with self.rooms.at(self.now):
                act(self.people.who("admin", self.people.root), adopted, "adopt", {"opinion": "回放影响可控，采纳"})

