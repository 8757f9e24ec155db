"""What the pages of visits show beside their fields."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from gezhi.foundation.documents.attach import of_records
from gezhi.foundation.documents.serve import gallery
from gezhi.kernel.actors import Actor
from gezhi.kernel.events import Port
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry

ONLINE_PORT = Port("online_view", lambda _task, _actor: None, default=True)
"""``online_view(task, actor) -> {"url", "label"} | None``: where an online look begins. The video room provides it:
with the person's consent for this call, at an appointed time, never a camera that only watches (privacy.md 4, 5)."""


def _pictures(task_id: int | None) -> list[Any]:
    return of_records({"visit_task": [task_id]}) if task_id else []


def _online(task: Any, actor: Actor) -> dict[str, Any] | None:
    return registry.port("online_view")(task, actor) if task.online else None


TASK_PICTURES = Panel("pictures", _("现场照片"), "partials/gallery.html",
                      lambda task, _actor: {"files": gallery(_pictures(task.pk), tickets=True)},
                      when=lambda task, _actor: bool(_pictures(task.pk)), phone=True)
RECORD_PICTURES = Panel("pictures", _("现场照片"), "partials/gallery.html",
                        lambda visit, _actor: {"files": gallery(_pictures(visit.task_id), tickets=True)},
                        when=lambda visit, _actor: bool(_pictures(visit.task_id)), phone=True)
ONLINE = Panel("online", _("线上查看"), "desk/panels/visit_online.html",
               lambda task, actor: {"way": _online(task, actor)}, place="side",
               when=lambda task, actor: _online(task, actor) is not None, phone=True)
