"""The question "how are these two connected" as surfaces put it: two things in the address, and the answer drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from gezhi.engines.tables.query import Query
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .paths import STEPS, Answer, Step, Way, connect, things

CHOICES = 8
"""Records offered where a text names several."""
Address = Callable[[Register, Any], str]
"""Where a record's page is on this surface."""


def thing(actor: Actor, text: str) -> Any:
    """The record that ``register:id`` names.

    Raises:
        Invalid: it names none. Missing: there is none in sight.
    """
    name, _colon, pk = text.partition(":")
    register = registry.registers.get(name)
    if register is None or register not in things(actor) or not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        raise Invalid({"from": [_("请写成“登记簿:编号”，如 person:12")]})
    found = register.model.objects.filter(sight(register, actor), pk=int(pk)).select_related(*register.related).first()
    if found is None:
        raise Missing
    return found


def choices(actor: Actor, register: Register, text: str) -> list[Any]:
    """Things in sight that a text names: by number, else by search."""
    text = text.strip()[:100]
    if not text:
        return []
    exact = register.find(text)
    if exact is not None:
        return list(register.model.objects.filter(sight(register, actor), pk=exact.pk))
    return list(Query(register, actor, {"q": text}).rows().order_by("-pk")[:CHOICES]) if register.search else []


def ask(actor: Actor, one: Any, other: Any) -> Answer:
    """The ways between two records."""
    first, second = (_register(r).name for r in (one, other))
    return connect(actor, (first, one.pk), (second, other.pk))


def drawn(answer: Answer, address: Address, see: Callable[[Register], bool]) -> list[dict[str, Any]]:
    """Ways as ``partials/ways.html`` draws them: things and, between them, the words of the step.

    Args:
        address: page of a record.
        see: whether a register has pages on this surface.
    """
    return [{"nodes": [_node(answer, way, at, address, see) for at in range(len(way.nodes))], "steps": len(way.steps)}
            for way in answer.ways]


def _node(answer: Answer, way: Way, at: int, address: Address, see: Callable[[Register], bool]) -> dict[str, Any]:
    register = registry.register(way.nodes[at][0])
    record = answer.records[way.nodes[at]]
    step = way.steps[at] if at < len(way.steps) else None
    return {"title": register.title(record), "label": str(register.label), "icon": register.icon,
            "url": address(register, record.pk) if see(register) else "",
            "step": _step(step, address, see) if step is not None else None}


def _step(step: Step, address: Address, see: Callable[[Register], bool]) -> dict[str, Any]:
    own = step.own and see(step.register)
    return {"words": step.words, "forward": step.forward, "own": step.own,
            "url": address(step.register, step.pk) if own else ""}


def said(answer: Answer) -> str:
    """The answer in a sentence."""
    if answer.ways:
        steps = len(answer.ways[0].steps)
        if not steps:
            return _("这是同一条记录")
        words = _("最短经过 %(steps)d 步，共列出 %(ways)d 条关系") % {"steps": steps, "ways": len(answer.ways)}
        return words if answer.whole else words + _("（有的记录关联过多，可能还有别的关系）")
    if answer.whole:
        return _("%d 步以内，在您可以查看的记录里没有关联") % STEPS
    return _("关联的记录太多，没有查完，不能断定有没有关联；可以换成更具体的一端再查")


def context(actor: Actor, params: Mapping[str, str], address: Address, see: Callable[[Register], bool]
            ) -> dict[str, Any]:
    """Everything the page of the question shows.

    Args:
        params: ``from``, ``to`` (``register:id``); ``in`` and ``q``, a register and what somebody there is called.

    Raises:
        Invalid, Missing: an end that names nothing in sight.
    """
    ends = {side: thing(actor, params[side]) if params.get(side) else None for side in ("from", "to")}
    offered = things(actor)
    chosen = next((r for r in offered if r.name == params.get("in")), None)
    open_ = next((side for side, record in ends.items() if record is None), "")
    text = params.get("q", "").strip()
    found = choices(actor, chosen, text) if open_ and chosen is not None else []
    kept = {side: _name(record) for side, record in ends.items() if record is not None}
    answer = ask(actor, ends["from"], ends["to"]) if not open_ else None
    return {
        "ends": [{"side": side, "record": _end(record, address, see) if record is not None else None,
                  "drop": {k: v for k, v in kept.items() if k != side}} for side, record in ends.items()],
        "open": open_, "kept": kept, "text": text, "chosen": chosen.name if chosen is not None else "",
        "registers": [{"name": r.name, "label": str(r.label)} for r in offered],
        "found": [{**_end(r, address, see), "pick": {**kept, open_: _name(r)}} for r in found],
        "sought": bool(open_ and chosen is not None and text), "answer": answer,
        "said": said(answer) if answer is not None else "",
        "ways": drawn(answer, address, see) if answer is not None else [],
    }


def _name(record: Any) -> str:
    return f"{_register(record).name}:{record.pk}"


def _end(record: Any, address: Address, see: Callable[[Register], bool]) -> dict[str, Any]:
    register = _register(record)
    return {"title": register.title(record), "label": str(register.label), "icon": register.icon,
            "url": address(register, record.pk) if see(register) else ""}


def _register(record: Any) -> Register:
    register = registry.register_of(type(record))
    assert register is not None
    return register
