"""What rules may ask of cases and work orders (engine ``rules``): one declaration for the live rule and its trial."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.engines.rules.declare import Fact, Subject
from gezhi.engines.rules.force import Decision, decide
from gezhi.foundation.catalogue.public import Category, in_force
from gezhi.foundation.units.models import Unit
from gezhi.kernel.door import moment
from gezhi.kernel.registry import registry

from . import codes, ports
from .limits import STAGES, stage_limit

_LABELS = dict(STAGES)
CASE_CLOCKS = {"accept": _LABELS["accept"], "dispatch": _LABELS["dispatch"], "handle": _("处置"),
               "review": _LABELS["review"], "inspection": _("核查"), "callback": _LABELS["callback"],
               "archive": _LABELS["archive"]}
ORDER_CLOCKS = {"sign": _LABELS["sign"], "handle": _("处置")}


def item_name(code: str) -> str:
    """Name of an item, a category or a domain of the catalogue in force, ``""`` when it has none of that code."""
    found = ports.item_facts(code, moment())
    if found is not None:
        return found.name
    edition = in_force()
    row = Category.objects.filter(edition=edition, code=code).values_list("name", flat=True).first()
    return row or ""


def area_name(code: str) -> str:
    """Name of an area; of one that is not known, its code."""
    return registry.port("area_names")(code) or code


def _choices(pairs: Any) -> Any:
    return lambda: dict(pairs)


def _unit(name: str) -> Any:
    return lambda record: getattr(record.unit, name) if record.unit_id is not None else ""


def _unit_kinds() -> Mapping[str, Any]:
    return dict(Unit._meta.get_field("kind").flatchoices)


def _unit_levels() -> Mapping[str, Any]:
    return dict(Unit._meta.get_field("level").flatchoices)


UNIT_JOIN = "LEFT JOIN units_unit u ON u.id = r.unit_id"
SHARED = (
    Fact("item", _("事项"), "prefix", sql="r.item_code", read=lambda r: r.item_code, named=item_name),
    Fact("area", _("区域"), "prefix", sql="r.area_code", read=lambda r: r.area_code, named=area_name),
    Fact("urgency", _("紧急程度"), options=_choices(codes.URGENCIES)),
    Fact("unit_kind", _("承办单位类型"), sql="COALESCE(u.kind, '')", read=_unit("kind"), options=_unit_kinds,
         lasting=False),
    Fact("unit_level", _("承办单位层级"), sql="COALESCE(u.level, '')", read=_unit("level"), options=_unit_levels,
         lasting=False),
)
CASE_FACTS = (
    *SHARED,
    Fact("demand", _("诉求类型"), options=_choices(codes.DEMANDS)),
    Fact("channel", _("来源渠道"), options=_choices(codes.CHANNELS)),
    Fact("mode", _("处置方式"), options=_choices(codes.MODES)),
    Fact("hard", _("疑难"), "flag", lasting=False),
    Fact("secret", _("保密"), "flag"),
    Fact("returns", _("退回次数"), "number", unit=_("次"), lasting=False),
    Fact("reworks", _("退回重办次数"), "number", unit=_("次"), lasting=False),
    Fact("redos", _("重派次数"), "number", unit=_("次"), lasting=False),
    Fact("urges", _("催办次数"), "number", unit=_("次"), lasting=False),
)
ORDER_FACTS = (
    *SHARED,
    Fact("role", _("承办角色"), options=_choices(codes.ROLES)),
    Fact("reworks", _("退回重办次数"), "number", unit=_("次"), lasting=False),
    Fact("extensions", _("延期次数"), "number", unit=_("次"), lasting=False),
)

SUBJECTS = (
    Subject("case", CASE_FACTS, lambda: CASE_CLOCKS, joins=UNIT_JOIN, area="r.area_code", unit="r.unit_id",
            title="CASE WHEN r.case_no = '' THEN r.title ELSE r.case_no || ' ' || r.title END",
            deadlines=("accept", "dispatch", "handle", "review", "callback", "archive")),
    Subject("work_order", ORDER_FACTS, lambda: ORDER_CLOCKS, area="r.area_code", unit="r.unit_id", title="r.no",
            joins=UNIT_JOIN, deadlines=("sign",)),
)


def handle_rule(case: Any, at: dt.datetime, **given: Any) -> Decision | None:
    """The rule in force that sets the disposal limit of a case, or ``None``: the catalogue's holds."""
    return decide("case", "handle", at, case, **given)


def limit_of(stage: str, at: dt.datetime, case: Any = None, **given: Any) -> tuple[float, str]:
    """Limit of a stage that starts now: a rule's that matches the case, else the stage's for its urgency.

    Args:
        case: the case, or ``None`` when it is not there yet; ``given`` are facts known before they stand on it.
    """
    found = decide("case", stage, at, case, **given)
    if found is not None:
        return found.value, found.unit
    return stage_limit(stage, given.get("urgency") or (case.urgency if case is not None else "normal"))


def sign_limit(order: Any, at: dt.datetime, **given: Any) -> tuple[float, str]:
    """Limit of signing an order that is being opened."""
    found = decide("work_order", "sign", at, order, **given)
    return (found.value, found.unit) if found is not None else stage_limit("sign", given["urgency"])
