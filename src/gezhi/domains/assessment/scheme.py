"""Schemes (考核方案): formulas for units, areas and posts, under version, approved by somebody else."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from gezhi.engines.versions import not_own
from gezhi.engines.workflow.act import Context
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import Ref
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

from . import formula as arithmetic
from .indicators import OBJECTS, known

EDITORS = "admin:all supervisor:all"
READERS = "*:all"
COPIED = ("formula", "good", "fair", "poor", "least")
DEFAULTS = (
    ("unit", _n("单位月度考核"), "40*(0.7*on_time + 0.3*sign_on_time)"
     " + 25*(0.6*(1 - rework) + 0.2*inspected + 0.2*quality) + 25*(0.5*solved + 0.5*satisfied)"
     " + 10*max(0, 1 - extension - (card_points + supervision_points + rule_points)/10)"),
    ("area", _n("层级区域月度考核"),
     "30*handled + 20*on_time + 20*(1 - rework) + 20*(1 - late_open) + 10*(1 - extension)"),
    ("post", _n("岗位月度考核"), "60*acts_on_time + 20*dispatch_right + 10*accept_on_time + 10*tasks_on_time"),
)
"""Schemes every installation starts with (case_lifecycle.md 9.2, 9.3)."""


class Scheme(Record):
    """What is scored by a line of versions."""

    code = models.CharField(_("方案编号"), max_length=12, unique=True)
    name = models.CharField(_("方案名称"), max_length=60)
    kind = models.CharField(_("考核对象"), max_length=8, choices=OBJECTS)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind"], name="scheme_kind_once", condition=Q(active=True))]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def _versions(record: Any, _actor: Actor) -> dict[str, Any]:
    rows = list(SchemeVersion.objects.filter(scheme=record).select_related("author", "approver").order_by("-no"))
    return {"versions": rows}


class Schemes(Register):
    """One scheme in force for each sort of object."""

    model = Scheme
    name = "assess_scheme"
    label = _("考核方案")
    icon = "math-function"
    group = "oversight"
    key = "code"
    columns = "code name kind active updated_at"
    filters = "kind active"
    order = "id"
    form = ("code name kind active",)
    grants = {"view": READERS, "create": EDITORS, "change": EDITORS}
    panels = (Panel("versions", _("各版本"), "assessment/versions.html", _versions),)


def _values(inputs: dict[str, Any], kind: str) -> dict[str, Any]:
    """Checked fields of a version."""
    arithmetic.parse(inputs["formula"], known(kind))
    if not inputs["good"] > inputs["fair"] > inputs["poor"]:
        raise Invalid({"good": [_t("等级分数线应依次降低")]})
    return {n: inputs[n] for n in COPIED}


def _declare(ctx: Context) -> None:
    scheme = ctx.inputs["scheme"]
    last = SchemeVersion.objects.filter(scheme=scheme).aggregate(n=Max("no"))["n"] or 0
    if SchemeVersion.objects.filter(scheme=scheme, status__in=("draft", "submitted")).exists():
        raise Invalid({"scheme": [_t("该方案还有未定稿的版本，请先处理")]})
    ctx.values.update(_values(ctx.inputs, scheme.kind), no=last + 1, basis=ctx.inputs["opinion"],
                      author_id=ctx.actor.user_id)


def _amend(ctx: Context) -> None:
    ctx.values.update(_values(ctx.inputs, ctx.record.scheme.kind), author_id=ctx.actor.user_id)


def _may_approve(record: Any, actor: Actor) -> Any:
    return not_own(record.author_id, actor)


def _approve(ctx: Context) -> None:
    """In force from now; the version before ends."""
    for older in SchemeVersion.objects.filter(scheme=ctx.record.scheme, status="approved"):
        ctx.act(older, "end")
    ctx.values.update(effective_from=ctx.now, approver_id=ctx.actor.user_id)


def _kept(name: str, default: Any = None) -> Any:
    return lambda record, _actor: getattr(record, name) if record is not None else default


def _line(name: str, label: Any, default: int) -> Ask:
    return Ask(name, models.PositiveSmallIntegerField(label, default=default, validators=[MaxValueValidator(100)]),
               default=_kept(name, default))


ASKS = (
    Ask("formula", models.TextField(_("公式"), max_length=2000), default=_kept("formula")),
    _line("good", _("优秀（分以上）"), 90), _line("fair", _("良好（分以上）"), 80),
    _line("poor", _("中等（分以上）"), 70),
    Ask("least", models.PositiveSmallIntegerField(_("参加排名的最少件数"), default=5,
                                               validators=[MinValueValidator(1)]),
        default=_kept("least", 5)))


class SchemeFlow(Workflow):
    """Draft, submitted, approved by somebody else, ended by the next."""

    draft = State(_("草稿"))
    submitted = State(_("待审批"), tone="wait")
    approved = State(_("已批准"), tone="done", rest=True)
    ended = State(_("已失效"), tone="stop", final=True)
    refused = State(_("未批准"), tone="stop", final=True)

    declare = Move(_("起草新版本"), to=draft, who=EDITORS, tone="primary", run=_declare, ask=(
        Ask("scheme", Ref(_("方案"), register="assess_scheme")), *ASKS,
        Ask("opinion", models.TextField(_("依据和理由"), max_length=2000))))
    amend = Move(_("修改内容"), source=(draft,), who=EDITORS, run=_amend, ask=ASKS)
    submit = Move(_("提交审批"), source=(draft,), to=submitted, who=EDITORS, tone="primary")
    approve = Move(_("批准"), source=(submitted,), to=approved, who="admin:all leader:all supervisor:all",
                   tone="primary", when=_may_approve, run=_approve,
                   help=_("批准后计算的月份用这一版；已公布的月份不变"))
    refuse = Move(_("不予批准"), source=(draft, submitted), to=refused, tone="danger",
                  who="admin:all leader:all supervisor:all",
                  ask=(Ask("opinion", models.TextField(_("理由"), max_length=2000)),))
    end = Move(_("失效"), source=(approved,), to=ended, who=SYSTEM_ONLY, quiet=True)


class SchemeVersion(Record):
    """A formula, its grades, and from when it holds."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="versions", verbose_name=_("方案"))
    no = models.PositiveIntegerField(_("版本号"))
    status = models.CharField(_("状态"), max_length=10, choices=SchemeFlow.choices(), default="draft")
    formula = models.TextField(_("公式"), max_length=2000)
    good = models.PositiveSmallIntegerField(_("优秀（分以上）"), default=90)
    fair = models.PositiveSmallIntegerField(_("良好（分以上）"), default=80)
    poor = models.PositiveSmallIntegerField(_("中等（分以上）"), default=70)
    least = models.PositiveSmallIntegerField(_("参加排名的最少件数"), default=5)
    effective_from = models.DateTimeField(_("生效时间"), null=True, blank=True)
    basis = models.TextField(_("依据和理由"), max_length=2000, default="", blank=True)
    author = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name=_("起草人"))
    approver = models.ForeignKey("units.Staff", models.PROTECT, null=True, blank=True, related_name="+",
                                 verbose_name=_("批准人"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "no"], name="scheme_version_once")]

    def __str__(self) -> str:
        return _t("%(scheme)s 第 %(no)d 版") % {"scheme": self.scheme, "no": self.no}


