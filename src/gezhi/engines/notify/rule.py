"""Rules of who is told of what: rows that an administrator edits."""

from __future__ import annotations

import re
import time
from typing import Any

from django.db import models
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _n

from gezhi.engines.tables.names import name_of
from gezhi.kernel.access import VERBS
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import History, Record
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .message import CHANNELS, KINDS

WHO = re.compile(r"(followers|assignee|reporter|[a-z_]+:(unit|centre|area))")
"""``followers``, ``assignee``, ``reporter`` (the citizen), or a role in the record's unit, centre or area."""
KEEP_SECONDS = 10.0
PEOPLE = {"followers": _("关注人"), "assignee": _("执行人"), "reporter": _("反映人")}
REACHES = {"unit": _("本单位"), "centre": _("本中心"), "area": _("本辖区")}
EVENTS = {"urgent": _("紧急上报")}
"""Events that are neither moves nor verbs of their register."""


class NotifyRule(Record):
    """When an event of this kind happens, these people are told by these channels."""

    event = models.CharField(_("事件"), max_length=60)
    who = models.CharField(_("收件人"), max_length=120,
                           help_text=_("空格分隔：followers assignee reporter 角色:unit|centre|area"))
    channels = models.CharField(_("渠道"), max_length=40, default="inbox",
                                help_text=_("空格分隔：inbox email sms wechat"))
    kind = models.CharField(_("类别"), max_length=10, choices=KINDS, default="notice")
    title = models.CharField(_("标题"), max_length=80, help_text=_("{title} 为记录名称"))
    urgent = models.BooleanField(_("夜间也发"), default=False)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "who"], name="notify_rule_once")]

    def __str__(self) -> str:
        return f"{self.event} → {self.who}"


class NotifyRules(Register):
    """Administrators say who is told."""

    model = NotifyRule
    label = _("消息规则")
    icon = "bell-cog"
    group = "system"
    columns = "event who channels kind title urgent active"
    filters = "event kind active"
    search = "event title"
    order = "event"
    form = ("event who channels kind title urgent active",)
    grants = {"view": "admin:all", "create": "admin:all", "change": "admin:all", "remove": "admin:all"}

    def says(self, record: Any, name: str) -> str | None:
        """Event, recipients and channels in words."""
        if name == "channels":
            return "、".join(str(dict(CHANNELS).get(c, c)) for c in record.channels.split())
        if name == "who":
            return "、".join(_who(w) for w in record.who.split())
        if name == "event":
            return _event(record.event)
        return None

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """Recipients and channels are of the known kinds, the title's braces are filled by what there is."""
        wrong = [w for w in record.who.split() if not WHO.fullmatch(w)]
        if wrong or not record.who.split():
            raise Invalid({"who": [_g("没有这种收件人：%s") % " ".join(wrong)]})
        strange = set(record.channels.split()) - {code for code, _label in CHANNELS}
        if strange or not record.channels.split():
            raise Invalid({"channels": [_g("没有这种渠道：%s") % " ".join(sorted(strange))]})
        if "{" in record.title.replace("{title}", "") or "}" in record.title.replace("{title}", ""):
            raise Invalid({"title": [_g("标题中只能使用 {title}")]})
        forget()


def _who(word: str) -> str:
    """A recipient in words: the role's name, and whose."""
    role, _colon, reach = word.partition(":")
    if not reach:
        return str(PEOPLE.get(role, role))
    return f"{name_of('role', role)}（{REACHES[reach]}）"


def _event(kind: str) -> str:
    """An event in words: the register and the act; the raw kind where nobody declares it."""
    name, _dot, verb = kind.partition(".")
    register = registry.registers.get(name)
    if register is None:
        return kind
    move = register.flow.moves().get(verb) if register.flow is not None else None
    label = move.label if move is not None else VERBS.get(verb) or EVENTS.get(verb)
    return f"{register.label} · {label}" if label else kind


_kept: tuple[float, dict[str, list[NotifyRule]]] = (0.0, {})


def rules_of(kind: str) -> list[NotifyRule]:
    """Active rules for an event kind; all of them are read at most every :data:`KEEP_SECONDS`."""
    global _kept
    if _kept[0] < time.monotonic():
        found: dict[str, list[NotifyRule]] = {}
        for rule in NotifyRule.objects.filter(active=True).order_by("id"):
            found.setdefault(rule.event, []).append(rule)
        _kept = (time.monotonic() + KEEP_SECONDS, found)
    return _kept[1].get(kind, [])


def forget() -> None:
    """Read the rules again."""
    global _kept
    _kept = (0.0, {})


