"""Limits of uploads as data: one row a kind, edited at the desk with history."""

from __future__ import annotations

import time
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from .document import KINDS
from .policy import DEFAULT, TYPES, Kind, Policy

MB = 1024 * 1024
_KEEP_SECONDS = 5.0


class DocumentLimit(Record):
    """What may be uploaded of one kind."""

    kind = models.CharField(_("类别"), max_length=8, choices=KINDS, unique=True)
    max_mb = models.PositiveIntegerField(_("最大 MB"), validators=[MinValueValidator(1)])
    max_seconds = models.PositiveIntegerField(_("最长（秒）"), null=True, blank=True)
    types = models.TextField(_("允许的类型"), default="", blank=True, help_text=_("扩展名，空格分隔；空表示全部"))
    per_record = models.PositiveIntegerField(_("每条记录最多"), default=50)
    per_hour = models.PositiveIntegerField(_("每人每小时最多"), default=300)

    def __str__(self) -> str:
        return str(dict(KINDS).get(self.kind, self.kind))


class DocumentLimits(Register):
    """Seen by all, so that a phone can compress before it sends; kept by administrators."""

    model = DocumentLimit
    label = _("附件限制")
    icon = "adjustments"
    group = "settings"
    key = "kind"
    columns = "kind max_mb max_seconds types per_record per_hour"
    filters = "kind"
    order = "id"
    form = ("kind max_mb max_seconds types", "per_record per_hour")
    grants = {"view": "*:all public:all", "create": "admin:all", "change": "admin:all"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Extensions are known and of this kind; a limit of nothing would refuse everything."""
        known = {extension for kind, extension in TYPES.values() if kind == record.kind}
        wrong = [word for word in record.types.split() if word not in known]
        if wrong:
            raise Invalid({"types": [_("“%s”不是这一类别的扩展名") % wrong[0]]})
        if not 1 <= record.max_mb <= 2048:
            raise Invalid({"max_mb": [_("应在 1 到 2048 之间")]})


def seed(session: Session) -> None:
    """The default limits, for kinds that have none."""
    present = set(DocumentLimit.objects.values_list("kind", flat=True))
    for kind in Kind:
        if kind.value not in present:
            values = {"kind": kind.value, "max_mb": DEFAULT.max_bytes[kind] // MB}
            session.create(DocumentLimit, {**values, "max_seconds": DEFAULT.max_seconds.get(kind)})


_kept: tuple[float, Policy, dict[str, DocumentLimit]] | None = None


def limits() -> tuple[Policy, dict[str, DocumentLimit]]:
    """The policy in force and the rows it comes from by kind; read again after five seconds."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > _KEEP_SECONDS:
        rows = {row.kind: row for row in DocumentLimit.objects.all()}
        _kept = (time.monotonic(), _policy(rows), rows)
    return _kept[1], _kept[2]


def forget() -> None:
    """Read the limits again at the next question."""
    global _kept
    _kept = None


def _policy(rows: dict[str, DocumentLimit]) -> Policy:
    types = set()
    for mime, (kind, extension) in TYPES.items():
        row = rows.get(kind.value)
        if row is None or not row.types.split() or extension in row.types.split():
            types.add(mime)
    sizes = {k: rows[k.value].max_mb * MB if k.value in rows else DEFAULT.max_bytes[k] for k in Kind}
    lengths = {
        k: rows[k.value].max_seconds if k.value in rows else DEFAULT.max_seconds.get(k)
        for k in (Kind.AUDIO, Kind.VIDEO)
    }
    return Policy(
        types=frozenset(types), max_bytes=sizes, max_seconds={k: v for k, v in lengths.items() if v is not None}
    )