def _panel(name: str) -> Any:
    def context(record: Any, actor: Actor) -> dict[str, Any]:
        from . import panels

        return getattr(panels, name)(record, actor)

    return context


class SchemeVersions(Register):
    """Every version, in words, with what it would have made of the newest month."""

    model = SchemeVersion
    name = "assess_version"
    label = _("考核方案版本")
    icon = "versions"
    group = "oversight"
    columns = "scheme no status effective_from author approver"
    filters = "scheme status"
    links = "scheme"
    grants = {"view": READERS, "export": EDITORS}
    flow = SchemeFlow
    panels = (Panel("words", _("公式用到的指标"), "assessment/words.html", _panel("words")),
              Panel("what_if", _("试算：最近一个月按这一版会怎样"), "assessment/what_if.html", _panel("what_if"),
                    when=lambda _record, actor: actor.may("score_line.view")))
    writable = False


def in_force(kind: str) -> SchemeVersion | None:
    """The version by which this sort of object is scored now."""
    return SchemeVersion.objects.filter(scheme__kind=kind, scheme__active=True, status="approved").select_related(
        "scheme").order_by("-id").first()


def seed(session: Session) -> None:
    """Write the default schemes once."""
    if Scheme.objects.exists():
        return
    for number, (kind, name, text) in enumerate(DEFAULTS, 1):
        scheme = session.create(Scheme, {"code": f"KH-{number:02d}", "name": name, "kind": kind})
        session.create(SchemeVersion, {"scheme": scheme, "no": 1, "status": "approved", "formula": text,
                                       "effective_from": session.now}, trusted=True)
