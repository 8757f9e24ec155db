"""A street tree: a register with every common kind of field and a small workflow, for tests of the house."""

from django.contrib.gis.db.models import PointField
from django.db import models

from gezhi.engines.workflow.clocks import Timed
from gezhi.kernel.fields import AreaCodeField, BlindField, Files, SealedField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register
from gezhi.kernel.workflow import ANY_OPEN, Ask, Move, State, Workflow


class CareFlow(Workflow):
    clocks = ("care",)
    planted = State("已栽种", tone="wait", clock="care")
    ailing = State("患病", clock="care")
    felled = State("已伐除", tone="done", final=True)

    plant = Move("栽种", to=planted, who="gardener:area admin:all",
                 ask=(Ask("code", models.CharField("编号", max_length=12)),
                      Ask("area_code", AreaCodeField("区域")),),
                 run=lambda ctx: ctx.limits.update(care=(2, "urgent_hour")), clock="start:care")
    fall_ill = Move("报病", source=(planted,), to=ailing, who="gardener:area",
                    ask=(Ask("opinion", models.TextField("说明")),
                         Ask("photos", Files("照片", kinds="image", role="report"))),
                    clock="pause:care")
    heal = Move("治愈", source=(ailing,), to=planted, who="gardener:area", clock="resume:care")
    fell = Move("伐除", source=ANY_OPEN, to=felled, who="admin:all", strong=True, clock="stop:care")


class Tree(Timed, Record):
    code = models.CharField("编号", max_length=12, unique=True)
    species = models.CharField("树种", max_length=8, choices=[("ginkgo", "银杏"), ("plane", "悬铃木")], default="plane")
    height = models.DecimalField("高度", max_digits=5, decimal_places=1, null=True, blank=True)
    area_code = AreaCodeField("区域")
    place = PointField("位置", null=True, blank=True)
    planted_on = models.DateField("栽种日期", null=True, blank=True)
    keeper_phone = SealedField("养护人电话", form="phone")
    keeper_phone_index = BlindField(of="keeper_phone")
    status = models.CharField("状态", max_length=12, choices=CareFlow.choices(), default="planted")

    def __str__(self) -> str:
        return self.code


class Trees(Register):
    model = Tree
    label = "行道树"
    key = "code"
    columns = "code species height area_code status planted_on keeper_phone"
    filters = "code species height area_code status planted_on keeper_phone"
    search = "code^2"
    form = ("code species height", "area_code place planted_on keeper_phone")
    grants = {"view": "*:area", "create": "gardener:area", "change": "gardener:area", "remove": "admin:all",
              "export": "gardener:area", "import": "admin:all", "reveal": "admin:all"}
    flow = CareFlow
    layer = Layer("place", colour="status", title="code")


DECLARES = (Trees,)
