"""The mailbox: letters become reports, once each by their Message-ID, with their attachments."""

from __future__ import annotations

import email
import email.policy
import hashlib
import imaplib
import io
import mailbox
import re
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import nh3
import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.domains.cases import public as cases
from gezhi.engines.jobs import Periodic
from gezhi.engines.workflow.act import act
from gezhi.foundation.documents.receive import receive
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError

from . import mapping
from .adapter import Adapter, ExchangeLog, log
from .places import city_code

slog = structlog.get_logger(__name__)
MOST = 100
"""Letters taken at a time from one mailbox."""
FILES = 9
_TAGS = re.compile(r"<[^>]+>")


def letters(adapter: Adapter) -> Iterator[bytes]:
    """Raw letters of the mailbox: a folder of ``.eml`` files, a maildir, or an IMAP folder (unseen ones).

    Raises:
        OSError, imaplib.IMAP4.error: the mailbox cannot be read.
    """
    if adapter.endpoint.startswith(("imap://", "imaps://")):
        yield from _imap(adapter)
        return
    folder = Path(adapter.endpoint)
    if (folder / "new").is_dir() and (folder / "cur").is_dir():
        box = mailbox.Maildir(str(folder), create=False)
        yield from (box.get_bytes(key) for key in sorted(box.keys()))
        return
    yield from (path.read_bytes() for path in sorted(folder.glob("*.eml")))


def _imap(adapter: Adapter) -> Iterator[bytes]:
    parts = urlsplit(adapter.endpoint)
    kind = imaplib.IMAP4_SSL if parts.scheme == "imaps" else imaplib.IMAP4
    with kind(parts.hostname or "", parts.port or (993 if parts.scheme == "imaps" else 143), timeout=30) as server:
        server.login(unquote(parts.username or ""), adapter.secret or "")
        _said(server.select(unquote(parts.path.strip("/")) or "INBOX"))
        for number in _said(server.search(None, "UNSEEN"))[0].split()[:MOST]:
            yield cast(bytes, _said(server.fetch(number, "(BODY.PEEK[])"))[0][1])
            _said(server.store(number, "+FLAGS", "\\Seen"))  # reached only when the letter was dealt with


