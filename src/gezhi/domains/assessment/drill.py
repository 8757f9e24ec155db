"""From a figure to its records: what stands behind a numerator or a denominator, in the language of lists."""

from __future__ import annotations

from typing import Any

from django.db.models import DecimalField, F, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

from .indicators import BY_NAME, Indicator
from .publication import AssessFact, ScoreLine

PARTS = {"n": Q(num__gt=0), "d": Q(den__gt=0), "m": Q(den__gt=F("num"))}
"""Rows that count for the numerator, for the denominator, or for more in the latter."""


def assessed(register: str, raw: str) -> Any:
    """Ids of the records of a register behind ``line-indicator-part``, as a query to be named in another.

    Raises:
        Invalid: there is no such figure.
    """
    number, _dash, rest = raw.partition("-")
    name, _dash, part = rest.partition("-")
    indicator = BY_NAME.get(name)
    line = ScoreLine.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 18 else None
    if indicator is None or indicator.of != register or part not in PARTS or line is None:
        raise Invalid({"assessed": [_("没有这项考核数值")]})
    return rows_of(line, indicator, part).values("record_id")


def rows_of(line: ScoreLine, indicator: Indicator, part: str) -> Any:
    """Facts behind a part of a figure of a line."""
    rows = AssessFact.objects.filter(publication_id=line.publication_id, register=indicator.of,
                                     adds__has_key=indicator.name)
    if line.kind == "post":
        rows = rows.filter(post_id=line.post_id)
    else:
        rows = rows.filter(post_id=None)
        rows = rows.filter(_of_unit(line)) if line.kind == "unit" else rows.filter(
            area_code__startswith=line.area_code)
    pair = KeyTransform(indicator.name, "adds")
    amount = DecimalField(max_digits=14, decimal_places=4)
    rows = rows.annotate(num=Cast(KeyTextTransform(0, pair), amount), den=Cast(KeyTextTransform(1, pair), amount))
    return rows.filter(PARTS["n" if indicator.sum else part])


def _of_unit(line: ScoreLine) -> Q:
    """The unit's own facts and those that units below it handed up when the month was counted."""
    below = [int(pk) for pk, above in line.publication.tree.items() if line.unit_id in above]
    return Q(unit_id=line.unit_id) | Q(unit_id__in=below, up=True) if below else Q(unit_id=line.unit_id)


def count(line: ScoreLine, indicator: Indicator, part: str) -> int:
    """How many rows stand behind a part."""
    return rows_of(line, indicator, part).values("record_id").distinct().count()
