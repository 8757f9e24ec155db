"""The four families of rules: what each asks for, and how its answers are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gezhi.kernel.errors import Invalid
from gezhi.kernel.fields import Amount, Rows
from gezhi.kernel.workflow import Ask

from .declare import OPERATORS, Subject, all_facts, subject_of, subjects
from .tree import from_rows, to_rows

FAMILIES = [("deadline", _("时限")), ("warning", _("预警")), ("supervision", _("督办")), ("assessment", _("绩效"))]
MEASURES = [("share", _("已用时达到时限的百分比")), ("remaining", _("距截止不足（小时）")),
            ("overdue", _("超期满（小时）")), ("begin", _("符合条件即可"))]
"""When a rule acts on a record that satisfies its conditions."""
RECIPIENTS = [("unit_clerk:unit", _("承办单位联络员")), ("assignee", _("经办人")),
              ("acceptor:centre", _("中心受理员")), ("dispatcher:centre", _("中心派遣员")),
              ("shift_leader:centre", _("中心值班长")), ("reviewer:centre", _("中心审核员")),
              ("supervisor:area", _("辖区督查员")), ("leader:area", _("辖区领导")), ("followers", _("关注人"))]
CHANNELS = [("inbox", _("站内")), ("inbox sms", _("站内和短信")), ("inbox email", _("站内和邮件")),
            ("inbox sms email", _("站内、短信和邮件"))]
LEVELS = [("normal", _("一般督办")), ("key", _("重点督办")), ("listed", _("挂牌督办")), ("yellow", _("黄牌")),
          ("red", _("红牌"))]


def fact_choices() -> list[tuple[str, Any]]:
    """Facts a row of conditions may name."""
    return [(name, f.label) for name, f in all_facts().items()]


def operator_choices() -> list[tuple[str, Any]]:
    """Comparisons of all types of facts; several types share a code and differ in words."""
    return [("in", _("为 / 属于")), ("not_in", _("不为 / 不属于")), ("ge", OPERATORS["number"]["ge"]),
            ("le", OPERATORS["number"]["le"]), ("eq", OPERATORS["number"]["eq"])]


def subject_choices() -> list[tuple[str, Any]]:
    """Registers that rules may be about."""
    return [(name, s.label) for name, s in subjects().items()]


def clock_choices() -> list[tuple[str, Any]]:
    """Clocks whose limit a rule may set."""
    return list({c: s.clocks()[c] for s in subjects().values() for c in s.deadlines}.items())


def _kept(name: str) -> Callable[[Any, Any], Any]:
    """The present value of a version that is amended."""
    return lambda record, _actor: getattr(record, name) if record is not None else None


def _step(name: str) -> Callable[[Any, Any], Any]:
    return lambda record, _actor: record.steps[0].get(name) if record is not None and record.steps else None


def _limit(record: Any, _actor: Any) -> Any:
    if record is None or not record.limit_value:
        return None
    return {"value": record.limit_value, "unit": record.limit_unit}


CONDITIONS = Ask("conditions", Rows(_("条件（同一组须都符合，符合任一组即可）"), most=20, of=(
    ("group", models.PositiveSmallIntegerField(_("组"), default=1, blank=True)),
    ("fact", models.CharField(pgettext_lazy("rules", "项目"), max_length=40, choices=fact_choices)),
    ("op", models.CharField(_("比较"), max_length=8, choices=operator_choices)),
    ("value", models.CharField(_("值（代码或名称，逗号分隔）"), max_length=400)))),
    default=lambda record, _actor: to_rows(record.conditions) if record is not None else None)
TAIL = (Ask("effective_from", models.DateTimeField(_("生效时间（空为批准时）"), null=True, blank=True),
            default=_kept("effective_from")),
        Ask("open_too", models.BooleanField(_("生效前已开始计时的也适用"), default=True, blank=True),
            default=lambda record, _actor: record.open_too if record is not None else True),
        Ask("opinion", models.TextField(_("依据和理由"), max_length=2000),
            default=lambda record, _actor: record.basis if record is not None else ""))
WHEN = (Ask("measure", models.CharField(_("何时"), max_length=10, choices=MEASURES), default=_step("measure")),
        Ask("value", models.FloatField(_("达到（百分比或小时）"), default=0, blank=True), default=_step("value")))
OWN: dict[str, tuple[Ask, ...]] = {
    "warning": (Ask("steps", Rows(_("提醒"), least=1, most=6, of=(
        ("measure", models.CharField(_("何时"), max_length=10, choices=MEASURES)),
        ("value", models.FloatField(_("达到"), default=0, blank=True)),
        ("who", models.CharField(_("提醒谁"), max_length=40, choices=RECIPIENTS)),
        ("channels", models.CharField(_("渠道"), max_length=24, choices=CHANNELS, default="inbox", blank=True)))),
        default=_kept("steps")),),
    "deadline": (Ask("clock", models.CharField(_("环节"), max_length=20, choices=clock_choices),
                     default=_kept("clock")),
                 Ask("limit", Amount(_("时限")), default=_limit),
                 Ask("priority", models.PositiveSmallIntegerField(_("优先级（大者先）"), default=10, blank=True),
                     default=_kept("priority"))),
    "supervision": (*WHEN, Ask("level", models.CharField(_("督办级别或牌色"), max_length=8, choices=LEVELS),
                               default=_step("level")),
                    Ask("reply", Amount(_("回复或申诉期限")), default=_step("reply"))),
    "assessment": (*WHEN, Ask("points", models.FloatField(_("扣分")), default=_step("points"))),
}
"""What only one family asks for."""


def asks(family: str, *, new: bool) -> tuple[Ask, ...]:
    """What the form of a family asks for; a new rule also for its name and what it is about."""
    head = (Ask("name", models.CharField(_("规则名称"), max_length=60)),
            Ask("subject", models.CharField(_("适用对象"), max_length=40, choices=subject_choices))) if new else ()
    return (*head, CONDITIONS, *OWN[family], *TAIL)


def values_of(family: str, register: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Fields of a version from the checked inputs of its form.

    Raises:
        Invalid: conditions that this subject has not, amounts that make no sense.
    """
    subject = subject_of(register)
    tree = from_rows(inputs["conditions"], subject)
    out: dict[str, Any] = {"conditions": tree, "basis": inputs["opinion"], "open_too": inputs["open_too"],
                           "effective_from": inputs["effective_from"], "steps": _steps(family, inputs)}
    if family == "deadline":
        _check_deadline(subject, tree, inputs)
        out.update(clock=inputs["clock"], limit_value=inputs["limit"]["value"], limit_unit=inputs["limit"]["unit"],
                   priority=inputs["priority"])
    return out


