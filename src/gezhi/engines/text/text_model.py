"""Trained models of text: their versions, figures and states; the arrays lie in a table of their own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Move, State, Workflow

from .model import Classifier, digest

PURPOSES = [("item", _("事项分类")), ("unit", _("承办单位"))]


def _retire_others(ctx: Any) -> None:
    """One model of a purpose is in use at a time; the change of hands is one transaction."""
    for other in TextModel.objects.filter(purpose=ctx.record.purpose, status="active").exclude(pk=ctx.record.pk):
        ctx.act(other, "retire")


class TextModelFlow(Workflow):
    """Trained, in use, out of use; an older model may be taken into use again."""

    trained = State(_("待启用"), tone="wait", rest=True)
    active = State(_("使用中"), rest=True)
    retired = State(_("已停用"), tone="stop", rest=True)

    train = Move(_("训练"), to=trained, who=SYSTEM_ONLY)
    activate = Move(pgettext_lazy("move", "启用"), source=(trained, retired), to=active, who="admin:all system:all",
                    tone="primary", run=_retire_others)
    retire = Move(_("停用"), source=(active,), to=retired, who="admin:all system:all")


class TextModel(Record):
    """One version of a classifier with the figures it was measured by on examples it had not seen."""

    code = models.CharField(_("模型版本"), max_length=40, unique=True)
    purpose = models.CharField(_("用途"), max_length=12, choices=PURPOSES)
    number = models.PositiveIntegerField(_("版本号"))
    status = models.CharField(_("状态"), max_length=8, choices=TextModelFlow.choices(), default="trained")
    examples = models.PositiveIntegerField(_("样本数"))
    corrections = models.PositiveIntegerField(_("其中人工更正"), default=0)
    classes = models.PositiveIntegerField(_("类别数"))
    macro_f1 = models.FloatField(_("宏平均 F1"), null=True, blank=True)
    accuracy = models.FloatField(_("准确率"), null=True, blank=True)
    calibration_error = models.FloatField(_("把握误差"), null=True, blank=True)
    ms_per_message = models.FloatField(_("每条毫秒"), null=True, blank=True)
    figures = models.JSONField(_("评测明细"), default=dict, blank=True)
    sha256 = models.CharField(_("模型摘要"), max_length=64)
    size = models.PositiveIntegerField(_("字节数"))
    trained_at = models.DateTimeField(_("训练时间"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "number"], name="text_model_version")]

    def __str__(self) -> str:
        return self.code


class TextArtefact(models.Model):
    """The bytes of a model under their SHA-256; written once, never changed."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    data = models.BinaryField()


class TextModels(Register):
    """Administrators train by command, compare versions, and say which is in use."""

    model = TextModel
    label = _("文本模型")
    icon = "brain"
    group = "system"
    key = "code"
    columns = ("code purpose status examples corrections classes macro_f1 accuracy calibration_error ms_per_message "
               "trained_at")
    filters = "purpose status trained_at macro_f1"
    search = "code^2"
    grants = {"view": "admin:all supervisor:all", "export": "admin:all"}
    flow = TextModelFlow
    writable = False


def keep(actor: Actor, purpose: str, model: Classifier, figures: dict[str, Any], *, corrections: int = 0) -> TextModel:
    """Store a trained model as the next version of its purpose.

    Args:
        figures: as :func:`measure.figures` gives them, from examples the model has not seen.

    Returns:
        Its record, in state ``trained``: nothing uses it until it is activated.
    """
    data = model.save()
    key = digest(data)
    with door(actor) as session:
        number = (TextModel.objects.filter(purpose=purpose).aggregate(n=Max("number"))["n"] or 0) + 1
        TextArtefact.objects.get_or_create(sha256=key, defaults={"data": data})
        return session.create(TextModel, {
            "code": f"{purpose}-{number}", "purpose": purpose, "number": number,
            "examples": model.facts.get("examples", 0), "corrections": corrections, "classes": len(model.labels),
            "macro_f1": figures.get("macro_f1"), "accuracy": figures.get("accuracy"),
            "calibration_error": figures.get("calibration_error"), "ms_per_message": figures.get("ms_per_message"),
            "figures": {**figures, "facts": {k: v for k, v in model.facts.items() if k != "classes"}},
            "sha256": key, "size": len(data), "trained_at": session.now}, verb="train", trusted=True)
