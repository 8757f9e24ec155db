"""The grammar of the demo city: writes reports, replies and notes in Chinese from the lexicon, from a seed.

Nothing here is quoted from anybody. A text is put together as
*opening · when · where · what · how long · consequence · request · what was tried · closing*, each part
drawn from the lexicon, so that an item with two clauses still yields many thousands of texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from gezhi.demo.lexicon import Clause, Entry, components, entries, unitwords, words
from gezhi.demo.lexicon.component import clauses_for, entry_for
from gezhi.demo.lexicon.groups import DEMANDS
from gezhi.demo.places import Palette

VOICE_OF_CHANNEL = {
    "hotline_12345": "phone", "police_110": "phone", "emergency_119": "phone", "grid_app": "worker",
    "department": "unit", "superior": "unit", "subordinate": "unit", "petition": "unit", "media": "unit",
    "iot": "device", "video_ai": "device",
}  # fmt: skip
"""Who writes on a channel; every channel not named is a citizen at a keyboard (``web``)."""

_HASTY = frozenset({"emergency"})
_TITLES = (
    "{place}{subject}",
    "{subject}",
    "关于{place}{subject}的{demand}",
    "{place}{subject}，{request}",
    "反映{subject}",
)


class ItemLike(Protocol):
    """What the grammar needs of a catalogue item."""

    @property
    def item(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def conditions(self) -> Iterable[object]: ...


@dataclass(frozen=True, slots=True)
class Report:
    """One invented report: title, text, place phrase, demand type and (components) filing condition code."""

    title: str
    text: str
    place: str
    demand: str
    condition: str


def pick(rng: Random, options: tuple[str, ...]) -> str:
    """One of ``options`` (faster than ``rng.choice``)."""
    return options[int(rng.random() * len(options))]


def fill(rng: Random, clause: Clause, name: str = "") -> str:
    """A clause with its slots filled; ``name`` is the component's own name."""
    parts = clause.parts
    if len(parts) == 1:
        return parts[0]
    out = [parts[0]]
    for index in range(1, len(parts), 2):
        slot = parts[index]
        out.append(name if slot == "物名" else pick(rng, words.SLOTS[slot]))
        out.append(parts[index + 1])
    return "".join(out)


def expand(rng: Random, text: str) -> str:
    """Fill slots of a plain phrase such as ``，已经{天}了``."""
    if "{" not in text:
        return text
    for slot in ("天", "月", "米"):
        mark = "{" + slot + "}"
        if mark in text:
            text = text.replace(mark, pick(rng, words.SLOTS[slot]))
    return text


