"""``gezhi user``: accounts from the command line, for the first administrator and for emergencies."""

from __future__ import annotations

from typing import Any

import click

from ..database import application
from ..text import Trouble, _


@click.group(help=_("管理账号：新建、列出、重置密码、停用、分配岗位"))
@click.pass_context
def command(ctx: click.Context) -> None:
    """Every act is written through the door and shows in the account's history."""
    ctx.with_resource(application(lambda line: click.echo(line, err=True)))


def _staff(username: str) -> Any:
    from gezhi.foundation.units.models import Staff

    found = Staff.objects.filter(username=username).first()
    if found is None:
        raise Trouble(_("没有账号“%s”。") % username, "gezhi user list")
    return found


def _set_password(staff: Any, password: str) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise Trouble("\n  ".join(map(str, error.messages))) from None
    staff.set_password(password)
    staff.save()


def _write(verb: str, target: Any, values: dict[str, Any]) -> Any:
    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.door import write
    from gezhi.kernel.errors import GezhiError

    try:
        return write(SYSTEM.through("cli"), verb, target, values)
    except GezhiError as error:
        raise Trouble(str(error)) from None


@command.command(help=_("新建账号；首次登录须改密码"))
@click.argument("username")
@click.option("--name", required=True, help=_("姓名"))
@click.password_option(help=_("初始密码（不给则提示输入）"))
@click.option("--keep-password", is_flag=True, help=_("首次登录不必改密码"))
def add(username: str, name: str, password: str, keep_password: bool) -> None:
    """Create an account; nothing is left when the password is refused."""
    from django.db import transaction

    from gezhi.foundation.units.models import Staff

    with transaction.atomic():
        staff = _write("create", Staff, {"username": username, "name": name})
        _set_password(staff, password)
        if not keep_password:
            _write("change", staff, {"must_change_password": True})
    click.echo(_("已新建账号 %s。用 gezhi user post 分配岗位。") % username)


@command.command(help=_("分配岗位：单位编码、角色代码、负责区域"))
@click.argument("username")
@click.argument("unit_code")
@click.argument("role_code")
@click.option("--area", default="", help=_("区域代码；默认为单位的管辖区域"))
def post(username: str, unit_code: str, role_code: str, area: str) -> None:
    """Give a person a post."""
    from django.db.models import Q

    from gezhi.foundation.units.models import Post, Role, Unit

    staff = _staff(username)
    unit = Unit.objects.filter(code=unit_code).first()
    if unit is None:
        near = Unit.objects.filter(Q(name__icontains=unit_code) | Q(code__istartswith=unit_code)).order_by("id")[:8]
        known = near or Unit.objects.order_by("id")[:8]
        raise Trouble(_("没有单位“%s”。") % unit_code,
                      _("单位编码，例如：%s") % "，".join(f"{u.code} {u.name}" for u in known) if known else
                      _("请先在“单位”登记簿建立或导入单位。"))
    role = Role.objects.filter(code=role_code).first()
    if role is None:
        roles = " ".join(Role.objects.order_by("id").values_list("code", flat=True))
        raise Trouble(_("没有角色“%s”。") % role_code, _("角色代码：%s") % roles)
    made = _write("create", Post, {"staff": staff, "unit": unit, "role": role, "area_code": area})
    click.echo(_("已分配岗位：%s") % made)


@command.command(help=_("重置密码"))
@click.argument("username")
@click.password_option()
def password(username: str, password: str) -> None:
    """Set another password; it must be changed at the next sign-in."""
    staff = _staff(username)
    _set_password(staff, password)
    _write("change", staff, {"must_change_password": True})
    click.echo(_("已重置，下次登录须改密码。"))


@command.command(help=_("停用账号（--on 重新启用）"))
@click.argument("username")
@click.option("--on", is_flag=True)
def disable(username: str, on: bool) -> None:
    """Close or open an account; its history stays."""
    _write("change", _staff(username), {"is_active": on})
    click.echo(_("已启用。") if on else _("已停用。"))


@command.command(name="reset-factor", help=_("解除二次验证绑定（更换手机时）"))
@click.argument("username")
def reset_factor(username: str) -> None:
    """Remove second factors; a privileged post must set one up at the next sign-in."""
    from allauth.mfa.models import Authenticator

    from gezhi.kernel.actors import SYSTEM
    from gezhi.kernel.door import door

    staff = _staff(username)
    with door(SYSTEM.through("cli")) as session:
        count, _details = Authenticator.objects.filter(user=staff).delete()
        session.note(staff, "reset_factor", data={"count": count})
    click.echo(_("已解除 %d 个验证方式。") % count)


@command.command(name="list", help=_("列出账号与岗位"))
@click.option("--search", default="", help=_("姓名或登录名包含"))
@click.option("--limit", default=50, show_default=True)
def list_(search: str, limit: int) -> None:
    """Accounts with their posts."""
    from django.db.models import Q

    from gezhi.foundation.units.models import Staff

    found = Staff.objects.filter(Q(username__icontains=search) | Q(name__icontains=search)).order_by("id")
    for staff in found.prefetch_related("posts__unit", "posts__role")[:limit]:
        posts = "；".join(f"{p.unit}·{p.role}" for p in staff.posts.all() if p.active)
        click.echo(f"{staff.username:<20} {staff.name:<8} {'' if staff.is_active else _('[停用]')} {posts}")
