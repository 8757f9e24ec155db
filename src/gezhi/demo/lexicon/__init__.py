"""The lexicon of the demo city: every clause a report, a reply or a note is made of.

All of it was written for Gezhi; none was copied. A line of an item table reads
``code setting subject|clause|clause``: *setting* is one letter telling where such a thing happens
(``SETTINGS``), *subject* the short name people use, a *clause* what they see, with slots like ``{店}`` filled
from ``words.SLOTS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from gezhi.demo.lexicon import city, disputes, groups, land, life, safety, services, words

SETTINGS = {
    "R": "小区", "D": "道路", "W": "水边", "P": "公园绿地", "M": "商铺市场", "C": "工地", "F": "企业",
    "S": "学校", "H": "医疗", "V": "村", "O": "办事窗口", "T": "车站", "X": "不限地点",
}  # fmt: skip
_SLOT = re.compile(r"\{(.{1,2}?)\}")
_ASKING = re.compile("想问|想知道|怎么|能不能|能否|吗$|咨询|什么时候|哪所|有什么补贴|缺哪一样")
_PROPOSING = re.compile("^建议|^希望")
_PRAISING = re.compile("表扬|感谢|谢谢")
_TIMED = re.compile(r"\{[天月时]\}|今天|昨|天天|每天|一夜|一早|从早上|今晚|刚|常|正在")


@dataclass(frozen=True, slots=True)
class Clause:
    """One observation, cut at its slots: ``parts`` alternate literal, slot name, literal, …

    ``tone`` is ``fact``, ``ask``, ``propose`` or ``praise``; ``timed`` says that it names a time of its own,
    so that no second one is added.
    """

    parts: tuple[str, ...]
    tone: str
    timed: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What a family of categories shares: consequences, requests, what units did, shares of demand types."""

    name: str
    consequences: tuple[str, ...]
    requests: tuple[str, ...]
    actions: tuple[str, ...]
    demand: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The phrases of one catalogue item."""

    code: str
    setting: str
    subject: str
    clauses: tuple[Clause, ...]
    group: Group = field(repr=False)


def clause(text: str) -> Clause:
    """Cut ``text`` at its slots and judge its tone.

    Raises:
        ValueError: a slot that no vocabulary fills.
    """
    parts = tuple(_SLOT.split(text))
    for slot in parts[1::2]:
        if slot not in words.SLOTS and slot != "物名":
            raise ValueError(f"unknown slot {slot!r} in {text!r}")
    tone = "fact"
    for name, pattern in (("praise", _PRAISING), ("propose", _PROPOSING), ("ask", _ASKING)):
        if pattern.search(text):
            tone = name
            break
    return Clause(parts, tone, bool(_TIMED.search(text)))


@cache
def group_of(code: str) -> Group:
    """The group of an item: the one naming the item itself, else the one naming its category.

    Raises:
        KeyError: an item that no group names.
    """
    for wanted in (code, code[:4]):
        for name, (prefixes, consequences, requests, actions, demand) in groups.GROUPS.items():
            if wanted not in prefixes.split():
                continue
            return Group(name, tuple(consequences.split("|")), tuple(requests.split("|")),
                         tuple(actions.split("|")), demand)
    raise KeyError(code)


def _entries() -> Iterator[Entry]:
    for module in (city, safety, life, disputes, services, land):
        for line in module.LINES.strip().splitlines():
            code, setting, rest = line.split(" ", 2)
            subject, *clauses = rest.split("|")
            if setting not in SETTINGS:
                raise ValueError(f"unknown setting in {line!r}")
            yield Entry(code, setting, subject, tuple(clause(text) for text in clauses), group_of(code))


@cache
def entries() -> dict[str, Entry]:
    """Every event and dispute item of the lexicon by code (components are made by ``lexicon.component``)."""
    found: dict[str, Entry] = {}
    for entry in _entries():
        if entry.code in found:
            raise ValueError(f"item {entry.code} stands twice in the lexicon")
        found[entry.code] = entry
    return found
