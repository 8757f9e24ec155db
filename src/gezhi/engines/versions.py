"""What every thing under version shares: who may approve, and what differs between two versions, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.kernel.actors import Actor
from gezhi.kernel.kinds import Kind


def not_own(author_id: int | None, actor: Actor) -> Any:
    """Why a person may not approve what they declared themselves, or ``""``."""
    return _("不能审批自己申报的内容") if actor.user_id is not None and actor.user_id == author_id else ""


def fields_changed(kinds: Mapping[str, Kind], names: Sequence[str], old: Mapping[str, Any], new: Mapping[str, Any]
                   ) -> Iterator[tuple[str, str, str]]:
    """Label, text before and text after of each of the named fields that differ."""
    for name in names:
        if old[name] != new[name]:
            yield kinds[name].label, _shown(kinds[name], old[name]), _shown(kinds[name], new[name])


def _shown(kind: Kind, value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else kind.show(value)