def _said(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data of an IMAP answer; raises the server's own words where it refused, which imaplib lets pass."""
    state, data = answer
    if state != "OK":
        words = b" ".join(part for part in data if isinstance(part, bytes))
        raise imaplib.IMAP4.error(words.decode("utf-8", "replace"))
    return data


def text_of(letter: EmailMessage) -> str:
    """The words of a letter: its plain part, else its HTML without tags."""
    part = letter.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        text = part.get_content()
    except (LookupError, UnicodeDecodeError):
        text = cast(bytes, part.get_payload(decode=True) or b"").decode("gb18030", "replace")
    if part.get_content_subtype() == "html":
        text = _TAGS.sub(" ", nh3.clean(text, tags={"p", "br"}).replace("<br>", "\n").replace("</p>", "\n"))
    return str(text).replace("\x00", "").strip()


def key_of(letter: EmailMessage, raw: bytes) -> str:
    """The Message-ID, or the letter's digest where it has none; short enough for a case."""
    name = str(letter["Message-ID"] or "").strip()
    return _key(name) or hashlib.sha256(raw).hexdigest()


def _key(name: str) -> str:
    """A Message-ID short enough for a case."""
    name = name.strip("<>")
    return name if len(name) <= 80 else hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def take(adapter: Adapter, raw: bytes) -> str:
    """Make a report of one letter. Returns ``acked``, ``repeated`` or ``refused``; each is kept in the log."""
    try:
        letter = email.message_from_bytes(raw, policy=email.policy.default)
        key = key_of(letter, raw)
        if ExchangeLog.objects.filter(adapter=adapter, key=key).exists():
            return "repeated"
        values, above = _read(adapter, letter), _above(letter)
    except (ValueError, LookupError, AttributeError, TypeError) as error:  # headers that Python's parser gives up on
        key = hashlib.sha256(raw).hexdigest()
        if ExchangeLog.objects.filter(adapter=adapter, key=key).exists():
            return "repeated"
        log(adapter, key, raw, "refused", error=_("信件无法解析：%s") % type(error).__name__)
        return "refused"
    return _keep(adapter, letter, raw, key, values, above)


def _read(adapter: Adapter, letter: EmailMessage) -> dict[str, Any]:
    """The letter as a report, without its attachments."""
    subject = " ".join(str(letter["Subject"] or "").split())
    sender = letter["From"].addresses[0] if letter["From"] and letter["From"].addresses else None
    words = text_of(letter) or subject
    if sender is not None:
        words += "\n" + _("（来信邮箱：%s）") % sender.addr_spec
    values = {
        "channel": "leader_mailbox", "title": subject[:120], "content": words[:8000],
        "area_code": adapter.area_code or city_code(), "reporter_name": (sender.display_name if sender else "")[:80],
        "anonymous": True, **mapping.apply(adapter.mapping, {"subject": subject, "text": words})}
    values.pop(mapping.KEY, None)
    return values


def _above(letter: EmailMessage) -> list[str]:
    """Keys of the letters this one answers, the nearest first."""
    names = " ".join(str(letter[head] or "") for head in ("References", "In-Reply-To"))
    return list(dict.fromkeys(_key(name) for name in reversed(names.split())))[:20]


def _keep(adapter: Adapter, letter: EmailMessage, raw: bytes, key: str, values: dict[str, Any],
          above: list[str]) -> str:
    """Add the letter to the open case of the letter it answers, or make a case of it."""
    actor = SYSTEM.through(f"mail {adapter.code}")
    try:
        with door(actor):
            values["photos"] = _files(letter)
            case = _thread(adapter, above, values["reporter_name"])
            made = True
            if case is not None:
                act(actor, case, "supplement", {"opinion": str(values["content"])[:2000], "photos": values["photos"]})
            else:
                case, made = cases.report(actor, values, source=adapter.code, source_key=key)
    except GezhiError as error:
        log(adapter, key, raw, "refused", error=str(error))
        return "refused"
    state = "acked" if made else "repeated"
    log(adapter, key, raw, state, biz_no=case.query_code)
    return state


def _thread(adapter: Adapter, above: list[str], name: str) -> Any:
    """The open case that an answered letter of the same person made; the newest such letter counts."""
    codes = dict(ExchangeLog.objects.filter(adapter=adapter, key__in=above, state="acked").values_list("key", "biz_no"))
    for key in above:
        if codes.get(key):
            with suppress(GezhiError):
                case = cases.by_code(codes[key])
                if case.open and case.reporter_name == name:
                    return case
    return None


def _files(letter: EmailMessage) -> list[int]:
    """Attachments as documents; one that the house does not take is left out and said in the log of the process."""
    out = []
    for part in list(letter.iter_attachments())[:FILES]:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes) or not data:
            continue
        try:
            with door(SYSTEM):
                out.append(receive(SYSTEM, io.BytesIO(data), part.get_filename() or "attachment").pk)
        except GezhiError as error:
            slog.info("attachment_left_out", why=str(error))
    return out


def collect() -> dict[str, int]:
    """Read every mailbox that is switched on. Returns how many letters came to what."""
    count: dict[str, int] = {}
    for adapter in Adapter.objects.filter(mode="mail", enabled=True).order_by("id"):
        problem = ""
        try:
            for number, raw in enumerate(letters(adapter)):
                if number >= MOST and adapter.endpoint.startswith("imap"):
                    break
                state = take(adapter, raw)
                count[state] = count.get(state, 0) + 1
        except (OSError, imaplib.IMAP4.error) as error:
            problem = str(error)[:200]
            slog.warning("mailbox_unreadable", adapter=adapter.code, error=problem)
        with suppress(GezhiError), door(SYSTEM) as session:
            session.change(adapter, {"ran_at": timezone.now(), "problem": problem}, verb="run", trusted=True,
                           emit=False)
    return count


PERIODIC = Periodic("exchange.mail", 60, collect)
