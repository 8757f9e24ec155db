"""The grammar: every item has words, texts differ, the seed decides, nothing is left unfilled."""

from __future__ import annotations

import re
import time
from random import Random

import pytest

from gezhi.demo.grammar import Grammar, note, note_kinds
from gezhi.demo.lexicon import Entry, clause, entries, group_of
from gezhi.demo.lexicon.components import CLAUSES, FIXES
from gezhi.demo.places import Palette, person
from gezhi.foundation.catalogue.reference import items


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(7, items())


def test_every_item_of_the_catalogue_has_words(grammar):
    for code, row in items().items():
        entry = grammar.entry(code)
        assert isinstance(entry, Entry) and entry.clauses, row.item
    assert set(entries()) <= set(items()), "the lexicon names an item that the catalogue does not have"


def test_no_text_has_an_open_slot_or_a_doubled_mark(grammar):
    rng = Random(3)
    for code in items():
        for channel in ("hotline_12345", "web", "grid_app", "department", "iot"):
            report = grammar.report(rng, code, "329901001001", channel)
            assert not re.search(r"[{}]|，，|。。|，。|\|", report.title + report.text), report
            assert report.title and len(report.text) > 8


def test_every_note_and_reply_is_whole(grammar):
    rng = Random(4)
    for kind in sorted(note_kinds() - {"remark"}):
        for _ in range(30):
            text = note(rng, kind)
            assert text and "{" not in text
    for code in items():
        for outcome in ("01", "02", "03", "04", "05", "06", "07", "08"):
            assert "{" not in grammar.reply(rng, code, outcome, "DAMAGED")


def test_the_seed_decides(grammar):
    def write(seed: int, city: int) -> list[str]:
        rng, own = Random(seed), Grammar(city, items())
        return [own.report(rng, code, "329901001002", "web").text for code in items()]

    assert write(1, 7) == write(1, 7)
    assert write(1, 7) != write(2, 7)
    assert write(1, 7) != write(1, 8), "another city has other places"


def test_tens_of_thousands_of_texts_and_fast(grammar):
    rng, codes = Random(5), list(items())
    began = time.process_time()
    texts = {grammar.report(rng, codes[i % 534], f"3299{i % 900:08d}", "web").text for i in range(40_000)}
    spent = time.process_time() - began
    assert len(texts) > 38_000
    assert 40_000 / spent > 20_000


def test_an_area_keeps_its_places():
    assert Palette.of(7, "a") == Palette.of(7, "a")
    assert Palette.of(7, "a") != Palette.of(7, "b")


def test_people_are_marked_and_cannot_be_rung():
    rng = Random(6)
    for _ in range(500):
        name, phone = person(rng)
        assert name.endswith("（演示）")
        assert re.fullmatch(r"15400\d{6}", phone)


def test_what_people_ask_propose_and_praise_is_told_apart(grammar):
    rng = Random(8)
    assert {grammar.report(rng, "1301006", "x", "web").demand for _ in range(40)} == {"感谢"}
    assert {grammar.report(rng, "1301005", "x", "web").demand for _ in range(40)} == {"建议"}
    assert grammar.report(rng, "1301004", "x", "web").demand == "咨询"
    assert grammar.report(rng, "0106028", "x", "web").demand in ("投诉", "求助", "举报")


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="无"):
        clause("{无}坏了")
    with pytest.raises(KeyError):
        group_of("8801001")


def test_each_filing_condition_has_a_clause_and_a_repair():
    known = {condition.code for row in items().values() for condition in row.conditions}
    assert known <= set(FIXES)
    assert known <= set(CLAUSES["any"])