def _check_deadline(subject: Subject, tree: Any, inputs: dict[str, Any]) -> None:
    """A limit is set before its clock runs: nothing about clocks can be asked then."""
    from .tree import leaves

    if inputs["clock"] not in subject.deadlines:
        raise Invalid({"clock": [_t("“%s”没有这个环节的时限") % subject.label]})
    timed = {f.name: f for f in subject.timed()}
    wrong = [timed[leaf["fact"]].label for leaf in leaves(tree) if leaf["fact"] in timed]
    if wrong:
        raise Invalid({"conditions": [_t("时限在计时开始前确定，不能以“%s”为条件") % wrong[0]]})


def _steps(family: str, inputs: dict[str, Any]) -> list[dict[str, Any]]:
    if family == "deadline":
        return []
    if family == "warning":
        steps = [dict(row) for row in inputs["steps"]]
    else:
        own = {"supervision": ("level", "reply"), "assessment": ("points",)}[family]
        steps = [{n: inputs[n] for n in ("measure", "value", *own)}]
    for number, step in enumerate(steps, 1):
        if step["measure"] == "begin":
            step["value"] = 0
        elif not 0 <= step["value"] <= 10_000 or (step["measure"] == "share" and not 0 < step["value"] <= 100):
            raise Invalid({"steps" if family == "warning" else "value": [
                _t("第 %d 行：数值超出范围（百分比 1 至 100，小时 0 至 10000）") % number]})
    if family == "assessment" and not 0 < steps[0]["points"] <= 100:
        raise Invalid({"points": [_t("扣分应大于 0、不超过 100")]})
    return steps
