"""A referral with words for the case line becomes a case there; each leads to the other, neither tells the other's."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.domains.cases import public as cases
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid

SOURCE = "referral"
"""Source of such cases; with the referral's number it leads back, to whoever may see the referral."""


def report(_session: Session, referral: Any, _verb: str, changed: set[str]) -> None:
    """Take the words in as a report, once. The person is not named: whoever handles the case asks who referred."""
    if not referral.request or "request" not in changed:
        return
    if cases.by_source(SOURCE, str(referral.pk)) is not None:
        raise Invalid({"request": [_t("已转为案件，请在案件中补充")]})
    person = referral.person
    if not person.area_code:
        raise Invalid({"request": [_t("此人没有所属区域，无法转为案件")]})
    # as the system: the referral was permitted, and who handles the case need not learn whose visitor it was
    cases.report(SYSTEM, {
        "channel": "department", "demand": "help", "title": _t("居民求助转介"), "content": referral.request,
        "area_code": person.area_code, "secret": True}, source=SOURCE, source_key=str(referral.pk))


CASE = cases.panel_of(SOURCE, _("转办案件"), lambda referral, _actor: bool(referral.request))