DEFAULTS = (
    ("work_order.open", "unit_clerk:unit", "inbox sms", "todo", _n("新工单待签收：{title}"), False),
    ("work_order.rework", "unit_clerk:unit", "inbox sms", "todo", _n("工单被退回重办：{title}"), False),
    ("work_order.assign_handler", "assignee", "inbox sms", "todo", _n("有工单指派给您：{title}"), False),
    ("work_order.approve_return", "unit_clerk:unit", "inbox", "notice", _n("退回申请已同意：{title}"), False),
    ("work_order.refuse_return", "unit_clerk:unit", "inbox", "notice", _n("退回申请未获同意：{title}"), False),
    ("work_order.extended", "unit_clerk:unit", "inbox", "notice", _n("延期已批准：{title}"), False),
    ("task.give", "assignee", "inbox sms", "todo", _n("新任务：{title}"), False),
    ("task.hand_over", "assignee", "inbox sms", "todo", _n("任务改派给您：{title}"), False),
    ("application.apply", "reviewer:centre shift_leader:centre", "inbox", "todo", _n("有申请待审批：{title}"), False),
    ("application.refuse", "unit_clerk:unit", "inbox", "notice", _n("申请未获批准：{title}"), False),
    ("case.urgent", "shift_leader:area", "inbox sms", "warning", _n("特急事件：{title}"), True),
    ("case.redo", "shift_leader:centre", "inbox", "warning", _n("案件重派：{title}"), False),
    ("case.urge", "unit_clerk:unit", "inbox sms", "warning", _n("案件被催办：{title}"), False),
    ("case.instruct", "unit_clerk:unit shift_leader:centre", "inbox sms", "supervise", _n("领导批示：{title}"), True),
    ("supervision_order.issue", "unit_clerk:unit leader:unit", "inbox sms email", "supervise",
     _n("督办单待签收：{title}"), True),
    ("supervision_order.adopt", "unit_clerk:unit leader:unit", "inbox sms email", "supervise",
     _n("督办单待签收：{title}"), True),
    ("supervision_order.propose", "leader:area", "inbox", "supervise", _n("督办单待签发：{title}"), False),
    ("supervision_order.reply", "supervisor:area", "inbox", "supervise", _n("督办单已回复：{title}"), False),
    ("supervision_order.send_back", "unit_clerk:unit", "inbox sms", "supervise",
     _n("督办回复被退回补充：{title}"), False),
    ("card.issue", "unit_clerk:unit leader:unit", "inbox sms email", "supervise", _n("收到红黄牌：{title}"), True),
    ("card.appeal", "reviewer:area", "inbox", "todo", _n("红黄牌申诉待初审：{title}"), False),
    ("card.advise", "supervisor:area", "inbox", "todo", _n("红黄牌申诉待终审：{title}"), False),
    ("card.decide", "unit_clerk:unit", "inbox", "notice", _n("红黄牌申诉已有结果：{title}"), False),
    ("supervision_remark.leave", "unit_clerk:unit", "inbox", "supervise", _n("监督意见待答复：{title}"), False),
    ("supervision_remark.answer", "supervisor:area", "inbox", "notice", _n("监督意见已答复：{title}"), False),
    ("case.file", "followers reporter", "inbox sms", "notice", _n("您反映的事项已立案：{title}"), False),
    ("case.dispatch", "followers", "inbox", "notice", _n("您关注的案件已派遣：{title}"), False),
    ("case.auto_dispatch", "followers", "inbox", "notice", _n("您关注的案件已派遣：{title}"), False),
    ("case.reject", "followers reporter", "inbox sms", "notice", _n("您反映的事项未予受理：{title}"), False),
    ("case.direct_reply", "followers reporter", "inbox sms", "notice", _n("您反映的事项已答复：{title}"), False),
    ("case.close", "followers reporter", "inbox sms", "notice", _n("您反映的事项已办结：{title}"), False),
    ("case.reopen", "followers", "inbox", "notice", _n("案件重新办理：{title}"), False),
)
"""What holds until an administrator says otherwise."""


LATER = ("supervision_order.", "card.", "supervision_remark.")
"""Events of registers that came after the first installations."""


def seed(session: Session) -> None:
    """Write the default rules once; rules an administrator removed do not come back."""
    rows = list(DEFAULTS)
    if NotifyRule.objects.exists():
        begun = History.objects.filter(register="notify_rule", verb="seed").exists()
        rows = [] if begun else [r for r in DEFAULTS if r[0].startswith(LATER)]
    for event, who, channels, kind, title, urgent in rows:
        session.create(NotifyRule, {"event": event, "who": who, "channels": channels, "kind": kind, "title": title,
                                    "urgent": urgent}, verb="seed", trusted=True)
