"""How long records are kept: what registers declare, what an administrator makes of it, what is due, what is held."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.tables.query import language
from gezhi.kernel.access import kept
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.kinds import LinkKind
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .anonymise import emptied, fields_of, speaks

ACTS = [("high", _("清除高度敏感字段")), ("sensitive", _("清除全部个人信息字段")), ("remove", _("删除整条记录"))]


@dataclass(frozen=True)
class Term:
    """The term a register is kept, as its room declares it; a row of :class:`RetentionRule` follows from it.

    Args:
        register: its name.
        since: date or moment field from which the term runs; records without it are never due.
        days: the term.
        act: ``high`` or ``sensitive`` (these fields are emptied), or ``remove``.
        where: filters in the language of lists that a record must meet besides.
        basis: why so long.
    """

    register: str
    since: str
    days: int
    act: str
    where: str = ""
    basis: Any = ""
    DECLARATION: bool = True


class RetentionRule(Record):
    """One term of one register for one class of its fields."""

    register = models.CharField(_("登记簿"), max_length=40)
    act = models.CharField(_("到期后"), max_length=10, choices=ACTS)
    since = models.CharField(_("起算字段"), max_length=40)
    days = models.PositiveIntegerField(_("保存期限（天）"))
    where = models.CharField(_("其他条件"), max_length=200, default="", blank=True,
                             help_text=_("列表地址栏里的筛选条件，如 status=done"))
    basis = models.CharField(_("依据"), max_length=200, default="", blank=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "act"], name="retentionrule_once")]

    def __str__(self) -> str:
        return f"{registry.registers[self.register].label if self.register in registry.registers else self.register} " \
               f"{self.get_act_display()}"

    def cutoff(self, now: dt.datetime) -> dt.datetime:
        """What began its term before this moment is due."""
        return now - dt.timedelta(days=self.days)


class RetentionRules(Register):
    """Terms; the auditor and administrators set them, whoever works may know them."""

    model, label, group, icon = RetentionRule, _("保存期限"), "system", "hourglass"
    columns = "register act since days where basis active"
    filters = "register act active"
    order = "register"
    form = ("register act since days", "where basis active")
    grants = kept("auditor:all admin:all", view="auditor:all admin:all supervisor:all leader:all",
                  verbs="create change remove")

    def says(self, record: Any, name: str) -> str | None:
        """The register and its field by their labels."""
        register = registry.registers.get(record.register)
        if register is None or name not in ("register", "since"):
            return None
        kind = register.kinds.get(record.since)
        return str(register.label) if name == "register" else str(kind.label if kind is not None else record.since)

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """The register, its date and its conditions exist; what is to be emptied can be."""
        register = registry.registers.get(record.register)
        if register is None:
            raise Invalid({"register": [_t("没有这个登记簿")]})
        kind = register.kinds.get(record.since)
        if kind is None or not isinstance(kind.field, models.DateField):
            raise Invalid({"since": [_t("应为该登记簿的日期或时间字段")]})
        if record.days < 30:
            raise Invalid({"days": [_t("保存期限不能少于 30 天")]})
        if actor.kind != "system":  # what rooms declare is tried by a test; here code tables may not be filled yet
            conditions(register, record.where)
        if record.act != "remove":
            kinds = fields_of(register, record.act)
            if not kinds:
                raise Invalid({"act": [_t("该登记簿没有这一级的个人信息字段")]})
            try:
                [emptied(k) for k in kinds]
            except ValueError:
                raise Invalid({"act": [_t("该登记簿有不能清空的个人信息字段，只能整条删除")]}) from None


class LegalHold(Record):
    """Nothing of this record, or of this whole register, is erased while the hold stands."""

    register = models.CharField(_("登记簿"), max_length=40)
    record_id = models.BigIntegerField(_("记录编号"), null=True, blank=True, help_text=_("不填为整个登记簿"))
    document = models.CharField(_("依据文书"), max_length=120)
    reason = models.CharField(_("事由"), max_length=300)
    since = models.DateField(_("起始日期"))
    until = models.DateField(_("解除日期"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["register", "record_id"], name="legalhold_register")]

    def __str__(self) -> str:
        return f"{self.register} {self.record_id or ''} {self.document}".strip()


class LegalHolds(Register):
    """Holds; ended by a date, never removed."""

    model, label, group, icon = LegalHold, _("依法封存"), "system", "lock"
    columns = "register record_id document reason since until"
    filters = "register record_id since until"
    search = "document reason"
    form = ("register record_id", "document reason since until")
    grants = kept("auditor:all", view="auditor:all supervisor:all admin:all", verbs="create change")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """What is held exists; the end does not come before the beginning."""
        register = registry.registers.get(record.register)
        if register is None:
            raise Invalid({"register": [_t("没有这个登记簿")]})
        if record.record_id is not None and not register.model.objects.filter(pk=record.record_id).exists():
            raise Invalid({"record_id": [_t("没有这条记录")]})
        if record.until and record.until < record.since:
            raise Invalid({"until": [_t("解除日期不能早于起始日期")]})


def conditions(register: Register, text: str) -> Q:
    """Filters in the language of lists as a :class:`Q`. Raises :class:`Invalid`."""
    known, q = language(register), Q()
    for name, raw in parse_qsl(text, keep_blank_values=True):
        if name not in known:
            raise Invalid({"where": [_t("没有“%s”这个筛选条件") % name[:40]]})
        q &= known[name].q(raw, SYSTEM)
    return q


def held(register: Register, today: dt.date) -> Q:
    """Records under a hold: named by it, of a register it names, or linked to a record it names."""
    q = Q(pk__in=())
    links = {k.register.name: n for n, k in register.kinds.items()
             if isinstance(k, LinkKind) and k.register is not None and k.field is not None}
    running = LegalHold.objects.filter(Q(until=None) | Q(until__gt=today), since__lte=today)
    for name, pk in running.filter(register__in=[register.name, *links]).values_list("register", "record_id"):
        if name == register.name:
            q |= Q(pk=pk) if pk is not None else ~Q(pk__in=())
        elif pk is not None:
            q |= Q(**{f"{links[name]}_id": pk})
    return q


def due(rule: RetentionRule, now: dt.datetime) -> models.QuerySet[Any]:
    """Records whose term is over and of which something is left to erase; held ones among them."""
    register = registry.register(rule.register)
    cutoff: Any = rule.cutoff(now)
    if not isinstance(register.model._meta.get_field(rule.since), models.DateTimeField):
        cutoff = timezone.localdate(cutoff)
    found = register.model.objects.filter(conditions(register, rule.where), **{f"{rule.since}__lt": cutoff})
    return found if rule.act == "remove" else found.filter(speaks(register, rule.act))


def seed(session: Session) -> None:
    """A rule for each declared term that has none yet; what an administrator changed is left alone."""
    have = set(RetentionRule.objects.values_list("register", "act"))
    for term in registry.of(Term):
        if (term.register, term.act) not in have:
            session.create(RetentionRule, {"register": term.register, "act": term.act, "since": term.since,
                                           "days": term.days, "where": term.where, "basis": str(term.basis)})
