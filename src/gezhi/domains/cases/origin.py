"""Where a case came from, if it came from a record of this house (a referral after a visit): the way back to it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry


def origin(case: Any, actor: Actor) -> dict[str, Any] | None:
    """Register and record that ``source`` and ``source_key`` name, to whoever may see it; ``None`` otherwise."""
    register = registry.registers.get(case.source) if case.source and case.source_key.isdecimal() else None
    if register is None or not actor.may(f"{register.name}.view"):
        return None
    record = register.model.objects.filter(pk=int(case.source_key)).first()
    if record is None or not permits(register, actor, "view", record):
        return None
    return {"register": register, "record": record, "title": register.title(record)}


ORIGIN = Panel("origin", _("来源记录"), "desk/panels/case_origin.html", lambda case, actor: origin(case, actor) or {},
               place="side", when=lambda case, actor: origin(case, actor) is not None)
