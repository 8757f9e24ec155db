"""Reports come in: one way to prepare a report for every channel (T1, T2)."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.workflow import clocks
from gezhi.foundation.units.public import Unit, centre_of
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid

from .. import ports
from ..codes import PUBLIC_CHANNELS
from ..facts import limit_of
from ..limits import DEMAND_LIMITS, stage_limit
from ..tools import brief, case_number

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without signs that look alike."""
_CODES = len(ALPHABET) ** 8
_CENTRE_SECONDS = 30.0
_centres: dict[str, tuple[float, int | None]] = {}


def query_code() -> str:
    """Eight random signs by which a citizen asks after the case; says nothing of how many there are."""
    rest, signs = secrets.randbelow(_CODES), []
    for _i in range(8):
        rest, at = divmod(rest, len(ALPHABET))
        signs.append(ALPHABET[at])
    return "".join(signs)


def centre_id(area_code: str) -> int | None:
    """Id of the centre nearest above an area; looked up at most every 30 seconds an area in a process."""
    kept = _centres.get(area_code)
    if kept is None or time.monotonic() - kept[0] > _CENTRE_SECONDS:
        if len(_centres) > 20_000:
            _centres.clear()
        found = centre_of(area_code)
        kept = _centres[area_code] = (time.monotonic(), found.pk if found else None)
    return kept[1]


def pool_of(actor: Actor, area_code: str) -> int | None:
    """The centre into whose pool a report goes: that of the person at its desk, else the nearest above the area."""
    if actor.unit_id and actor.role in ("acceptor", "dispatcher", "shift_leader") and Unit.objects.filter(
            pk=actor.unit_id, kind="centre").exists():
        return actor.unit_id
    return centre_id(area_code)


