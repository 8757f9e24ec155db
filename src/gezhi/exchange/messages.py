"""The real messages of a petition board: past ones with their official replies, and new ones to be sent in.

The file says when a message was sent and when it was answered, and nothing of what happened between: who took it in,
who worked on it. So the moves before the reply bear the moment of sending, those from the reply on the moment of the
reply, the work order stands with the centre of the area, and the item is "not classified". Nothing else is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gezhi.domains.cases.plain import Ended, Plain
from gezhi.domains.cases.public import Case
from gezhi.foundation.catalogue.public import item_of
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError, Invalid
from gezhi.kernel.numbers import Numbers

from .casefile import Outcome
from .places import NOTE, area_of

SOURCE = "petition_board"
CHANNEL = "leader_mailbox"
UNCLASSIFIED = "9901001"
"""The catalogue's item for what nobody has classified (待归类事项)."""
BATCH = 200
"""Cases a transaction: what a stop loses at most, and does again on the next start."""
_ONE_AT_A_TIME = 0x6D736773
"""Key of the lock that lets one import of messages write at a time."""


@dataclass(frozen=True)
class Message:
    """One message of the board.

    Attributes:
        reply, replied_at: the official answer; empty and ``None`` where there is none or its time is unknown.
        item_code, label: its item in the catalogue and its class in words, where the file has such columns.
    """

    key: str
    sender: str
    title: str
    text: str
    sent_at: dt.datetime
    reply: str = ""
    replied_at: dt.datetime | None = None
    item_code: str = ""
    label: str = ""


def rows(path: Path) -> Iterator[tuple[int, Message | str]]:
    """Line and message of a CSV file, in its order; words instead of a message that cannot be read.

    Raises:
        Invalid: a column is missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = csv.DictReader(file)
        missing = {"message_id", "sender", "title", "sent_at", "text"} - set(found.fieldnames or ())
        if missing:
            raise Invalid(_("文件缺少列：%s") % "、".join(sorted(missing)))
        for row in found:
            yield found.line_num, _message(row)


def _message(row: dict[str, Any]) -> Message | str:
    text = {name: (value or "").strip() for name, value in row.items() if isinstance(value, str | None)}
    sent, replied = _moment(text["sent_at"]), _moment(text.get("replied_at", ""))
    if sent is None or not text["message_id"] or (replied is None and text.get("replied_at")):
        return _("编号或时间有误")
    return Message(text["message_id"], text["sender"], text["title"], text["text"], sent, text.get("reply", ""),
                   replied, text.get("item_code", ""), text.get("label", ""))


def _moment(text: str) -> dt.datetime | None:
    """A moment as written; one without a zone is local time."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found


def read(path: Path) -> Iterator[Message]:
    """Messages of a CSV file, in its order.

    Raises:
        Invalid: a column is missing, or a time cannot be read; names the line.
    """
    for line, found in rows(path):
        if isinstance(found, str):
            raise Invalid(_("第 %(line)d 行：%(why)s") % {"line": line, "why": found})
        yield found


def values_of(message: Message) -> dict[str, Any]:
    """The message as a report. The sender is a code of the publisher's, so the citizen counts as anonymous."""
    return {"channel": CHANNEL, "title": message.title[:120], "content": message.text[:8000] or message.title,
            "area_code": area_of(message.title, message.text), "reporter_name": message.sender, "anonymous": True}


def load(path: Path, tick: Callable[[int, int], None] = lambda _done, _all: None) -> Outcome:
    """Take over past messages with their replies as closed cases; what was loaded before is left alone.

    Args:
        tick: told how many of how many are done.

    Returns:
        Counts ``read``, ``made``, ``known``, ``wrong``, ``no_reply_time``; the lines that are wrong, with words.

    Raises:
        Invalid: the file is wrong as a whole, or the catalogue is missing.
    """
    found = list(rows(path))
    item, outcome = _item(), Outcome()
    outcome.count["read"] = len(found)
    for start in range(0, len(found), BATCH):
        batch: list[tuple[int, Message]] = []
        for line, message in found[start:start + BATCH]:
            if isinstance(message, str):
                outcome.wrong(line, message)
            else:
                batch.append((line, message))
        _take(batch, item, outcome)
        tick(min(start + BATCH, len(found)), len(found))
    return outcome


def _take(batch: Sequence[tuple[int, Message]], item: str, outcome: Outcome) -> None:
    """Write a batch in one transaction; when something in it cannot be written, each of it in one of its own."""
    try:
        part = Outcome()
        _write(batch, item, part)
    except (GezhiError, IntegrityError) as error:
        if len(batch) == 1:
            outcome.wrong(batch[0][0], error if isinstance(error, GezhiError) else str(error))
            return
        for one in batch:
            _take([one], item, outcome)
        return
    outcome.add(part)


def _write(batch: Sequence[tuple[int, Message]], item: str, outcome: Outcome) -> None:
    with door(SYSTEM) as session:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        known = set(Case.objects.filter(source=SOURCE, source_key__in=[m.key for _line, m in batch]).values_list(
            "source_key", flat=True))
        plain, chapters = Plain(Numbers()), []
        for line, message in batch:
            if message.key in known:
                outcome.count["known"] += 1
                continue
            try:
                chapters.append(plain.tell(ended(message, item)))
            except GezhiError as error:
                outcome.wrong(line, error)
                continue
            known.add(message.key)
            outcome.count["made"] += 1
            outcome.count["no_reply_time"] += message.replied_at is None
        plain.write(session, chapters)


def _item() -> str:
    if item_of(UNCLASSIFIED) is None:
        raise Invalid(_("请先导入事项清单（gezhi import catalogue）：其中没有“%s”") % UNCLASSIFIED)
    return UNCLASSIFIED


def ended(message: Message, item: str) -> Ended:
    """The message as a case that has ended.

    Args:
        item: the catalogue's item, where the message names none.

    Raises:
        Invalid: it has no answer, or one before it was sent.
    """
    if not message.reply:
        raise Invalid(_("没有答复内容，不能作为已办结的案件导入"))
    if message.replied_at is not None and message.replied_at < message.sent_at:
        raise Invalid(_("答复时间早于留言时间"))
    return Ended(
        report=values_of(message), source=SOURCE, source_key=message.key, item_code=message.item_code or item,
        reply=message.reply, begin=message.sent_at, end=message.replied_at or message.sent_at,
        labels=[message.label] if message.label else [], filed=NOTE,
        dispatched=_("来源数据没有写明承办单位，由区域中心代管"),
        excluded=message.replied_at is None,
        closed="" if message.replied_at else _("来源数据没有答复时间，按留言时间记录，不计入考核"))
