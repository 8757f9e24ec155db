"""Whatever the code says in Chinese has an English translation that takes the same values."""

from __future__ import annotations

import ast
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


OURS = {"格治", "#格治", "简体中文", "系统", "留言回放"}
"""Names that are the same in every language, or that are written into records as a person's name is."""
DATA = {
    "demo": "the invented people, places and reports of the demo city",
    "engines/search/words.py": "words and characters that a search reads",
    "engines/text": "words and endings that a classifier reads",
    "engines/transfer/sheet.py": "yes and no as spreadsheets write them",
    "engines/metrics/evaluate.py": "a unit of time as a declaration writes it",
    "exchange/places.py": "how the archive of letters writes its places, and the remark kept with each of them",
    "exchange/ogc/wording.py": "words of which addresses that are looked for are made",
    "foundation/calendar/source.py": "names of holidays, and words that files of holidays use",
    "foundation/custom/limits.py": "words by which is known what may not be collected",
    "foundation/catalogue/importing.py": "urgencies as the catalogue's table writes them",
    "foundation/catalogue/reference.py": "how a component is put right, as the catalogue's table has it",
    "foundation/territory/plausible.py": "endings of the names of places, and the names of made-up grids",
    "foundation/territory/reshaping.py": "the name of a grid, which is data",
    "foundation/territory/sources.py": "headings that files of divisions use",
    "config/env.py": "a service's own name",
    "kernel/kinds/basic.py": "yes and no as spreadsheets write them",
    "kernel/identifiers.py": "characters of number plates",
    "kernel/kinds/masks.py": "double surnames and parts of addresses that a mask looks for",
    "foundation/premises/chart.py": "how addresses name floors below ground",
    "foundation/premises/finding.py": "endings by which names of roads and numbers of houses are known in a text",
    "foundation/premises/wording.py": "the words of which addresses are made",
    "surfaces/gallery": "samples for builders: forms, cells and pages with something in them",
}
"""Files (or folders) whose Chinese is data and not speech, each with what it is. Nothing else belongs here."""


def unmarked(path: Path) -> list[tuple[int, str]]:
    """Chinese strings of a file that no call of gettext holds and that are no docstring: line and text."""
    tree = ast.parse(path.read_bytes())
    known = words.gettext_names(tree)
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))  # a docstring
        elif isinstance(node, ast.FunctionDef) and node.name == "sample":
            passed |= {id(inner) for inner in ast.walk(node)}  # values made for tests
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            passed |= {id(inner) for argument in node.args for inner in ast.walk(argument)}
    return [(node.lineno, node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed
            and re.search(r"[\u3400-\u9fff]", node.value) and node.value not in OURS]


def test_whatever_the_code_says_in_chinese_is_marked():
    said = []
    for path in sorted(words.SOURCE.rglob("*.py")):
        name = path.relative_to(words.SOURCE)
        if {"migrations", "tests"} & set(name.parts) or any(str(name).startswith(allowed) for allowed in DATA):
            continue
        said += [f"{name}:{line}: {text}" for line, text in unmarked(path)]
    assert not said, "\n".join(said)


def test_every_exception_is_still_needed():
    for allowed in DATA:
        place = words.SOURCE / allowed
        found = [hit for path in ([place] if place.is_file() else place.rglob("*.py")) for hit in unmarked(path)]
        assert found, f"{allowed} says nothing in Chinese any more"


def test_unmarked_chinese_is_found(tmp_path):
    source = tmp_path / "said.py"
    source.write_text('"""甲"""\nfrom django.utils.translation import gettext as _t\n'
                      'A = _t("乙")\nB = f"丙 {A}"\nC = {"丁": 1}\n'
                      "def sample(self):\n    return '戊'\n")
    assert [text for _line, text in unmarked(source)] == ["丙 ", "丁"]