def prepare(actor: Actor, raw: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Fields of a new case from what was reported.

    Args:
        raw: checked Python values; unknown names are for the caller to refuse.

    Raises:
        Invalid: what is missing, by field.
    """
    values = {k: v for k, v in raw.items() if v not in (None, "")}
    errors: dict[str, list[Any]] = {}
    if not str(values.get("content") or "").strip():
        errors["content"] = [_("请填写诉求内容")]
    place = values.get("place")
    if place is not None:
        values["area_code"] = ports.grid_at(place.x, place.y) or values.get("area_code", "")
    if not (place is not None or values.get("address") or values.get("area_code")):
        errors["address"] = [_("请填写事发地址，或在地图上选点")]
    public = values.get("channel") in PUBLIC_CHANNELS
    if public and not values.get("reporter_phone") and not values.get("anonymous") and actor.user_id is None:
        errors["reporter_phone"] = [_("请留下联系电话，或选择匿名")]
    if actor.role == "grid_member" and not values.get("photos"):
        errors["photos"] = [_("网格员上报至少需要一张照片")]
    if errors:
        raise Invalid(errors)
    values.setdefault("title", str(values["content"]).strip().splitlines()[0][:40])
    values.setdefault("reported_at", now)
    values.setdefault("area_code", "")
    if not values["area_code"] and actor.area:
        values["area_code"] = actor.area
    values.update(query_code=query_code(), centre_id=pool_of(actor, values["area_code"]))
    if actor.user_id is not None and "reported_by_id" not in values:
        values["reported_by_id"] = actor.user_id
    values["callback_wanted"] = public and not values.get("anonymous") and bool(
        values.get("reporter_phone") or actor.kind == "public")
    if values.get("item_code"):
        values.update(item_values(values["item_code"], now, values))
    return values


def item_values(code: str, now: dt.datetime, given: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """The snapshot a case keeps of its item.

    Raises:
        Invalid: with ``strict``, the catalogue in force has no such item.
    """
    found = ports.item_facts(code, now)
    if found is None:
        if strict:
            raise Invalid({"item_code": [_("事项清单中没有“%s”") % code]})
        return {"item_code": "", "item_name": "", "catalogue_version": ""}
    out: dict[str, Any] = {"item_code": code, "item_name": found.name[:80], "catalogue_version": found.version,
                           "verify_wanted": found.verify, "inspect_wanted": found.inspect}
    if found.urgency and given.get("urgency", "normal") == "normal":
        out["urgency"] = found.urgency
    if found.labels:
        out["labels"] = list(dict.fromkeys([*(given.get("labels") or ()), *found.labels]))
    return out


def handle_limit(case: Any, now: dt.datetime, condition: str = "") -> tuple[float, str]:
    """Disposal limit of a case: its filing condition's or item's, else by type of demand, else the stage's."""
    found = ports.item_facts(case.item_code, now)
    if found is not None and condition in found.conditions:
        return found.conditions[condition]
    if found is not None and found.limit is not None:
        return found.limit
    if case.demand != "other":
        return (DEMAND_LIMITS[case.demand], "work_day")
    return stage_limit("handle", case.urgency)


def accept_limit(values: Mapping[str, Any], at: dt.datetime) -> tuple[float, str, int | None]:
    """Limit of acceptance of a report."""
    known = {name: values.get(name) for name in ("demand", "channel", "urgency")}
    limit = limit_of("accept", at, item=values.get("item_code"), area=values.get("area_code"),
                     **{name: value for name, value in known.items() if value})
    return (*limit, values.get("centre_id"))


def report(ctx: Any) -> None:
    """T1 and drafts: prepare, start the accept clock, and cry out when it is of the first urgency."""
    ctx.values = prepare(ctx.actor, ctx.values, ctx.now)
    draft = ctx.move.name == "save_draft"
    if not draft:
        ctx.limits["accept"] = accept_limit(ctx.values, ctx.now)
    ctx.payload.update(title=ctx.values["title"], channel=ctx.values["channel"])
    ctx.then.append(lambda case: cry(ctx, case) if not draft else None)


def cry(ctx: Any, case: Any) -> None:
    """Tell the wall of a case of the first urgency."""
    if case.urgency == "urgent1":
        ctx.session.emit("case.urgent", case, brief(case))


def submit_draft(ctx: Any) -> None:
    """Draft → reported."""
    ctx.limits["accept"] = (*limit_of("accept", ctx.now, ctx.record), ctx.record.centre_id)
    ctx.values["reported_at"] = ctx.now
    ctx.then.append(lambda case: cry(ctx, case))


def self_handle(ctx: Any) -> None:
    """T2: a grid worker found it and put it right: before and after photo, item on the self-handle list."""
    after = ctx.inputs["after"]
    result = ctx.inputs.get("result") or _("已自行处置")
    values = dict(ctx.values)
    found = ports.item_facts(values.get("item_code", ""), ctx.now)
    if found is None or not found.self_handle:
        raise Invalid({"item_code": [_("该事项不在自行处置范围内，请按普通案件上报")]})
    ctx.values = prepare(ctx.actor, values, ctx.now)
    ctx.values.update(
        self_handled=True, excluded=True, filed_at=ctx.now, handled_at=ctx.now, outcome="01", public_reply=result,
        photos=[*values.get("photos", []), *after], callback_wanted=False,
        case_no=case_number(ctx.values["area_code"], ctx.now), unit_id=ctx.actor.unit_id)
    ctx.limits["archive"] = (*stage_limit("archive"), ctx.values["centre_id"])
    ctx.payload.update(title=ctx.values["title"], channel=ctx.values["channel"])


def supplement(ctx: Any) -> None:
    """More words or pictures from the reporter; kept in history and beside the first ones."""
    if ctx.inputs.get("photos"):
        ctx.values["photos"] = [*ctx.record.photos, *ctx.inputs["photos"]]


def plan_accept(session: Any, values: dict[str, Any]) -> None:
    """Due and warning time of acceptance on the row itself, for the fast insert that writes no clock."""
    value, unit, unit_id = accept_limit(values, session.now)
    values["due_at"], values["warn_at"] = clocks.ends(session.now, value, unit, unit_id=unit_id)
