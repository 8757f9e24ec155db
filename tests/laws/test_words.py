"""Whatever the code says in Chinese has an English translation that takes the same values."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ("django", "djangojs")
PLACES = re.compile(r"%\(\w+\)[.\d]*[sdfr]|%[.\d]*[sdfr]|%%|\{\w+\}|<[^<>]+>")
"""What a translation must leave as it is: values in %(…)s, %s and {…}, and HTML tags."""


def tool(name: str):
    """The module ``tools/<name>.py``."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


words = tool("words")


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """Singular and plural, or the only form."""
    return text if isinstance(text, tuple) else (text,)


def entries(name: str) -> list[Message]:
    """The messages of a catalogue, without its header."""
    return [message for message in words.read(name) if message.id]


@pytest.mark.parametrize("name", CATALOGUES)
def test_the_catalogue_holds_exactly_what_the_code_says(name):
    said = {(context, word) for context, word, _plural in words.collect()[name]}
    held = {(message.context, forms(message.id)[0]) for message in entries(name)}
    assert said, "the extraction found nothing"
    assert held == said, f"run `make words`: missing {sorted(said - held)[:20]}, dead {sorted(held - said)[:20]}"


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_word_has_english(name):
    lacking = words.untranslated(words.read(name))
    assert not lacking, f"{len(lacking)} words without English, among them {lacking[:20]}"
    fuzzy = [message.id for message in entries(name) if message.fuzzy]
    assert not fuzzy, f"uncertain translations are not compiled: {fuzzy[:20]}"


@pytest.mark.parametrize("name", CATALOGUES)
def test_translations_take_the_same_values(name):
    wrong = [
        (message.id, form)
        for message in entries(name) for form in forms(message.string)
        if sorted(PLACES.findall(form)) != sorted(PLACES.findall(forms(message.id)[0]))
    ]
    assert not wrong, f"values or tags differ: {wrong[:5]}"


@pytest.mark.parametrize("name", CATALOGUES)
def test_nothing_chinese_is_left_in_the_english(name):
    left = [form for message in entries(name) for form in forms(message.string)
            if re.search(r"[\u3400-\u9fff]", re.sub(r"（?\((是|否)\)", "", form))]
    assert not left, f"Chinese in translations: {left[:5]}"


def test_extraction_knows_every_way_to_say_a_word(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "ROOT", tmp_path)
    source = tmp_path / "said.py"
    source.write_text(
        "from django.utils.translation import gettext_lazy as _t, ngettext, pgettext\n"
        "A = _t('甲' '乙')\nB = ngettext('%d 件', '%d 件', n)\nC = pgettext('树', '高')\n_ = str\nD = _('丙')\n"
    )
    assert set(words.python_words(source)) == {(None, "甲乙", None), (None, "%d 件", "%d 件"), ("树", "高", None)}
    template = tmp_path / "said.html"
    template.write_text(
        "{% load i18n %}{% translate '丁（1)' %}{{ x|default:_('戊') }}"
        "{% blocktranslate count n=n %}{{ n }} 己{% plural %}{{ n }} 己{% endblocktranslate %}"
    )
    assert set(words.template_words(template)) == {(None, "丁（1)", None), (None, "戊", None),
                                                   (None, "%(n)s 己", "%(n)s 己")}
    island = tmp_path / "said.js"
    island.write_text("const a = `${_('庚')} ${fill(_(\"{n} 辛\"), {n})}`; // _('壬')\n")
    assert set(words.island_words(island)) == {(None, "庚", None), (None, "{n} 辛", None)}


def test_extraction_refuses_what_no_catalogue_can_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "ROOT", tmp_path)
    source = tmp_path / "said.py"
    source.write_text("from django.utils.translation import gettext as _\nA = _(f'{n} 件')\n")
    with pytest.raises(SystemExit, match=r"said\.py:2"):
        list(words.python_words(source))


def test_set_up_compiles_the_catalogues(tmp_path):
    lies = tmp_path / "en" / "LC_MESSAGES"
    lies.mkdir(parents=True)
    source = lies / "django.po"
    source.write_bytes((words.LOCALE / "django.po").read_bytes())
    assert tool("messages").compile_catalogue(source) >= len(entries("django"))
    with source.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert compiled.get("立案").string == "File"
    assert compiled.get("派遣").string == "Dispatch"
