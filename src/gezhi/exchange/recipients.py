"""The port that says who stands behind a rule's words: followers, the assignee, the holders of a role, the citizen."""

from __future__ import annotations

from typing import Any

from gezhi.domains.cases import public as cases
from gezhi.engines.notify.tell import Recipient
from gezhi.foundation.units.models import Staff
from gezhi.foundation.units.public import Post, holders
from gezhi.kernel.events import Port


def recipients(who: str, record: Any) -> list[Recipient]:
    """People a rule names for a record; nobody where the record has no such relation.

    Args:
        who: ``followers``, ``assignee``, ``reporter``, or ``role:unit``, ``role:centre``, ``role:area``.
    """
    case = record if isinstance(record, cases.Case) else getattr(record, "case", None)
    if who == "followers":
        ids = cases.followers(case) if case is not None else []
        return [_person(s) for s in Staff.objects.filter(pk__in=ids, is_active=True)]
    if who == "reporter":
        return _citizen(case)
    if who == "assignee":
        post = next((p for p in (getattr(record, n, None) for n in ("handler", "post", "assignee"))
                     if isinstance(p, Post)), None)
        return [_person(post.staff)] if post is not None else []
    role, _colon, reach = who.partition(":")
    if reach == "area":
        area = getattr(record, "area_code", "") or (case.area_code if case is not None else "")
        posts = holders(role, area_code=area) if area else []
    else:
        name = "unit_id" if reach == "unit" else "centre_id"
        unit_id = getattr(record, name, None) or (getattr(case, name, None) if case is not None else None)
        posts = holders(role, unit_id=unit_id) if unit_id else []
    return list({p.staff_id: _person(p.staff) for p in posts}.values())


def _person(staff: Staff) -> Recipient:
    return Recipient(name=staff.name, staff_id=staff.pk, phone=staff.phone or "", email=staff.email)


def _citizen(case: Any) -> list[Recipient]:
    """The citizen who reported by phone number; who gave none, or is staff, is not sent anything."""
    if case is None or not case.reporter_phone or case.invented:
        return []
    return [Recipient(name=case.reporter_name or "", phone=case.reporter_phone)]


PORTS = (Port("recipients", recipients),)
