"""From an event to messages, once for each event, recipient and channel."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext

from gezhi.kernel import seal
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import Session, door
from gezhi.kernel.errors import DeclarationError
from gezhi.kernel.events import Consumer
from gezhi.kernel.records import Event
from gezhi.kernel.registry import registry

from .message import Message
from .rule import NotifyRule, rules_of

STALE = dt.timedelta(days=2)
"""Nobody is told of what happened longer ago: imports of past cases, a worker that was down for days."""


@dataclass(frozen=True)
class Recipient:
    """Somebody to be told, as the ``recipients`` port gives them.

    Args:
        staff_id: member of staff, for the inbox.
        phone, email, openid: where other channels reach them; ``""`` where they do not.
    """

    name: str
    staff_id: int | None = None
    phone: str = ""
    email: str = ""
    openid: str = ""

    def address(self, channel: str) -> str:
        """Where the channel reaches this person, or ``""``."""
        if channel == "inbox":
            return f"staff {self.staff_id}" if self.staff_id is not None else ""
        return {"sms": self.phone, "email": self.email, "wechat": self.openid}[channel]


def consume(event: Event) -> None:
    """Tell those whom the rules name of an event."""
    rules = [*rules_of(event.kind), *_named(event)]
    if not rules or timezone.now() - event.at > STALE or event.register not in registry.registers:
        return
    record = registry.register(event.register).model.objects.filter(pk=event.record_id).first()
    if record is None:
        return
    try:
        recipients = registry.port("recipients")
    except DeclarationError:
        return
    title = str(event.payload.get("title") or registry.register(event.register).title(record))
    with door(SYSTEM) as session:
        for rule in rules:
            for who in rule.who.split():
                for person in recipients(who, record):
                    _tell(session, event, rule, person, title)


def _named(event: Event) -> list[NotifyRule]:
    """Whom the event itself names (a rule that an administrator wrote), as ``tell`` in its payload."""
    tell = event.payload.get("tell")
    return [NotifyRule(event=event.kind, **tell)] if isinstance(tell, dict) else []


def _tell(session: Session, event: Event, rule: NotifyRule, person: Recipient, title: str) -> None:
    for channel in rule.channels.split():
        address = person.address(channel)
        if not address:
            continue
        key = seal.passing(address)
        if Message.objects.filter(event_id=event.pk, channel=channel, address_key=key).exists():
            continue
        inbox = channel == "inbox"
        session.create(Message, {
            "channel": channel, "kind": rule.kind, "staff_id": person.staff_id, "recipient": person.name[:80],
            "phone": person.phone if channel == "sms" else None, "email": person.email if channel == "email" else "",
            "title": gettext(rule.title).replace("{title}", title)[:120], "link_register": event.register,
            "link_id": event.record_id, "event_id": event.pk, "address_key": key, "urgent": rule.urgent,
            "state": "delivered" if inbox else "queued", "sent_at": session.now if inbox else None,
            "next_at": None if inbox else session.now}, verb="tell", trusted=True, emit=inbox,
            payload={"staff": person.staff_id, "kind": rule.kind})


CONSUMER = Consumer("notify", (), consume, bare=lambda kind: bool(rules_of(kind)))

