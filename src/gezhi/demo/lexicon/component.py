"""Entries for component anomalies: made of the component's own name and its filing conditions."""

from __future__ import annotations

from gezhi.demo.lexicon import Clause, Entry, clause, components, group_of

_PLACES = {"tree": "P", "pipe": "D"}
_INDOOR = ("电梯", "快递柜", "晒衣架", "旧衣物", "健身", "地下室", "楼号")
_WATER = ("水域", "防汛", "港监", "跨河", "栈桥", "排放口", "泵站")


def object_class(name: str) -> str:
    """The class of a component by its name; ``any`` when no class knows it."""
    for label, marks in components.CLASSES:
        if any(mark in name for mark in marks):
            return label
    return "any"


def _setting(name: str, label: str) -> str:
    if any(mark in name for mark in _INDOOR):
        return "R"
    if any(mark in name for mark in _WATER):
        return "W"
    if "公交" in name or "轨道" in name:
        return "T"
    return _PLACES.get(label, "D")


def clauses_for(name: str, condition: str) -> tuple[Clause, ...]:
    """The clauses for a component in one filing condition, its class's own first, general ones added.

    Args:
        name: the component's name without 异常.
        condition: a code of ``components.FIXES``.
    """
    label = object_class(name)
    own = components.CLAUSES.get(label, {}).get(condition, "")
    general = components.CLAUSES["any"].get(condition, components.CLAUSES["any"]["OTHER"])
    texts = [text for text in (own, general) if text]
    return tuple(clause(text) for text in "|".join(texts).split("|"))


def entry_for(code: str, item_name: str, conditions: tuple[str, ...]) -> Entry:
    """The lexicon entry of one component item.

    Args:
        code: 7-digit item code.
        item_name: the catalogue's name, with or without 异常.
        conditions: its filing conditions; the usual four when the catalogue lists none.
    """
    name = item_name.removesuffix("异常")
    found: list[Clause] = []
    for condition in conditions or components.DEFAULT_CONDITIONS:
        found.extend(clauses_for(name, condition))
    return Entry(code, _setting(name, object_class(name)), f"{name}异常", tuple(found), group_of(code))
