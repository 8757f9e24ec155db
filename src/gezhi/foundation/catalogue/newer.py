"""New versions of a line of the matrix: the old one ends the day before, and stays for what was dispatched by it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from gezhi.foundation.units.unit import Unit
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Conflict

from .duty import Responsibility
from .resolve import Line


@dataclass(frozen=True, slots=True)
class Row:
    """What a proposed line says.

    Attributes:
        unit_id: the lead unit; ``None``: the line only ends.
    """

    scope: str
    area_code: str
    unit_id: int | None
    co_units: tuple[int, ...] = ()
    legal_basis: str = ""


def replace_row(session: Session, base: Responsibility | None, row: Row, start: dt.date, why: str
                ) -> Responsibility | None:
    """Let a line hold from a day on, in place of ``base`` (or beside what stands, without one).

    The caller has permitted it.

    Returns:
        The new line; ``None`` when ``base`` only ends.

    Raises:
        Conflict: ``base`` was replaced or ended meanwhile.
        Invalid: the line cannot be.
    """
    if base is not None:
        base = session.lock(base)
        if not base.active or base.newer.exists() or (base.valid_to is not None and base.valid_to < start):
            raise Conflict(_("该行已被新版本取代或已失效，请按现行的行重新提出"))
        ended: dict[str, Any] = {"active": False} if base.valid_from >= start else {
            "valid_to": start - dt.timedelta(days=1)}
        base = session.change(base, ended, verb="supersede", opinion=why, trusted=True)
    if row.unit_id is None:
        return None
    return session.create(Responsibility, {
        "scope": row.scope, "area_code": row.area_code, "unit": Unit.objects.get(pk=row.unit_id),
        "co_units": list(row.co_units), "legal_basis": row.legal_basis, "valid_from": start, "base": base,
        "no": base.no + 1 if base is not None else 1, "auto": base.auto if base is not None else True,
        "edition": base.edition if base is not None else None}, verb="adopt", opinion=why, trusted=True)


def line_of(row: Row, start: dt.date) -> Line | None:
    """A proposed line as the ranking needs it, so that it can be tried before it stands."""
    if row.unit_id is None:
        return None
    unit = Unit.objects.get(pk=row.unit_id)
    return Line(row.scope, row.area_code, row.unit_id, str(unit), row.co_units, start, None)
