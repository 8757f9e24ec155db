"""Versions of the catalogue: drafted from the one in force, published, retired. Old cases keep theirs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from gezhi.engines.workflow.act import Context
from gezhi.kernel.actors import Actor
from gezhi.kernel.bulk import bulk_create
from gezhi.kernel.door import Session
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Panel, Register
from gezhi.kernel.workflow import SYSTEM_ONLY, Ask, Move, State, Workflow

ADMIN = "admin:all"


def _prepare(ctx: Context) -> None:
    """Number the draft; fill it from the version in force and the approved proposals, unless asked to be empty."""
    last = CatalogueVersion.objects.aggregate(n=Max("no"))["n"] or 0
    ctx.values["no"] = last + 1
    if not ctx.values.get("name"):
        ctx.values["name"] = _t("第 %d 版") % (last + 1)
    if ctx.inputs.get("empty"):
        return
    base = in_force()
    ctx.values["base"] = base
    if base is not None:
        ctx.then.append(lambda record: _inherit(ctx, base, record))


def _inherit(ctx: Context, base: CatalogueVersion, edition: CatalogueVersion) -> None:
    from .proposal import apply_approved

    copy_rows(ctx.session, base, edition)
    apply_approved(ctx, edition)


def _publish(ctx: Context) -> None:
    """The draft takes effect; the version in force until now retires at the same moment."""
    from .item import Item
    from .proposal import ItemProposal

    record = ctx.record
    ctx.values["published_at"] = ctx.now
    today = timezone.localdate(ctx.now)
    if record.effective_from < today:
        ctx.values["effective_from"] = today if record.no > 1 else record.effective_from
    ctx.values["items"] = Item.objects.filter(edition=record).count()
    for older in CatalogueVersion.objects.filter(status="published").exclude(pk=record.pk):
        ctx.act(older, "retire", {"opinion": _t("被 %s 取代") % record.name})
    for proposal in ItemProposal.objects.filter(edition=record, status="included"):
        ctx.act(proposal, "effect")


def _release(ctx: Context) -> None:
    """Proposals taken into a draft that is thrown away wait for the next one."""
    from .proposal import ItemProposal

    for proposal in ItemProposal.objects.filter(edition=ctx.record, status="included"):
        ctx.act(proposal, "release")


def _not_empty(record: Any, actor: Actor) -> Any:
    from .item import Item

    return "" if Item.objects.filter(edition=record).exists() else _("这一版还没有事项，不能发布")


class VersionFlow(Workflow):
    """Draft, in force, retired."""

    draft = State(_("草稿"), tone="work")
    published = State(_("已发布"), tone="done", rest=True)
    retired = State(_("已停用"), tone="stop", final=True)

    prepare = Move(_("起草新版本"), to=draft, who=ADMIN, tone="primary", run=_prepare, ask=(
        Ask("name", models.CharField(_("名称"), max_length=60, blank=True)),
        Ask("effective_from", models.DateField(_("生效日期"))),
        Ask("empty", models.BooleanField(_("不沿用现行版本"), default=False, blank=True)),
        Ask("opinion", models.TextField(_("说明"), blank=True))),
        help=_("复制现行版本并并入已批准的申报"))
    publish = Move(_("发布"), source=(draft,), to=published, who=ADMIN, tone="primary", run=_publish, when=_not_empty,
                   ask=(Ask("opinion", models.TextField(_("说明"), blank=True)),),
                   help=_("发布后现行版本停用，已有案件仍按原版本"))
    discard = Move(_("放弃草稿"), source=(draft,), to=retired, who=ADMIN, tone="danger",
                   run=_release,
                   ask=(Ask("opinion", models.TextField(_("原因"))),))
    retire = Move(_("停用"), source=(published,), to=retired, who=SYSTEM_ONLY, quiet=True,
                  ask=(Ask("opinion", models.TextField(_("说明"), blank=True)),))


class CatalogueVersion(Record):
    """A version of the catalogue. In force: the published one with the latest effective date."""

    no = models.PositiveIntegerField(_("版本号"), unique=True, editable=False)
    name = models.CharField(_("名称"), max_length=60, default="", blank=True)
    effective_from = models.DateField(_("生效日期"))
    status = models.CharField(_("状态"), max_length=12, choices=VersionFlow.choices(), default="draft")
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("来源版本"), editable=False)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    items = models.PositiveIntegerField(_("事项数"), default=0, editable=False)
    source = models.CharField(_("来源"), max_length=80, default="", blank=True, editable=False)

    def __str__(self) -> str:
        return self.name or str(self.no)


class CatalogueVersions(Register):
    """Everybody sees which version is in force; administrators draft and publish."""

    model = CatalogueVersion
    label = _("清单版本")
    icon = "versions"
    group = "catalogue"
    key = "no"
    columns = "no name effective_from status items base published_at"
    filters = "status effective_from"
    search = "name"
    order = "-no"
    form = ("name effective_from",)
    grants = {"view": "*:all public:all", "change": ADMIN, "export": "*:all"}
    flow = VersionFlow
    panels = (Panel("difference", _("与来源版本的差异"), "catalogue/difference.html",
                    lambda record, actor: _difference(record), when=lambda record, actor: record.base_id is not None),)


def _difference(record: CatalogueVersion) -> dict[str, Any]:
    from .difference import between

    return {"changes": between(record.base, record), "older": record.base, "newer": record}


def in_force(at: dt.datetime | None = None) -> CatalogueVersion | None:
    """The version in force at a moment (now by default), or ``None`` before the first.

    A version published later but effective earlier does not reach back: what counts is that it had been
    published by then, except for the first one, which covers every time before it.
    """
    at = at or timezone.now()
    known = CatalogueVersion.objects.exclude(published_at=None)
    found = known.filter(published_at__lte=at, effective_from__lte=timezone.localdate(at)).order_by("-no").first()
    return found or known.order_by("no").first()


def copy_rows(session: Session, base: CatalogueVersion, edition: CatalogueVersion) -> None:
    """Copy categories, items and conditions of one version into a draft."""
    from .item import Category, Condition, Item

    fixed = {"id", "version", "seal", "created_at", "updated_at", "edition", "ref"}

    def rows(model: Any, **links: dict[int, Any]) -> list[dict[str, Any]]:
        names = [f.name for f in model._meta.concrete_fields if f.name not in fixed]
        made = []
        for row in model.objects.filter(edition=base).order_by("id"):
            values = {n: getattr(row, f"{n}_id") if n in links else getattr(row, n) for n in names}
            for name, known in links.items():
                values[name] = known.get(values[name])
            made.append({**values, "edition": edition})
        return made

    categories: dict[int, Any] = {}
    for depth in (Q(parent=None), ~Q(parent=None)):
        for row in Category.objects.filter(depth, edition=base).order_by("code"):
            (made,) = bulk_create(session, Category, [{
                "edition": edition, "code": row.code, "name": row.name,
                "parent": categories.get(row.parent_id or 0)}], verb="create")
            categories[row.pk] = made
    old = list(Item.objects.filter(edition=base).order_by("id").values_list("pk", flat=True))
    new = bulk_create(session, Item, rows(Item, category=categories), verb="create")
    items = dict(zip(old, new, strict=True))
    bulk_create(session, Condition, rows(Condition, item=items), verb="create")
