"""A request is a case of the case line too: entrusted to the unit that answers it, with the law's thirty days.

The case says that there is a request and how far it is, and nothing of whose data it is about: no name, telephone,
number, words or place of the person stand in it. It follows the request by the outbox, so that a request is taken in
and answered whatever becomes of its case.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.utils.translation import gettext as _

from gezhi.domains.cases import public as cases
from gezhi.foundation.units.public import Unit, city_centre, holders
from gezhi.kernel.events import Consumer

from .answering import TERM
from .request import DataRequest
from .words import SOURCE

log = structlog.get_logger(__name__)
AUDITOR = "auditor"
OUTCOMES = {"agreed": "01", "partly": "02", "refused": "03", "nothing": "03", "unproved": "07"}
"""Result of a request to the outcome of its case."""


def unit_of(request: Any) -> Unit | None:
    """Who answers: the unit of the privacy officer, else who took the request in, else the city's centre."""
    officer = next((post for post in holders(AUDITOR) if post.valid() and post.unit.active), None)
    return officer.unit if officer is not None else request.unit or city_centre()


def follow(event: Any) -> None:
    """Bring the case to where the request is; whatever was missed before is made up for."""
    request = DataRequest.objects.select_related("unit").filter(pk=event.record_id).first()
    if request is None:
        return
    case = cases.by_source(SOURCE, str(request.pk)) or _opened(request)
    if case is None:
        log.warning("data_request_without_unit", request=request.pk)
        return
    if request.finished_at is not None and case.finished_at is None:
        reply = _("已在个人信息请求中答复提出人")
        if not cases.concluded(case, reply, reply, OUTCOMES[request.result]):
            log.warning("data_request_case_elsewhere", request=request.pk, case=case.pk, status=case.status)


def _opened(request: Any) -> Any:
    unit = unit_of(request)
    if unit is None:
        return None
    kind = request.get_kind_display()
    return cases.entrust({
        "channel": "on_site" if request.taken_by_id else "web", "demand": "help", "anonymous": True, "secret": True,
        "title": _("个人信息请求：%s") % kind, "area_code": unit.area_code,
        "content": _("%s本人信息的请求，内容和办理在“个人信息请求”中，本案不载明当事人。") % kind},
        unit, TERM, _("个人信息保护法第四十五至五十条"), source=SOURCE, source_key=str(request.pk))


FOLLOW = Consumer("datarights.cases", ("data_request.take", "data_request.prove", "data_request.unproved",
                                        "data_request.answer"), follow)
