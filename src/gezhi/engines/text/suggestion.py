"""What a model said of a record and what a person then chose: shown at the desk, and the next training's lessons."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.door import Session
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .text_model import PURPOSES
from .use import Said

READ = [*PURPOSES, ("place", _("事发地点"))]
"""What is suggested: classes by models, places by the address register."""
MODES = [("automatic", _("自动采用")), ("suggest", _("提示")), ("ask", _("人工判断"))]


class TextSuggestion(Record):
    """One guess for one record and purpose; ``chosen`` is empty until somebody decided."""

    of = models.CharField(_("登记簿"), max_length=40)
    record_id = models.BigIntegerField(_("记录编号"))
    purpose = models.CharField(_("用途"), max_length=12, choices=READ)
    model_code = models.CharField(_("模型版本"), max_length=40)
    label = models.CharField(_("建议"), max_length=80)
    confidence = models.FloatField(_("把握"))
    others = models.JSONField(_("其他可能"), default=list, blank=True)
    mode = models.CharField(_("方式"), max_length=10, choices=MODES)
    area_code = AreaCodeField(_("区域"))
    chosen = models.CharField(_("最终选择"), max_length=80, default="", blank=True)
    agreed = models.BooleanField(_("与建议一致"), null=True, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decided_by = models.CharField(_("决定人"), max_length=80, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "record_id", "purpose"], name="text_suggestion_once")]
        indexes = [models.Index(fields=["area_code", "-id"], name="text_suggestion_area")]

    def __str__(self) -> str:
        return f"{self.label} {self.confidence:.2f}"


class TextSuggestions(Register):
    """What was suggested, by which version, and whether people agreed."""

    model = TextSuggestion
    label = _("分类建议")
    icon = "sparkles"
    group = "system"
    columns = "of record_id purpose label confidence mode model_code chosen agreed decided_by decided_at"
    filters = "purpose mode agreed model_code label chosen confidence area_code decided_at created_at"
    grants = {"view": "admin:all shift_leader:area supervisor:area", "export": "admin:all"}
    writable = False


def remember(session: Session, record: Record, purpose: str, said: Said, mode: str,
             details: list[Any] | None = None) -> TextSuggestion | None:
    """Keep what a model said of a record; a record is judged once for a purpose, later sayings are dropped.

    Args:
        details: kept as the other candidates instead of label and confidence of each.
    """
    name = _register_of(record)
    if TextSuggestion.objects.filter(of=name, record_id=record.pk, purpose=purpose).exists():
        return None
    best = said.guesses[0]
    others = [[g.label, g.confidence] for g in said.guesses[1:]] if details is None else details
    return session.create(TextSuggestion, {
        "of": name, "record_id": record.pk, "purpose": purpose, "model_code": said.version, "label": best.label[:80],
        "confidence": best.confidence, "mode": mode, "area_code": getattr(record, "area_code", ""),
        "others": others}, verb="suggest", trusted=True, emit=False)


def decided(session: Session, record: Record, purpose: str, chosen: str, who: str, *, within: bool = False) -> None:
    """Note what was chosen in the end; a choice that differs is a correction and teaches the next model.

    Args:
        within: labels are area codes; an area within the other one agrees with it.
    """
    row = of(record, purpose)
    if row is None or row.chosen == chosen or not chosen:
        return
    agreed = chosen == row.label or (within and (chosen.startswith(row.label) or row.label.startswith(chosen)))
    session.change(row, {"chosen": chosen[:80], "agreed": agreed, "decided_at": session.now,
                         "decided_by": who[:80]}, verb="decide", trusted=True, emit=False)


def of(record: Record, purpose: str) -> TextSuggestion | None:
    """The suggestion for a record, or ``None``; one query."""
    return TextSuggestion.objects.filter(of=_register_of(record), record_id=record.pk, purpose=purpose).first()


def corrected(of_register: str, purpose: str) -> set[int]:
    """Ids of the records of which people chose otherwise than was suggested."""
    rows: Any = TextSuggestion.objects.filter(of=of_register, purpose=purpose, agreed=False)
    return set(rows.values_list("record_id", flat=True))


def _register_of(record: Record) -> str:
    """Name of the register a record belongs to."""
    found = registry.register_of(type(record))
    assert found is not None
    return found.name
