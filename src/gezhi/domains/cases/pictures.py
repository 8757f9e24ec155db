"""Pictures and sound of a matter: of the case, its orders and tasks, and how it was beside how it is."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.foundation.documents.attach import of_records
from gezhi.foundation.documents.models import Document
from gezhi.foundation.documents.serve import gallery, pair
from gezhi.kernel.access import permits, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.registers import Panel
from gezhi.kernel.registry import registry

from . import models as m

MEDIA = ("image", "audio", "video")


def pictures(case: Any, actor: Actor, whole: bool = False) -> dict[str, Any]:
    """Variables of ``partials/gallery.html``; a fixed number of queries.

    Args:
        whole: show everything and add passes: for whoever must look at the matter on the spot, and may not otherwise
            see the orders by which others put it right.
    """
    owners: dict[str, list[int]] = {}
    if whole or permits(registry.register("case"), actor, "view", case):
        owners["case"] = [case.pk]
    for name, model in (("work_order", m.WorkOrder), ("task", m.Task)):
        seen = Q() if whole else sight(registry.register(name), actor)
        owners[name] = list(model.objects.filter(seen, case=case).values_list("pk", flat=True))
    found = [d for d in of_records(owners) if d.kind in MEDIA]
    return {"files": gallery(found, tickets=whole), **pair(found, tickets=whole)}


def has_pictures(case: Any) -> bool:
    """Whether anything was photographed or recorded."""
    orders, tasks = case.orders.values("pk"), case.tasks.values("pk")
    of = (Q(owner_type="case", owner_id=case.pk) | Q(owner_type="work_order", owner_id__in=orders)
          | Q(owner_type="task", owner_id__in=tasks))
    return Document.objects.filter(of, kind__in=MEDIA).exists()


_LABEL, _TEMPLATE = _("照片与录音"), "partials/gallery.html"

CASE_PICTURES = Panel("pictures", _LABEL, _TEMPLATE, pictures, when=lambda case, _actor: has_pictures(case), phone=True)
ORDER_PICTURES = Panel("pictures", _LABEL, _TEMPLATE, lambda order, actor: pictures(order.case, actor),
                       when=lambda order, _actor: has_pictures(order.case), phone=True)
TASK_PICTURES = Panel("pictures", _LABEL, _TEMPLATE,
                      lambda task, actor: pictures(task.case, actor, whole=task.post_id == actor.post_id),
                      when=lambda task, _actor: has_pictures(task.case), phone=True)
