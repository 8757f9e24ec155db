"""Teams (群防群治组织: 专职/义务巡防队、保安公司、志愿者) and their members."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from gezhi.kernel import identifiers
from gezhi.kernel.access import AreaReach
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import BlindField, CodeField, CodesField, SealedField, indexed, public
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register

from .base import GRANTS, Bodies, Body


class PreventOrg(Body):
    """A patrol team, security firm or group of volunteers."""

    kind = public(CodeField(_("组织类型"), table="prevent_org_type"))
    guide_dept = public(models.CharField(_("业务指导部门"), max_length=200, default="", blank=True))
    headcount = public(models.PositiveIntegerField(_("人员数量")))
    duties = public(models.TextField(_("主要职能"), max_length=1024, default="", blank=True))
    head_name = models.CharField(_("负责人"), max_length=50)
    head_phone = SealedField(_("负责人电话"), form="phone")
    skills = CodesField(_("服务专长"), table="specialty")

    class Meta:
        indexes = indexed("preventorg", "area_code", "kind", "level")


class PreventOrgs(Bodies):
    """The teams of an area."""

    model, label, icon = PreventOrg, _("群防群治组织"), "users-group"
    columns = "name kind level area_code headcount head_name head_phone skills"
    filters = "area_code kind level headcount place"
    form = ("name kind level area_code address place phone", "headcount guide_dept duties skills",
            "head_name head_phone")
    layer = Layer("place", icon="users-group", colour="kind", title="name")


class TeamMember(Record):
    """Somebody who works in a team."""

    team = models.ForeignKey("governance.PreventOrg", models.PROTECT, related_name="+", verbose_name=_("队伍"))
    name = models.CharField(_("姓名"), max_length=50)
    gender = CodeField(_("性别"), table="gender")
    id_no = SealedField(_("公民身份号码"), form="id_number")
    id_index = BlindField(of="id_no")
    role = CodeField(_("队员类型"), table="team_role")
    post = models.CharField(_("职务"), max_length=40, default="", blank=True)
    phone = SealedField(_("手机号码"), form="phone")
    skills = CodesField(_("专业特长"), table="specialty")
    active = models.BooleanField(_("在岗"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "id_index"], name="teammember_once")]
        indexes = indexed("teammember", "role", "active", "id_index")

    def __str__(self) -> str:
        return self.name


class TeamMembers(Register):
    """The members of an area's teams."""

    model, label, group, icon = TeamMember, _("队伍人员"), "governance", "user-shield"
    columns = "name team role post gender phone skills active"
    filters = "team role active id_no"
    search = "name^3 id_no"
    form = ("team name gender id_no", "role post phone skills active")
    reaches = {"area": AreaReach("team__area_code")}
    grants = GRANTS

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Sex follows the number."""
        if record.id_no:
            record.gender = identifiers.sex_of(record.id_no)
            changed.add("gender")
