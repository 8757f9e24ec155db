"""App keys: how programs sign in. The key itself is shown once and kept as a digest only."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from gezhi.engines.access import permissions
from gezhi.kernel.actors import Actor, Reaches
from gezhi.kernel.door import write
from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import AreaCodeField, HashField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

PREFIX = "gzk_"
KEEP_SECONDS = 15.0
"""How long a process trusts a key it has checked: a key taken away stops within this time."""


class AppKey(Record):
    """A program that may use the API, for a unit, within an area."""

    name = models.CharField(_("应用名称"), max_length=60, unique=True)
    hint = models.CharField(_("密钥开头"), max_length=12, editable=False)
    digest = HashField(_("密钥摘要"), unique=True)
    unit = models.ForeignKey("units.Unit", models.PROTECT, null=True, blank=True, verbose_name=_("所属单位"))
    area_code = AreaCodeField(_("数据区域"))
    grants = models.JSONField(_("权限"), default=dict, blank=True,
                              help_text=_("权限名到范围的列表，如 {\"case.view\": [\"area\"]}；上报权限默认具备"))
    per_minute = models.PositiveIntegerField(_("每分钟请求上限"), default=600,
                                             help_text=_("0 表示不限；各服务进程合并计数"))
    active = models.BooleanField(_("启用"), default=True)
    expires_on = models.DateField(_("有效期至"), null=True, blank=True)
    used_at = models.DateTimeField(_("最近使用"), null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class AppKeys(Register):
    """Programs that may use the API."""

    model = AppKey
    label = _("应用密钥")
    icon = "key"
    group = "system"
    key = "name"
    columns = "name hint unit area_code per_minute active expires_on used_at"
    filters = "name unit active"
    search = "name"
    order = "name"
    form = ("name unit area_code grants per_minute active expires_on",)
    grants = {"view": "admin:all", "change": "admin:all", "issue": "admin:all", "renew": "admin:all",
              "remove": "admin:all"}
    writable = False

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Grants name permissions and reaches that exist, and none the issuer does not hold."""
        known = permissions()
        if not isinstance(record.grants, dict):
            raise Invalid({"grants": [_g("权限应为 JSON 对象")]})
        for name, reaches in record.grants.items():
            if name not in known or not isinstance(reaches, list) or set(reaches) - set(known[name]):
                raise Invalid({"grants": [_g("没有权限“%s”，或范围有误") % name]})
            if actor.kind == "staff" and not actor.may(name):
                raise Invalid({"grants": [_g("您自己没有“%s”权限，不能授予") % name]})
        _kept.clear()


def issue(actor: Actor, values: Mapping[str, Any]) -> tuple[AppKey, str]:
    """Make a key.

    Args:
        values: fields of the form.

    Returns:
        The record, and the key, which cannot be shown again.

    Raises:
        Refused, Invalid.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    errors: dict[str, Any] = {}
    clean: dict[str, Any] = {}
    register = registry.register("app_key")
    for name, raw in values.items():
        if name not in register.form_names:
            errors[name] = [_g("没有“%s”这个字段") % name[:40]]
            continue
        try:
            clean[name] = register.kinds[name].parse(raw)
        except Invalid as error:
            errors.update(error.errors)
    if errors:
        raise Invalid(errors)
    clean.update(digest=_digest(secret), hint=secret[:8])
    return write(actor, "issue", AppKey, clean), secret


def renew(actor: Actor, name: str) -> str:
    """A fresh secret for the key of that name, making the key if there is none; for commands run on the machine.

    The old secret stops within :data:`KEEP_SECONDS`.
    """
    known = AppKey.objects.filter(name=name).first()
    if known is None:
        return issue(actor, {"name": name, "per_minute": 0})[1]
    secret = PREFIX + secrets.token_urlsafe(32)
    write(actor, "renew", known, {"digest": _digest(secret), "hint": secret[:8], "active": True})
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_kept: dict[str, tuple[float, AppKey, Actor]] = {}
_used: dict[int, dt.datetime] = {}


def find(secret: str) -> tuple[AppKey, Actor] | None:
    """The key and its actor, or ``None`` when it is unknown, switched off or past its date."""
    digest = _digest(secret)
    kept = _kept.get(digest)
    if kept is None or kept[0] < time.monotonic():
        key = AppKey.objects.select_related("unit").filter(digest=digest, active=True).first()
        if key is None or (key.expires_on is not None and key.expires_on < timezone.localdate()):
            _kept.pop(digest, None)
            return None
        kept = _kept[digest] = (time.monotonic() + KEEP_SECONDS, key, actor_of_key(key))
        _note_use(key)
    return kept[1], kept[2]


def actor_of_key(key: AppKey) -> Actor:
    """A program acts for its unit in its area, with what declarations give to ``app`` and what the key adds."""
    grants: dict[str, Reaches] = {}
    for register in registry.registers.values():
        grants.update(register.default_grants.get("app", {}))
    grants.update({name: tuple(reaches) for name, reaches in key.grants.items()})
    return Actor(kind="app", name=key.name, role="app", unit_id=key.unit_id,
                 unit_path=key.unit.path if key.unit else "", area=key.area_code, grants=grants, via="api")


def _note_use(key: AppKey) -> None:
    """Keep when a key was last used, at most once an hour a process: bookkeeping, not an act of a person."""
    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.door import door

    now = timezone.now()
    last = _used.get(key.pk)
    if last is not None and now - last < dt.timedelta(hours=1):
        return
    _used[key.pk] = now
    if key.used_at is None or now - key.used_at > dt.timedelta(hours=1):
        with door(SYSTEM) as session:
            session.change(key, {"used_at": now}, verb="use", emit=False)
