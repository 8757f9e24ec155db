"""What supervision costs and how long it leaves: points and reply limits that an administrator edits."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from ..limits import UNITS

MEASURES = [
    ("normal", _("一般督办")), ("key", _("重点督办")), ("listed", _("挂牌督办")), ("missed", _("督办逾期未回复")),
    ("yellow", _("黄牌")), ("red", _("红牌")), ("grassroots", _("综合评价权重：基层")),
    ("centre", _("综合评价权重：中心")), ("public", _("综合评价权重：市民"))]
WEIGHTS = ("grassroots", "centre", "public")
TIMES = [u for u in UNITS if u[0] not in ("metre", "share", "count")]
DEFAULTS: dict[str, tuple[float, float, str]] = {
    "normal": (0.5, 2, "work_day"), "key": (1, 1, "work_day"), "listed": (2, 5, "work_day"),
    "missed": (1, 0, "work_day"), "yellow": (1, 2, "work_day"), "red": (3, 2, "work_day"),
    "grassroots": (0.3, 0, "work_day"), "centre": (0.3, 0, "work_day"), "public": (0.4, 0, "work_day")}
"""Points (or weight), and the time to reply to an order or to appeal against a card (case_lifecycle.md 5.8, 9.3)."""


class OversightScale(Record):
    """One measure: what it costs the unit, and how long the unit has to answer or to appeal."""

    measure = models.CharField(_("措施"), max_length=12, choices=MEASURES, unique=True)
    points = models.FloatField(_("扣分或权重"), validators=[MinValueValidator(0), MaxValueValidator(100)])
    value = models.FloatField(_("回复或申诉期限"), default=0,
                              validators=[MinValueValidator(0), MaxValueValidator(1000)])
    unit_of = models.CharField(_("单位"), max_length=16, choices=TIMES, default="work_day")

    def __str__(self) -> str:
        return str(self.get_measure_display())


class OversightScales(Register):
    """What holds for orders and cards issued from now on; what was issued keeps what it was issued with."""

    model = OversightScale
    label = _("监管尺度")
    icon = "scale"
    group = "settings"
    columns = "measure points value unit_of updated_at"
    filters = "measure"
    order = "id"
    form = ("measure points value unit_of",)
    grants = kept("admin:all", verbs="create change")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A weight is a share, and an answer needs time."""
        if record.measure in WEIGHTS and record.points > 1:
            raise Invalid({"points": [_("权重应在 0 和 1 之间")]})
        if record.measure not in (*WEIGHTS, "missed") and record.value <= 0:
            raise Invalid({"value": [_("期限应大于 0")]})


def scale(measure: str) -> tuple[float, float, str]:
    """Points, and the limit as value and unit, of a measure now."""
    row = OversightScale.objects.filter(measure=measure).values_list("points", "value", "unit_of").first()
    return row or DEFAULTS[measure]


def weights() -> dict[str, float]:
    """Weights of the three parties of the composite evaluation."""
    rows = dict(OversightScale.objects.filter(measure__in=WEIGHTS).values_list("measure", "points"))
    return {name: rows.get(name, DEFAULTS[name][0]) for name in WEIGHTS}


def seed(session: Session) -> None:
    """Create the rows that are not there yet."""
    have = set(OversightScale.objects.values_list("measure", flat=True))
    for measure, (points, value, unit) in DEFAULTS.items():
        if measure not in have:
            session.create(OversightScale, {"measure": measure, "points": points, "value": value, "unit_of": unit})
