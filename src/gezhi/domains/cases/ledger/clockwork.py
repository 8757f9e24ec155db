"""What time and the worker do for the ledger: hand up late claims, look for blind spots, replay, learn of practice."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict

import structlog
from django.utils.translation import gettext as _

from gezhi.engines.jobs import Job, Periodic
from gezhi.engines.workflow.act import act
from gezhi.foundation.units.public import Unit
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import moment
from gezhi.kernel.errors import GezhiError

from .. import models as m
from . import arbitration, revision
from .proposal import REPLAY
from .survey import survey

log = structlog.get_logger(__name__)
BATCH = 500
PRACTICE_DAYS, PRACTICE_LEAST, PRACTICE_SHARE = 90, 5, 0.8
"""People who chose the same other unit so often, in such a share of the dispatches, teach the matrix."""


def hand_up(now: dt.datetime | None = None) -> int:
    """Claims whose short clock ran out go to the next centre above; those at the top only turn red. How many went."""
    at = now or moment()
    found = m.Claim.objects.filter(status="open", finished_at=None, due_at__lte=at)
    late = found.select_related("arbiter", "unit", "proper").order_by("due_at")[:BATCH]
    done = 0
    for claim in late:
        if arbitration.next_arbiter(claim) is None:
            continue
        try:
            act(SYSTEM, claim, "escalate", {"opinion": _("逾期未裁定，自动报上级")}, at=now)
            done += 1
        except GezhiError as error:
            log.warning("claim not handed up", claim=claim.pk, why=str(error))
    return done


def learn(now: dt.datetime | None = None) -> int:
    """Propose rows where people keep choosing another unit than the matrix; returns how many proposals were made."""
    at = now or moment()
    since = at - dt.timedelta(days=PRACTICE_DAYS)
    rows = m.DispatchDecision.objects.filter(decided_at__gte=since, how__in=("dispatch", "reassign"), returned=False)
    groups: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    against: dict[tuple[str, str, int], Counter[int]] = defaultdict(Counter)
    for item, area, unit, rule in rows.exclude(item_code="").values_list("item_code", "area_code", "unit_id", "rows"):
        key = (item, area[:6])
        groups[key][unit] += 1
        named = next((row["unit_id"] for row in rule if not row["lost"]), None)
        if named is not None and named != unit:
            against[(*key, unit)][named] += 1
    made = 0
    for (item, area, unit), named in against.items():
        n = sum(named.values())
        if n >= PRACTICE_LEAST and n >= PRACTICE_SHARE * sum(groups[item, area].values()):
            made += _propose(item, area, unit, n)
    return made


def _propose(item: str, area: str, unit_id: int, n: int) -> int:
    known = m.DutyProposal.objects.filter(scope=item[:7], area_code=area, unit_id=unit_id, source="practice").exists()
    unit = Unit.objects.filter(pk=unit_id, active=True).first()
    if known or unit is None:
        return 0
    act(SYSTEM, m.DutyProposal, "propose", {
        "kind": "add", "scope": item[:7], "area_code": area, "unit": unit, "source": "practice",
        "opinion": _("最近 %(days)d 天派遣员有 %(n)d 次不按清单而选择“%(unit)s”，且未被退回") % {
            "days": PRACTICE_DAYS, "n": n, "unit": unit}})
    return 1


def nightly() -> None:
    """Once a day: blind spots, lessons of practice, old finds."""
    survey()
    learn()
    revision.forget()


WORK = (Job(REPLAY, revision.run), Periodic("cases.claims", 120, hand_up), Periodic("cases.duties", 86_400, nightly))
