"""The real messages of a petition board: past ones with their official replies, and new ones to be sent in.

The file says when a message was sent and when it was answered, and nothing of what happened between: who took it in,
who worked on it. So the moves before the reply bear the moment of sending, those from the reply on the moment of the
reply, the work order stands with the centre of the area, and the item is "not classified". Nothing else is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gezhi.domains.cases.public import Case, report
from gezhi.engines.workflow.act import act
from gezhi.foundation.catalogue.public import item_of
from gezhi.foundation.units.public import Unit, centre_of
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid

from .places import NOTE, area_of

SOURCE = "petition_board"
CHANNEL = "leader_mailbox"
UNCLASSIFIED = "9901001"
"""The catalogue's item for what nobody has classified (待归类事项)."""


@dataclass(frozen=True)
class Message:
    """One message of the board.

    Attributes:
        reply, replied_at: the official answer; empty and ``None`` where there is none or its time is unknown.
    """

    key: str
    sender: str
    title: str
    text: str
    sent_at: dt.datetime
    reply: str = ""
    replied_at: dt.datetime | None = None


def read(path: Path) -> Iterator[Message]:
    """Messages of a CSV file, in its order.

    Raises:
        Invalid: a column is missing, or a time cannot be read; names the line.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = {"message_id", "sender", "title", "sent_at", "text"} - set(rows.fieldnames or ())
        if missing:
            raise Invalid(_("文件缺少列：%s") % "、".join(sorted(missing)))
        for row in rows:
            sent = parse_datetime(row["sent_at"] or "")
            if sent is None or not row["message_id"]:
                raise Invalid(_("第 %d 行：编号或时间有误") % rows.line_num)
            yield Message(row["message_id"], row["sender"], row["title"].strip(), row["text"].strip(), sent,
                          (row.get("reply") or "").strip(), parse_datetime(row.get("replied_at") or ""))


def values_of(message: Message) -> dict[str, Any]:
    """The message as a report. The sender is a code of the publisher's, so the citizen counts as anonymous."""
    return {"channel": CHANNEL, "title": message.title[:120], "content": message.text[:8000] or message.title,
            "area_code": area_of(message.title, message.text), "reporter_name": message.sender, "anonymous": True}


def load(path: Path, tick: Callable[[int, int], None] = lambda _done, _all: None) -> Counter[str]:
    """Take over past messages with their replies as closed cases; what was loaded before is left alone.

    Args:
        tick: told how many of how many are done.

    Returns:
        Counts: ``made``, ``known``, ``no_reply_time``.

    Raises:
        Invalid: the file is wrong, or the catalogue or a centre is missing.
    """
    messages = list(read(path))
    known = set(Case.objects.filter(source=SOURCE).values_list("source_key", flat=True))
    item, count = _item(), Counter[str]()
    for number, message in enumerate(messages, 1):
        if message.key in known:
            count["known"] += 1
        else:
            relive(message, item)
            count["made"] += 1
            count["no_reply_time"] += message.replied_at is None
        tick(number, len(messages))
    return count


def _item() -> str:
    if item_of(UNCLASSIFIED) is None:
        raise Invalid(_("请先导入事项清单（gezhi import catalogue）：其中没有“%s”") % UNCLASSIFIED)
    return UNCLASSIFIED


def relive(message: Message, item: str) -> Case:
    """One message from report to close, through the moves of the case line, in one transaction."""
    begin, end = message.sent_at, message.replied_at or message.sent_at
    with door(SYSTEM, at=begin):
        case, _made = report(SYSTEM, values_of(message), source=SOURCE, source_key=message.key, at=begin)
        unit = _unit(case)
        case = act(SYSTEM, case, "complete", {"item_code": item}, at=begin)
        case = act(SYSTEM, case, "file", {"opinion": NOTE, "public_visible": True}, at=begin)
        case = act(SYSTEM, case, "dispatch", {"mode": "single", "unit": unit,
                                              "opinion": _("来源数据没有写明承办单位，由区域中心代管")}, at=begin)
        order = act(SYSTEM, case.orders.get(), "sign", {}, at=begin)
        act(SYSTEM, order, "submit_result", {"outcome": "03", "reply": message.reply[:8000],
                                             "contact_method": "message"}, at=end)
        case = act(SYSTEM, Case.objects.get(pk=case.pk), "review_pass", {"inspect": "no"}, at=end)
        words = "" if message.replied_at else _("来源数据没有答复时间，按留言时间记录，不计入考核")
        return act(SYSTEM, case, "close", {"opinion": words}, at=end)


def _unit(case: Case) -> Unit:
    unit = centre_of(case.area_code)
    if unit is None:
        raise Invalid(_("本城市还没有指挥中心，请先建立单位"))
    return unit
