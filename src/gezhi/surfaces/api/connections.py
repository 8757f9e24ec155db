"""``GET /connections``: how two things are connected."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from gezhi.engines.relations.asking import ask, said, thing
from gezhi.engines.relations.paths import Answer, Way
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid
from gezhi.kernel.registry import registry


def connections(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``?from=person:12&to=vehicle:3``: the shortest ways between them, within four steps and the actor's sight."""
    missing = [side for side in ("from", "to") if not request.GET.get(side)]
    if missing:
        raise Invalid({side: [_("请给出两端的记录")] for side in missing})
    one, other = (thing(actor, request.GET[side]) for side in ("from", "to"))
    answer = ask(actor, one, other)
    return {"answer": answer.kind, "words": said(answer), "complete": answer.whole, "looked": answer.looked,
            "ways": [_way(answer, way) for way in answer.ways]}


def _way(answer: Answer, way: Way) -> dict[str, Any]:
    things = [{"register": name, "id": pk, "title": registry.register(name).title(answer.records[name, pk])}
              for name, pk in way.nodes]
    steps = [{"words": s.words, "register": s.register.name, "id": s.pk, "own": s.own} for s in way.steps]
    return {"things": things, "steps": steps}
