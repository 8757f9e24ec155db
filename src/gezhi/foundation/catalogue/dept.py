"""Department types (权责部门类型): what a unit is by its duties, so that an item can name it without naming a unit."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

from .reference import rows

KINDS = [("government", _("政府部门")), ("enterprise", _("公用企业")), ("territorial", _("属地单位"))]


class DeptType(Record):
    """A type of department. ``fallback`` answers where no unit of this type stands."""

    code = models.CharField(_("代码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("性质"), max_length=12, choices=KINDS)
    fallback = models.CharField(_("缺位时代行"), max_length=12, default="", blank=True)
    aliases = models.CharField(_("别名"), max_length=200, default="", blank=True,
                               help_text=_("事项清单中的其他叫法，用“|”分隔"))

    def __str__(self) -> str:
        return self.name


class DeptTypes(Register):
    """Everybody reads the types; administrators keep them."""

    model = DeptType
    label = _("权责部门类型")
    icon = "tags"
    group = "catalogue"
    key = "code"
    columns = "code name kind fallback aliases"
    filters = "kind"
    search = "name code aliases"
    order = "id"
    form = ("code name kind", "fallback aliases")
    grants = kept("admin:all")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A type does not stand in for itself, and what stands in for it exists."""
        if not record.fallback or "fallback" not in changed:
            return
        if record.fallback == record.code:
            raise Invalid({"fallback": [_("不能由自己代行")]})
        if actor.kind != "system" and not DeptType.objects.filter(code=record.fallback).exists():
            raise Invalid({"fallback": [_("没有“%s”这个部门类型") % record.fallback]})


def seed(session: Session) -> None:
    """The types of the project's own table that are not there yet."""
    have = set(DeptType.objects.values_list("code", flat=True))
    for row in rows("dept_types"):
        if row["code"] not in have:
            session.create(DeptType, dict(row), emit=False)


def codes_by_name() -> dict[str, str]:
    """Every name and alias to its code."""
    found: dict[str, str] = {}
    for code, name, aliases in DeptType.objects.values_list("code", "name", "aliases"):
        for word in (code, name, *filter(None, aliases.split("|"))):
            found.setdefault(word, code)
    return found


def chain(code: str, fallbacks: dict[str, str]) -> tuple[str, ...]:
    """A type and those that stand in for it, nearest first; a ring ends where it closes."""
    found: list[str] = []
    while code and code not in found:
        found.append(code)
        code = fallbacks.get(code, "")
    return tuple(found)
