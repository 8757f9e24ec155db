"""Services of GeoReport: the items of the catalogue in force."""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gezhi.foundation.catalogue.public import Item, items

from .form import Fault, answer, single, speaks

KEEP_SECONDS = 60.0
_kept: tuple[float, dict[str, Item]] = (0.0, {})
URGENCIES = (("normal", gettext_lazy("一般")), ("urgent2", gettext_lazy("紧急")), ("urgent1", gettext_lazy("特急")))
ATTRIBUTES = (
    ("urgency", "singlevaluelist", gettext_lazy("紧急程度"), URGENCIES),
    ("landmark", "string", gettext_lazy("附近的标志物"), ()),
)
"""What every service may be asked besides: code, data type, words, values."""


def catalogue() -> dict[str, Item]:
    """Items in force; read at most once a minute."""
    global _kept
    if _kept[0] < time.monotonic() or not _kept[1]:
        _kept = (time.monotonic() + KEEP_SECONDS, items())
    return _kept[1]


def service_name(code: str) -> str:
    """The item's name, or ``""``."""
    found = catalogue().get(code)
    return found.name if found else ""


def _row(item: Item) -> dict[str, Any]:
    above = [str(item.category.parent), str(item.category)] if item.category.parent else [str(item.category)]
    return {"service_code": item.code, "service_name": item.name, "description": f"{' · '.join(above)} · {item.name}",
            "metadata": True, "type": "realtime", "keywords": ",".join(above), "group": above[0]}


@speaks()
def services(_request: HttpRequest, ext: str) -> HttpResponse:
    """``GET services``: what can be reported."""
    return answer(ext, "services", "service", [_row(i) for i in catalogue().values()])


@speaks()
def definition(_request: HttpRequest, ext: str, code: str) -> HttpResponse:
    """``GET services/<code>``: what a report of this service may also say."""
    if code not in catalogue():
        raise Fault(404, _("没有这个 service_code：%s") % code[:40])
    attributes = [{
        "variable": True, "code": name, "datatype": kind, "required": False, "datatype_description": "", "order": n,
        "description": str(words), "values": [{"key": k, "name": str(v)} for k, v in values]}
        for n, (name, kind, words, values) in enumerate(ATTRIBUTES, 1)]
    row = {"service_code": code, "attributes": attributes}
    return single(ext, "service_definition", row)


@speaks()
def discovery(request: HttpRequest, ext: str) -> HttpResponse:
    """``GET discovery``: where the endpoints are."""
    base = request.build_absolute_uri("/open311/v2")
    row = {"changeset": "2026-11-21T00:00:00+08:00", "contact": _("本平台的系统管理员"),
           "key_service": _("应用密钥由系统管理员发放"),
           "endpoints": [{"specification": "http://wiki.open311.org/GeoReport_v2", "url": base, "type": "production",
                          "changeset": timezone.localtime().strftime("%Y-%m-%dT00:00:00+08:00"),
                          "formats": ["text/xml", "application/json"]}]}
    return single(ext, "discovery", row)
