"""The team of a piece of territory on its page; who it is, the room of units says (port ``team``)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry


def _team(record: Any, actor: Actor) -> dict[str, Any]:
    return {"rows": registry.port("team")(record.area_code, actor)}


TEAM = Panel("team", _("网格队伍"), "territory/team.html", _team, phone=True,
             when=lambda _record, actor: actor.may("post.view"))
