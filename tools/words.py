"""Brings the word catalogues up to the code: Chinese is the source language, English the translation.

Reads every Python file, template and island below ``src/gezhi`` and rewrites ``ui/locale/en/LC_MESSAGES/django.po``
and ``djangojs.po``: new words come in untranslated, words that nothing says any more go out, translations stay.
The files are sorted and name neither lines nor dates, so that they change only when words change.
Python is read by its syntax tree and not by xgettext, because the tree knows under which name a file imported
gettext, and needs no program that a fresh machine lacks.
Usage: ``tools/words.py [--check]`` (``--check`` changes nothing; exit code 1 if a catalogue is not current).
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "gezhi"
LOCALE = SOURCE / "ui" / "locale" / "en" / "LC_MESSAGES"
HEADER = """# English words of Gezhi. Written by tools/words.py; the translations are edited here.
msgid ""
msgstr ""
"Project-Id-Version: gezhi\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
Word = tuple[str | None, str, str | None]
"""Context or None, the word, its plural or None."""

SHAPES = {
    "_": (None, 0, None),
    "gettext": (None, 0, None), "gettext_lazy": (None, 0, None), "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1), "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None), "pgettext_lazy": (0, 1, None), "npgettext": (0, 1, 2), "npgettext_lazy": (0, 1, 2),
}
"""The places of context, word and plural among the arguments of each function of django.utils.translation, and of
``_`` of config/text.py."""


def said(call: ast.Call, shape: tuple[int | None, int, int | None], where: str) -> Word:
    """The word a call names.

    Raises: SystemExit: an argument is not a plain string, so that no catalogue can hold it.
    """
    def text(place: int | None) -> str | None:
        if place is None:
            return None
        argument = call.args[place] if place < len(call.args) else None
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            raise SystemExit(f"{where}:{call.lineno}: gettext of something that is not a plain string")
        return argument.value

    context, word, plural = shape
    return text(context), text(word) or "", text(plural)


def gettext_names(tree: ast.AST) -> dict[str, tuple[int | None, int, int | None]]:
    """The names under which a file imported the functions of gettext, with the places of their arguments."""
    return {
        alias.asname or alias.name: SHAPES[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(("utils.translation", "text"))
        for alias in node.names if alias.name in SHAPES
    }


def python_words(path: Path) -> Iterator[Word]:
    """The words of a Python file, by whatever names it imported the functions of gettext."""
    tree = ast.parse(path.read_bytes())
    names = gettext_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            if len(node.args) == 1 and isinstance(node.args[0], ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                continue  # a word that was marked elsewhere, translated now
            yield said(node, names[node.func.id], str(path.relative_to(ROOT)))


def template_words(path: Path) -> Iterator[Word]:
    """The words of a template's translate and blocktranslate tags and of ``_("…")`` in its expressions."""
    source = path.read_text()
    if "trans" not in source and "_(" not in source:
        return
    pythonic = templatize(source, origin=str(path.relative_to(ROOT)))
    for match in re.finditer(r"\b(n?p?gettext|_)(?=\()", pythonic):
        call = ast.parse(first_call(pythonic[match.start():])).body[0]
        shape = SHAPES["gettext" if match[1] == "_" else match[1]]
        yield said(call.value, shape, str(path.relative_to(ROOT)))  # type: ignore[attr-defined]


def first_call(text: str) -> str:
    """The shortest beginning of *text* up to a closing bracket that is valid Python."""
    for match in re.finditer(r"\)", text):
        try:
            ast.parse(text[:match.end()])
        except SyntaxError:
            continue
        return text[:match.end()]
    raise SystemExit(f"no call in {text[:60]!r}")


def island_words(path: Path) -> Iterator[Word]:
    """The words of an island (``_`` of core.js)."""
    with path.open("rb") as file:
        found = extract_javascript(file, ("_", "gettext"), (), {"parse_template_string": True})
        for _line, _name, words, _comments in found:
            if isinstance(words, str):
                yield None, words, None


def words_of(pattern: str, reader: Callable[[Path], Iterator[Word]]) -> set[Word]:
    """All words of the files that *pattern* names, tests excepted."""
    files = (path for path in sorted(SOURCE.glob(pattern)) if not {"tests", "vendor", "node_modules"} & set(path.parts))
    return {word for path in files for word in reader(path) if word[1].strip()}


@cache
def collect() -> dict[str, set[Word]]:
    """The words of the code by the name of their catalogue."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    return {
        "django": words_of("**/*.py", python_words) | words_of("**/templates/**/*.html", template_words),
        "djangojs": words_of("ui/static/islands/*.js", island_words),
    }


def read(name: str) -> Catalog:
    """The catalogue as it lies in the project; an empty one if there is none."""
    path = LOCALE / f"{name}.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def merged(old: Catalog, words: set[Word]) -> Catalog:
    """A catalogue of exactly *words*, with the translations *old* has."""
    new = Catalog(locale="en", charset="utf-8")
    for context, word, plural in words:
        known = old.get(word, context)
        string = known.string if known and isinstance(known.string, tuple) == bool(plural) else None
        new.add((word, plural) if plural else word, string or (("", "") if plural else ""), context=context)
    return new


def write(name: str, catalog: Catalog) -> None:
    """Write the catalogue, sorted, without locations and dates."""
    LOCALE.mkdir(parents=True, exist_ok=True)
    with (LOCALE / f"{name}.po").open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, catalog, width=0, no_location=True, omit_header=True, sort_output=True)


def untranslated(catalog: Catalog) -> list[str]:
    """The words that have no translation."""
    return sorted(str(message.id) for message in catalog if message.id and not (
        all(message.string) if isinstance(message.string, tuple) else message.string))


def main() -> int:
    """Update or check the catalogues; returns a process exit code."""
    parser = argparse.ArgumentParser(description="Bring the word catalogues up to the code.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a catalogue is not current")
    check = parser.parse_args().check
    stale = 0
    for name, words in collect().items():
        old = read(name)
        have = {(m.context, m.id if isinstance(m.id, str) else m.id[0]) for m in old if m.id}
        want = {(context, word) for context, word, _plural in words}
        new = merged(old, words)
        if not check:
            write(name, new)
        missing = untranslated(new)
        stale += len(have ^ want) + len(missing)
        print(f"{name}: {len(want)} words, {len(want - have)} new, {len(have - want)} gone, "
              f"{len(missing)} without English")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
