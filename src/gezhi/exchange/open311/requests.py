"""Service requests of GeoReport: cases. ``service_request_id`` is the query code, which says nothing of how many."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from gezhi.domains.cases import public as cases
from gezhi.domains.cases.public import Case, CaseFlow
from gezhi.kernel.actors import Actor

from .form import Fault, answer, caller, faulty, speaks
from .services import catalogue, service_name

MOST = 1000
SPAN = dt.timedelta(days=90)
"""At most so many requests of so many days are answered, as the specification allows."""
CLOSED = tuple(code for code, state in CaseFlow.states().items() if state.final)


def _row(case: Case, actor: Actor) -> dict[str, Any]:
    """A case as GeoReport has it. Only the program that sent it gets the citizen's words; others the title."""
    own = actor.kind == "app" and case.source == actor.name[:40]
    place = case.place
    return {
        "service_request_id": case.query_code, "status": "closed" if case.status in CLOSED else "open",
        "status_notes": case.public_reply if case.status in CLOSED else str(case.get_status_display()),
        "service_name": service_name(case.item_code) or case.item_name, "service_code": case.item_code,
        "description": case.content if own else case.title, "agency_responsible": str(case.unit) if case.unit else "",
        "service_notice": "", "requested_datetime": _w3c(case.reported_at), "updated_datetime": _w3c(case.updated_at),
        "expected_datetime": _w3c(case.due_at), "address": case.address if own or case.public_visible else "",
        "address_id": case.area_code, "zipcode": "", "lat": round(place.y, 6) if place else None,
        "long": round(place.x, 6) if place else None, "media_url": ""}


def _w3c(at: dt.datetime | None) -> str | None:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else None


def listing(request: HttpRequest, ext: str) -> HttpResponse:
    """``GET requests``: those published, and those the key's own program sent."""
    get = request.GET
    actor = caller(get, needed=False)
    sight = Q(public_visible=True)
    if actor.kind == "app":
        sight |= Q(source=actor.name[:40])
    ids = [i.strip().upper() for i in get.get("service_request_id", "").split(",") if i.strip()]
    if ids:
        q = Q(query_code__in=ids[:MOST])
    else:
        end = _moment(get.get("end_date", ""), "end_date") or timezone.now()
        start = _moment(get.get("start_date", ""), "start_date") or end - SPAN
        if end - start > SPAN:
            start = end - SPAN
        q = Q(reported_at__gte=start, reported_at__lte=end)
    if get.get("service_code"):
        q &= Q(item_code__in=get["service_code"].split(",")[:100])
    wanted = {s.strip() for s in get.get("status", "").split(",") if s.strip()}
    if wanted - {"open", "closed"}:
        raise Fault(400, _("status 只能是 open 或 closed"))
    if len(wanted) == 1:
        q &= Q(status__in=CLOSED) if "closed" in wanted else ~Q(status__in=CLOSED)
    rows = Case.objects.filter(sight, q).select_related("unit").order_by("-reported_at")[:MOST]
    return answer(ext, "service_requests", "request", [_row(c, actor) for c in rows])


def _moment(text: str, name: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text.replace(" ", "+"))
        day = parse_date(text) if found is None else None
    except ValueError:
        found = day = None
    if found is None and day is not None:
        found = dt.datetime.combine(day, dt.time())
    if found is None:
        raise Fault(400, _("%s 应为 W3C 格式的时间，如 2026-11-21T08:00:00+08:00") % name)
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def create(request: HttpRequest, ext: str) -> HttpResponse:
    """``POST requests``: a report. ``Idempotency-Key`` may be given, which the specification does not know."""
    post = request.POST
    actor = caller(post, needed=True)
    code = post.get("service_code", "")
    missing = [n for n in ("service_code", "description") if not post.get(n, "").strip()]
    located = (post.get("lat") and post.get("long")) or post.get("address_string") or post.get("address_id")
    words = [_("缺少 %s") % n for n in missing]
    if not located:
        words.append(_("缺少位置：lat 和 long、address_string 或 address_id"))
    if code and code not in catalogue():
        words.append(_("没有这个 service_code：%s") % code[:40])
    if words:
        return faulty(ext, 400, words)
    key = request.headers.get("Idempotency-Key", "").strip()[:80] or uuid.uuid4().hex
    case, _made = cases.report(actor, _values(post), source=actor.name[:40], source_key=key)
    return answer(ext, "service_requests", "request", [{
        "service_request_id": case.query_code, "service_notice": _("请保存编号，可随时查询办理进度"),
        "account_id": post.get("account_id", "")}])


def _values(post: Any) -> dict[str, Any]:
    """Inputs of a report from GeoReport's arguments."""
    name = " ".join(x for x in (post.get("last_name", ""), post.get("first_name", "")) if x)
    more = [post[k] for k in ("attribute[landmark]",) if post.get(k)]
    text = post["description"].strip()
    if post.get("media_url"):
        text += f"\n{_('附件地址')}：{post['media_url']}"
    out: dict[str, Any] = {
        "channel": "web", "content": text[:8000], "item_code": post["service_code"],
        "address": " ".join([post.get("address_string", ""), *more]).strip()[:200], "reporter_name": name[:80],
        "reporter_phone": post.get("phone", ""), "anonymous": not post.get("phone")}
    if post.get("lat") and post.get("long"):
        out["place"] = {"lon": post["long"], "lat": post["lat"]}
    if post.get("address_id"):
        out["area_code"] = post["address_id"]
    if post.get("attribute[urgency]"):
        out["urgency"] = post["attribute[urgency]"]
    return {k: v for k, v in out.items() if v not in ("", None)}


requests = speaks("GET", post=create)(listing)


@speaks()
def one(request: HttpRequest, ext: str, code: str) -> HttpResponse:
    """``GET requests/<id>``: who knows the id may ask."""
    actor = caller(request.GET, needed=False)
    return answer(ext, "service_requests", "request", [_row(cases.by_code(code[:8]), actor)])


@speaks()
def token(_request: HttpRequest, ext: str, code: str) -> HttpResponse:
    """``GET tokens/<token>``: ids are given at once here, so a token is its id."""
    case = cases.by_code(code[:8])
    return answer(ext, "service_requests", "request", [{"service_request_id": case.query_code, "token": code}])
