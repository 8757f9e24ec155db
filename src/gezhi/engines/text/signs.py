"""Words that must not wait for anybody's reading: danger to life; marks of repeated, shared and angry complaints."""

from __future__ import annotations

import re
import time
from typing import Any

from django.db import models
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.door import Session
from gezhi.kernel.errors import Invalid
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Register

KINDS = [("danger", _("危及生命")), ("group", _("群体诉求")), ("repeat", _("重复诉求")), ("anger", _("情绪激烈"))]
KEEP_SECONDS = 20.0
_CLAUSES = re.compile(r"[，。！？；、,.!?;\s]+")


class TextSign(Record):
    """A word that marks a report; other words in the same clause may take its force away (feared, past, a risk)."""

    word = models.CharField(_("词语"), max_length=20, unique=True)
    kind = models.CharField(_("含义"), max_length=8, choices=KINDS)
    unless = models.CharField(_("同句出现则不算"), max_length=200, default="", blank=True,
                              help_text=_("空格分隔"))
    active = models.BooleanField(_("启用"), default=True)

    def __str__(self) -> str:
        return self.word


class TextSigns(Register):
    """Administrators keep the words."""

    model = TextSign
    label = _("警示词语")
    icon = "alert-octagon"
    group = "settings"
    key = "word"
    columns = "word kind unless active"
    filters = "kind active"
    search = "word^2"
    order = "id"
    form = ("word kind unless active",)
    grants = {"view": "*:all", "create": "admin:all", "change": "admin:all", "remove": "admin:all",
              "import": "admin:all", "export": "admin:all"}

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """One character alone says too little."""
        if len(record.word.strip()) < 2:
            raise Invalid({"word": [_g("词语至少两个字")]})
        forget()


_kept: tuple[float, tuple[TextSign, ...]] = (0.0, ())


def forget() -> None:
    """Read the words again at once."""
    global _kept
    _kept = (0.0, ())


def _signs() -> tuple[TextSign, ...]:
    global _kept
    if _kept[0] < time.monotonic():
        _kept = (time.monotonic() + KEEP_SECONDS, tuple(TextSign.objects.filter(active=True).order_by("id")))
    return _kept[1]


def found(text: str) -> dict[str, list[str]]:
    """The signs in a text: kind to words, each word once; ``{}`` when there are none."""
    clauses = [c for c in _CLAUSES.split(text) if c]
    out: dict[str, list[str]] = {}
    for sign in _signs():
        if sign.word in text and any(_counts(sign, clause) for clause in clauses):
            out.setdefault(sign.kind, []).append(sign.word)
    return out


def _counts(sign: TextSign, clause: str) -> bool:
    """Whether the word stands in the clause and nothing else there takes its force away."""
    return sign.word in clause and not any(cue in clause for cue in sign.unless.split())


PAST = (
    "避免 防止 以免 预防 杜绝 谨防 曾经 去年 前年 当年 以前 如果 假如 万一 一旦 难道 容易 经常 有时 "
    "害怕 担心 生怕 没有发生 未发生 风险 事件 案例 减轻生")
DANGER = (
    "有人落水 溺水 跳楼 轻生 自杀 割腕 服毒 喝农药 坠楼 煤气泄漏 燃气泄漏 天然气泄漏 "
    "液化气泄漏 煤气味 着火了 起火了 正在燃烧 冒浓烟 爆炸了 触电 漏电 电线掉落 坍塌 塌方 被困 "
    "昏迷 大出血 持刀 砍人 劫持 食物中毒")
GROUP = (
    "全体业主 众业主 业主们 全体村民 村民们 联名 集体上访 集体反映 上百户 几百户 数百户 几十户 "
    "全小区 全体员工 全体家长 众多居民 广大居民 广大业主")
REPEAT = (
    "多次反映 多次投诉 反复投诉 反复反映 再次反映 再次投诉 再次举报 多次举报 多次拨打 "
    "一直没有解决 一直未解决 至今未解决 至今没有解决 无人处理 没人管 石沉大海 互相推诿 踢皮球")
ANGER = (
    "忍无可忍 强烈不满 天理何在 还有没有王法 走投无路 逼上绝路 欺人太甚 民愤 怨声载道 鱼死网破")


def seed(session: Session) -> None:
    """Write the first words once; words an administrator removed do not come back."""
    if TextSign.objects.exists():
        return
    for kind, words, unless in (("danger", DANGER, PAST), ("group", GROUP, ""), ("repeat", REPEAT, ""),
                                ("anger", ANGER, "")):
        for word in words.split():
            session.create(TextSign, {"word": word, "kind": kind, "unless": unless}, trusted=True, emit=False)
