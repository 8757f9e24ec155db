"""Gateways: what carries a message out of the house, behind one interface; a spool stands in for each."""

from __future__ import annotations

import email.message
import email.utils
import re
import smtplib
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import orjson
from django.conf import settings
from django.utils import timezone

from gezhi.kernel.kinds import kinds_of

from .message import Message


class Later(Exception):
    """The gateway does not answer or is busy: try again."""


class Never(Exception):
    """The gateway refuses this message for good."""


class Gateway(Protocol):
    """Carries messages of one channel."""

    def send(self, message: Message) -> tuple[str, str]:
        """Send; gives the receipt number and the state reached (``sent`` or ``delivered``).

        Raises:
            Later, Never.
        """


class Spool:
    """Keeps messages as files to be looked at; stands in where no provider is set up. Phones are masked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message) -> tuple[str, str]:
        """Write ``<folder>/<channel>/<day>/<id>.json``."""
        now = timezone.localtime()
        path = self.folder / message.channel / f"{now:%Y-%m-%d}" / f"{message.pk}.json"
        phone = kinds_of(Message)["phone"].mask(message.phone)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(orjson.dumps({
                "id": message.pk, "at": now.isoformat(), "to": message.recipient, "phone": phone,
                "email": message.email, "title": message.title, "text": message.text}, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise Later(str(error)) from error
        return f"spool-{message.pk}", "delivered"


class Smtp:
    """E-mail by SMTP, ``smtp://user:password@host:port`` or ``smtps://`` for TLS from the start."""

    def __init__(self, url: str, sender: str, seconds: float = 15.0) -> None:
        self.parts, self.sender, self.seconds = urlsplit(url), sender, seconds

    def send(self, message: Message) -> tuple[str, str]:
        """Hand the message to the server. The same message always bears the same Message-ID."""
        letter = email.message.EmailMessage()
        letter["From"], letter["To"] = self.sender, message.email
        letter["Subject"] = re.sub(r"\s+", " ", message.title)
        letter["Date"] = email.utils.formatdate(localtime=True)
        letter["Message-ID"] = f"<gezhi-{message.pk}@{self.sender.rpartition('@')[2]}>"
        letter.set_content(f"{message.title}\n\n{message.text}\n\n{link(message)}\n")
        kind = smtplib.SMTP_SSL if self.parts.scheme == "smtps" else smtplib.SMTP
        try:
            with kind(self.parts.hostname or "", self.parts.port or 0, timeout=self.seconds) as server:
                if self.parts.scheme != "smtps" and server.has_extn("starttls"):
                    server.starttls()
                if self.parts.username:
                    server.login(unquote(self.parts.username), unquote(self.parts.password or ""))
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            raise Never(str(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Later(str(error)) from error
        return letter["Message-ID"], "sent"


def link(message: Message) -> str:
    """The address of the record a message is about, for people outside the app."""
    if not message.link_register:
        return settings.GEZHI_PUBLIC_URL
    return f"{settings.GEZHI_PUBLIC_URL}/desk/{message.link_register}/{message.link_id}"


def gateway_of(channel: str) -> Gateway:
    """The gateway of a channel: a provider where one is set up, else the spool."""
    made: dict[str, Any] = getattr(settings, "GEZHI_GATEWAYS", {})
    if channel in made:
        return made[channel]
    if channel == "email" and settings.GEZHI_EMAIL_URL != "spool":
        return Smtp(settings.GEZHI_EMAIL_URL, settings.GEZHI_EMAIL_FROM)
    return Spool(settings.GEZHI_SPOOL)
