"""What rules did: one row a version, record, step and run of a clock, so that nothing is done twice."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import UnitReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register

from .family import FAMILIES, subject_choices
from .rule import EDITORS, Rule
from .version import RuleVersion


class RuleFiring(Record):
    """A rule's act on a record, by a version and a step of it."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="+", verbose_name=_("规则"))
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+", verbose_name=_("规则版本"))
    family = models.CharField(_("类别"), max_length=12, choices=FAMILIES)
    step = models.PositiveSmallIntegerField(_("第几步"))
    subject = models.CharField(_("对象"), max_length=40, choices=subject_choices)
    record_id = models.BigIntegerField(_("记录"))
    title = models.CharField(_("标题"), max_length=160, default="", blank=True)
    clock = models.CharField(_("环节"), max_length=20, default="", blank=True)
    began = models.DateTimeField(_("计时开始"))
    reached_at = models.DateTimeField(_("达到时间"))
    area_code = AreaCodeField(_("区域"))
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
                             verbose_name=_("单位"))
    points = models.FloatField(_("扣分"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule_version", "record_id", "step", "began"],
                                               name="rule_firing_once")]
        indexes = [models.Index(fields=["subject", "record_id"], name="rule_firing_record"),
                   models.Index(fields=["area_code", "-id"], name="rule_firing_area"),
                   models.Index(fields=["unit", "-id"], name="rule_firing_unit")]

    def __str__(self) -> str:
        return f"{self.rule} · {self.title}"


def of_record(subject: str, record_id: int) -> list[dict[str, Any]]:
    """What rules did on a record, newest first, for a panel on its page."""
    rows = RuleFiring.objects.filter(subject=subject, record_id=record_id).select_related("rule_version__rule")
    from .words import step_words

    return [{"at": f.created_at, "reached": f.reached_at, "version": f.rule_version, "pk": f.rule_version_id,
             "words": step_words(f.rule_version, f.step)} for f in rows.order_by("-id")[:50]]


def acts_panel(subject: str) -> Panel:
    """A panel for the pages of a subject: what rules did on the record, for those who may see such acts."""
    def when(record: Any, actor: Actor) -> bool:
        mine = RuleFiring.objects.filter(subject=subject, record_id=record.pk)
        return actor.may("rule_firing.view") and mine.exists()

    return Panel("rules", _("规则提醒"), "rules/acts.html",
                 lambda record, _actor: {"acts": of_record(subject, record.pk)}, place="side", when=when)


def _about(record: Any, _actor: Actor) -> dict[str, Any]:
    from .words import step_words

    return {"firing": record, "words": step_words(record.rule_version, record.step)}


class RuleFirings(Register):
    """Everything rules did; written by the sweep only."""

    model = RuleFiring
    label = _("规则触发记录")
    icon = "bell-ringing"
    group = "rules"
    columns = "family rule rule_version title clock reached_at created_at unit area_code points"
    filters = "family rule rule_version subject clock step reached_at area_code unit record_id"
    search = "title rule__name"
    reaches = {"unit": UnitReach("unit__path")}
    grants = {"view": "admin:all supervisor:area leader:area shift_leader:area unit_clerk:unit", "export": EDITORS}
    panels = (Panel("about", _("触发说明"), "rules/firing.html", _about),)
    links = "rule_version__rule"
    writable = False
