"""Seeing a masked field whole: asks a reason, is limited in number and time, is kept in history and in a list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.privacy.reveal_log import keep
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.kinds import INTERNAL, PUBLIC
from gezhi.kernel.records import History
from gezhi.kernel.registry import registry

PER_HOUR = 30
"""Fields one person may reveal in an hour (privacy.md 2)."""
MINUTES = 5
"""How long a revealed field stays readable in a session."""
LEAST_REASON = 4


def may_reveal(actor: Actor, record: Any, name: str) -> bool:
    """Whether the field is masked and the actor may ask to see it whole."""
    register = registry.register_of(type(record))
    kind = register.kinds.get(name) if register is not None else None
    return (kind is not None and kind.sensitivity not in (PUBLIC, INTERNAL)
            and permits(register, actor, "reveal", record))


def reveal(actor: Actor, record: Any, name: str, reason: str) -> Any:
    """The whole value of a masked field, after writing down who looked and why.

    Raises:
        Missing: no such masked field. Refused: no right, or too many in the last hour. Invalid: no reason.
    """
    register = registry.register_of(type(record))
    kind = register.kinds.get(name) if register is not None else None
    if register is None or kind is None or kind.sensitivity in (PUBLIC, INTERNAL):
        raise Missing
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid({"reason": [_("请写明查看的事由，至少 %d 个字") % LEAST_REASON]})
    since = timezone.now() - dt.timedelta(hours=1)
    if actor.user_id is not None and History.objects.filter(
            user_id=actor.user_id, verb="reveal", at__gte=since).count() >= PER_HOUR:
        raise Refused(_("一小时内最多查看 %d 次敏感信息") % PER_HOUR, hint=_("如工作需要，请联系本单位负责人"))
    with door(actor) as session:
        record = session.note(record, "reveal", opinion=reason.strip()[:500], data={"field": name})
        keep(session, register, record, name, reason.strip()[:500])
    return kind.value(record)
