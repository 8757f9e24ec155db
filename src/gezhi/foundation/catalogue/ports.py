"""What others ask of the catalogue by name: ``item_facts``, ``responsible``, ``duty_grounds``, ``text_matters``."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from gezhi.kernel.events import Port

from .edition import in_force
from .item import Condition, Item
from .reference import matters
from .resolve import Candidate, responsible, weigh


@lru_cache(maxsize=4)
def _facts(edition_id: int, published: dt.datetime) -> dict[str, dict[str, Any]]:
    """Facts of every item of a published version, which never changes; kept per process."""
    limits: dict[int, dict[str, list[Any]]] = {}
    for item_id, code, value, unit in Condition.objects.filter(edition=edition_id).values_list(
            "item_id", "code", "limit_value", "limit_unit"):
        limits.setdefault(item_id, {})[code] = [value, unit]
    found = Item.objects.filter(edition=edition_id).select_related("category__parent", "edition")
    return {item.code: {
        "code": item.code, "name": item.name, "version": str(item.edition.no), "category": item.category.name,
        "domain": item.category.parent.name if item.category.parent else "", "kind": item.kind,
        "limit_value": item.limit_value, "limit_unit": item.limit_unit, "urgency": item.urgency,
        "verify": item.verify, "inspect": item.inspect, "self_handle": item.self_handle,
        "lead_dept": item.lead_dept, "conditions": limits.get(item.pk, {}), "closing": item.closing}
        for item in found}


def item_facts(code: str, at: dt.datetime | None = None) -> dict[str, Any]:
    """What the version in force at a moment says of an item; ``{}`` when it has no such item.

    Keys: ``code name version category domain kind limit_value limit_unit urgency verify inspect self_handle
    lead_dept conditions closing``; ``conditions`` maps a filing condition's code to ``[value, unit]``.
    """
    edition = in_force(at)
    if edition is None or edition.published_at is None:
        return {}
    return _facts(edition.pk, edition.published_at).get(code, {})


def _told(c: Candidate) -> dict[str, Any]:
    return {"unit_id": c.unit_id, "score": c.score, "reason": c.reason, "co_units": list(c.co_units),
            "rule_id": str(c.row) if c.row else "", "version": c.version, "auto": c.auto}


def duties(item_code: str, area_code: str, at: dt.datetime | None = None) -> list[dict[str, Any]]:
    """Who answers, best first: ``unit_id score reason co_units rule_id version auto`` (:func:`resolve.responsible`)."""
    return [_told(c) for c in responsible(item_code, area_code, at)]


def weighed(item_code: str, area_code: str, at: dt.datetime | None = None) -> dict[str, Any]:
    """Who answers and why nobody else: ``candidates`` as :func:`duties`, ``rows`` as :class:`resolve.Weighed`."""
    seen = weigh(item_code, area_code, at)
    return {"candidates": [_told(c) for c in seen.candidates], "rows": seen.rows}


PORTS = (Port("item_facts", item_facts), Port("responsible", duties), Port("duty_grounds", weighed),
         Port("text_matters", matters))