class Grammar:
    """Writes the texts of one demo city.

    Args:
        seed: the city's seed; it decides the places of each area.
        items: catalogue items by code; see ``foundation.catalogue.reference.items``.
    """

    def __init__(self, seed: int, items: Mapping[str, ItemLike]) -> None:
        self._seed = seed
        self._items = items
        self._palettes: dict[str, Palette] = {}
        self._entries: dict[str, Entry] = dict(entries())
        self._conditions: dict[str, tuple[str, ...]] = {}
        self._variants: dict[tuple[str, str], tuple[Clause, ...]] = {}
        for code, row in items.items():
            codes = tuple(condition.code for condition in row.conditions)  # type: ignore[attr-defined]
            if row.kind == "component_anomaly":
                codes = codes or components.DEFAULT_CONDITIONS
                self._entries[code] = entry_for(code, row.item, codes)
                name = row.item.removesuffix("异常")
                for condition in codes:
                    self._variants[code, condition] = clauses_for(name, condition)
            self._conditions[code] = codes

    def palette(self, area_code: str) -> Palette:
        """The invented places of an area; made once and kept."""
        found = self._palettes.get(area_code)
        if found is None:
            found = self._palettes[area_code] = Palette.of(self._seed, area_code)
        return found

    def entry(self, code: str) -> Entry:
        """The lexicon entry of an item.

        Raises:
            KeyError: an item the lexicon does not know.
        """
        return self._entries[code]

    def report(self, rng: Random, code: str, area_code: str, channel: str = "web") -> Report:
        """Write a report about an item.

        Args:
            rng: source of chance; the same state gives the same text.
            code: 7-digit item code.
            area_code: the community where it happens; decides the place names.
            channel: a channel of the glossary; decides who speaks.

        Raises:
            KeyError: an item the lexicon does not know.
        """
        entry = self._entries[code]
        condition = pick(rng, self._conditions[code]) if self._conditions[code] else ""
        clause = self._clause(rng, entry, condition)
        what = fill(rng, clause, entry.subject.removesuffix("异常"))
        place = self.palette(area_code).at(rng, entry.setting)
        voice = VOICE_OF_CHANNEL.get(channel, "web")
        demand = self._demand(rng, entry, clause)
        if clause.tone != "fact":
            text = self._plain(rng, voice, place, what)
        elif voice in ("worker", "device"):
            text = self._noted(rng, voice, place, what)
        else:
            text = self._told(rng, entry, clause, voice, place, what)
        return Report(self._title(rng, entry, place, demand), text, place, demand, condition)

    def _clause(self, rng: Random, entry: Entry, condition: str) -> Clause:
        variants = self._variants.get((entry.code, condition), entry.clauses)
        return variants[int(rng.random() * len(variants))]

    def _demand(self, rng: Random, entry: Entry, clause: Clause) -> str:
        if clause.tone != "fact":
            return {"ask": "咨询", "propose": "建议", "praise": "感谢"}[clause.tone]
        shares = entry.group.demand[:3]
        point = rng.random() * sum(shares)
        for name, share in zip(DEMANDS, shares, strict=False):
            point -= share
            if point < 0:
                return name
        return DEMANDS[0]

    def _title(self, rng: Random, entry: Entry, place: str, demand: str) -> str:
        pattern = pick(rng, _TITLES)
        request = pick(rng, entry.group.requests) if "{request}" in pattern else ""
        return pattern.format(place=place, subject=entry.subject, demand=demand, request=request)

    def _plain(self, rng: Random, voice: str, place: str, what: str) -> str:
        where = f"（{place}）" if place and rng.random() < 0.5 else ""
        end = "" if what.endswith(("谢谢", "感谢")) else pick(rng, words.CLOSING)
        return f"{pick(rng, words.OPENINGS[voice])}{what}{where}。{end}"

    def _noted(self, rng: Random, voice: str, place: str, what: str) -> str:
        closing = pick(rng, words.WORKER_CLOSING) if voice == "worker" else "请核实处置。"
        joint = "，" if place else ""
        return f"{pick(rng, words.OPENINGS[voice])}{place}{joint}{what}。{closing}"

    def _told(self, rng: Random, entry: Entry, clause: Clause, voice: str, place: str, what: str) -> str:
        draw = rng.random
        group = entry.group
        hasty = group.name in _HASTY
        when = lasting = before = ""
        if not clause.timed:
            if hasty:
                when = "刚才"
            elif draw() < 0.5:
                when = pick(rng, words.WHEN)
            else:
                lasting = expand(rng, pick(rng, words.LASTING))
        if not hasty:
            before = expand(rng, pick(rng, words.BEFORE))
        lead = f"{when}{place}"
        if place and when and draw() < 0.5:
            lead = f"{place}，{when}"
        joint = "，" if lead and not lead.endswith("，") else ""
        effect = f"，{pick(rng, group.consequences)}" if draw() < 0.7 else ""
        request = f"{pick(rng, group.requests)}。" if draw() < 0.8 else ""
        opening = pick(rng, words.OPENINGS[voice])
        return f"{opening}{lead}{joint}{what}{lasting}{effect}。{request}{before}{pick(rng, words.CLOSING)}"

    def reply(self, rng: Random, code: str, outcome: str, condition: str = "") -> str:
        """What a unit answers when it hands in its result.

        Args:
            rng: source of chance.
            code: item code.
            outcome: an ``OUTCOME`` code of the case line, ``01`` (solved) to ``08`` (proceedings opened).
            condition: filing condition of a component, which names the repair.

        Raises:
            KeyError: an unknown item or outcome.
        """
        looked, contact = pick(rng, unitwords.LOOKED), pick(rng, unitwords.CONTACTED)
        if outcome == "01":
            action = pick(rng, self._entries[code].group.actions)
            if condition and rng.random() < 0.5:
                action = f"已{components.FIXES[condition]}"
            found = pick(rng, unitwords.FOUND)
            return f"{looked}，{found}。处理情况：{action}。{contact}{pick(rng, unitwords.PLAN)}"
        return f"{looked}。{pick(rng, _OUTCOMES[outcome])}{contact}"


_OUTCOMES = {
    "02": unitwords.PARTLY,
    "03": unitwords.EXPLAINED,
    "04": unitwords.PLANNED,
    "05": unitwords.IMPOSSIBLE,
    "06": unitwords.NOT_TRUE,
    "07": unitwords.GUIDED,
    "08": unitwords.PUNISHED,
}
_NOTES: dict[str, tuple[str, ...]] = {
    "verified_true": unitwords.VERIFIED_TRUE,
    "verified_false": unitwords.VERIFIED_FALSE,
    "verified_part": unitwords.VERIFIED_PART,
    "inspect_ok": unitwords.INSPECT_OK,
    "inspect_bad": unitwords.INSPECT_BAD,
    "direct": unitwords.DIRECT,
    "remark": unitwords.REMARK,
    "review_ok": unitwords.REVIEW_OK,
    "review_bad": unitwords.REVIEW_BAD,
    "coordinate": unitwords.COORDINATE,
    "decided": unitwords.DECIDED,
    "urge": unitwords.URGE,
    "hard": unitwords.HARD,
    "instruct": unitwords.INSTRUCT,
    **{f"return_{code}": texts for code, texts in unitwords.RETURN.items()},
    **{f"extend_{code}": texts for code, texts in unitwords.EXTEND.items()},
    **{f"suspend_{code}": texts for code, texts in unitwords.SUSPEND.items()},
    **{f"reject_{code}": texts for code, texts in unitwords.REJECT.items()},
    **{f"callback_{score}": texts for score, texts in unitwords.CALLBACK.items()},
}


def note(rng: Random, kind: str) -> str:
    """A note of the staff.

    Args:
        rng: source of chance.
        kind: such as ``verified_true``, ``return_01``, ``callback_5``; see ``note_kinds``.

    Raises:
        KeyError: an unknown kind.
    """
    return expand(rng, pick(rng, _NOTES[kind]))


def note_kinds() -> frozenset[str]:
    """Every kind that ``note`` knows."""
    return frozenset(_NOTES)
