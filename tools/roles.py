"""Writes docs/roles.md: what each role may do, from the declarations of all registers.

Only the defaults are told; an administrator may change them for an installation (desk, 角色).
Usage: ``tools/roles.py [--check]`` (``--check`` changes nothing; exit code 1 if the page is not current).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "roles.md"
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

VERBS = {"view": "view", "create": "create", "change": "change", "remove": "remove", "export": "export",
         "import": "import", "reveal": "reveal sensitive data", "upload": "upload"}
OTHERS = (
    ("*", "every role", "Added to what the role itself may do."),
    ("public", "citizen", "Whoever is not signed in."),
    ("app", "application", "A key of another system (应用密钥); the key names which of these it may use."),
    ("system", "the system", "Jobs, timers and events; nobody can sign in as it."),
)
HEAD = """# Roles

What each role may do when nothing was changed, written from the registers' declarations by `make words`; a test holds
it current. An administrator changes it for an installation on the desk (组织机构 › 角色), down to one permission. The
engine, not the page, judges each request. A person holds *posts*: a role in a unit with an area; a request is made by
one post. Privileged roles need a second factor.

After each `@` stands the reach, the records that the permission covers: `all`; `area` (the post's area and everything
below); `unit` (the post's unit and those below, or orders given to them); `centre` (cases whose pool is this centre or
one below); `parent` (orders given out by the post's unit); `own` (one's own); `handler` (assigned to oneself); `owner`
(whoever may view the record it hangs on); `loose` (not attached to a record yet); `named` (a running programme that
names oneself as keeper or helper); `work` (given to one's unit to be put right).

"""


def setup() -> None:
    """Make the registry ready; needs no database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")
    django.setup()


def english() -> Any:
    """A function from a Chinese word to ``中文 English``."""
    import words

    catalogue = words.read("django")

    def say(word: Any) -> str:
        known = catalogue.get(str(word))
        return f"{word} {known.string}" if known and isinstance(known.string, str) and known.string else str(word)

    return say


def granted(role: str) -> Iterator[tuple[Any, dict[str, tuple[str, ...]]]]:
    """Of every register in which *role* may do something by itself: its verbs and their reaches."""
    from gezhi.kernel.registry import registry

    for register in registry.registers.values():
        if not type(register).__module__.startswith("gezhi."):
            continue
        own = register.default_grants.get(role, {})
        if own:
            yield register, {name.partition(".")[2]: reaches for name, reaches in own.items()}


def table(role: str, say: Any) -> Iterator[str]:
    """The table of one role."""
    rows = []
    for register, verbs in granted(role):
        moves = register.flow.moves() if register.flow is not None else {}
        names = {verb: say(moves[verb].label) if verb in moves else VERBS.get(verb, verb) for verb in verbs}
        told = {verb: f"{names[verb]} @{'/'.join(sorted(reaches))}" for verb, reaches in verbs.items()}
        plain = [words for verb, words in told.items() if verb not in moves]
        acts = [words for verb, words in told.items() if verb in moves]
        rows.append(f"| {say(register.label)} | {', '.join(plain)} | {', '.join(acts)} |")
    if rows:
        yield from ("", "| register | may | moves |", "|---|---|---|", *rows)
    else:
        yield from ("", "Nothing beyond what every role may do.")
    yield ""


def page() -> str:
    """The whole page."""
    from django.utils import translation

    from gezhi.foundation.units.role import CATALOGUE

    with translation.override("zh-hans"):
        say = english()
        lines = []
        for code, label, face, privileged in CATALOGUE:
            lines += [f"## {say(label)} (`{code}`)", "", f"Phone: {face} pages.{' Privileged.' if privileged else ''}",
                      *table(code, say)]
        for code, label, note in OTHERS:
            lines += [f"## {label} (`{code}`)", "", note, *table(code, say)]
    return HEAD + "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the page; returns a process exit code."""
    setup()
    fresh = page()
    if "--check" in arguments:
        return 0 if PAGE.exists() and PAGE.read_text() == fresh else 1
    PAGE.write_text(fresh)
    print(f"docs/roles.md: {fresh.count('## ')} roles")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
