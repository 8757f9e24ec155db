"""Compiles the translations (``src/gezhi/**/*.po``) that are newer than their compiled form."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]


def compile_catalogue(source: Path) -> int:
    """Write the .mo beside the .po *source*; returns how many messages are translated."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parents[1].name)
    fresh = source.with_suffix(".mo.new")
    with fresh.open("wb") as file:
        write_mo(file, catalogue, use_fuzzy=False)
    fresh.rename(source.with_suffix(".mo"))
    return sum(bool(message.id and message.string) for message in catalogue)


def main() -> int:
    """Compile all; returns a process exit code."""
    for source in sorted((ROOT / "src" / "gezhi").glob("**/LC_MESSAGES/*.po")):
        print(f"{source.relative_to(ROOT)}: {compile_catalogue(source)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
