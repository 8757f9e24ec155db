"""Roles: the catalogue of case_lifecycle.md section 2, and an administrator's edits of what a role may do."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.engines.access import permissions
from gezhi.kernel.access import kept
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

CATALOGUE: tuple[tuple[str, Any, str, bool], ...] = (
    ("grid_member", _("网格员"), "worker", False),
    ("grid_leader", _("网格长"), "worker", False),
    ("acceptor", _("受理员"), "centre", False),
    ("dispatcher", _("派遣员"), "centre", False),
    ("shift_leader", _("值班长"), "centre", True),
    ("unit_clerk", _("承办单位联络员"), "unit", False),
    ("handler", _("处置人员"), "unit", False),
    ("reviewer", _("审核员"), "centre", False),
    ("callback_agent", _("回访员"), "centre", False),
    ("supervisor", _("督查员"), "centre", False),
    ("archivist", _("归档员"), "centre", False),
    ("auditor", _("隐私与审计专员"), "centre", True),
    ("leader", _("领导"), "leader", True),
    ("admin", _("系统管理员"), "admin", True),
)
"""Code, label, face of the pocket screen, privileged (a second factor is required)."""

FACES = [("worker", _("工作人员端")), ("unit", _("部门端")), ("centre", _("中心端")), ("leader", _("领导端")),
         ("admin", _("管理端"))]


class Role(Record):
    """A role and what an administrator changed about its grants."""

    code = models.CharField(_("角色代码"), max_length=24, unique=True)
    name = models.CharField(_("角色名称"), max_length=40)
    face = models.CharField(_("移动端界面"), max_length=8, choices=FACES)
    privileged = models.BooleanField(_("需要二次验证"), default=False)
    overlay = models.JSONField(_("权限调整"), default=dict, blank=True,
                               help_text=_("权限名到范围的列表，空列表表示取消该权限"))

    def __str__(self) -> str:
        return self.name


class Roles(Register):
    """The role catalogue."""

    model = Role
    label = _("角色")
    icon = "id-badge"
    group = "organisation"
    key = "code"
    columns = "code name face privileged"
    filters = "face privileged"
    search = "name code"
    order = "id"
    form = ("code name face privileged",)
    grants = kept("admin:all", verbs="create change remove")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Every permission and reach of the overlay exists."""
        if "overlay" not in changed:
            return
        if not isinstance(record.overlay, dict):
            raise Invalid({"overlay": [_("应为“权限: [范围]”的对应表")]})
        if record.code == "admin" and {"role.view", "role.change"} & record.overlay.keys():
            raise Invalid({"overlay": [_("不能调整系统管理员查看和修改角色的权限，否则再没有人能改回来")]})
        known = permissions()
        for permission, reaches in record.overlay.items():
            if permission not in known:
                raise Invalid({"overlay": [_("没有“%s”这个权限") % permission]})
            wrong = [r for r in reaches if r not in known[permission]] if isinstance(reaches, list) else [reaches]
            if wrong:
                raise Invalid({"overlay": [_("“%(p)s”没有“%(r)s”这个范围") % {"p": permission, "r": wrong[0]}]})


def seed(session: Session) -> None:
    """Create the roles of the catalogue that are not there yet."""
    have = set(Role.objects.values_list("code", flat=True))
    for code, name, face, privileged in CATALOGUE:
        if code not in have:
            session.create(Role, {"code": code, "name": str(name), "face": face, "privileged": privileged})
