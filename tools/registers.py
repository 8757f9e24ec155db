"""Prints what each register costs: lines of code (no blanks, comments, docstrings) of the file it is declared in.

Usage: ``tools/registers.py``; needs the project on the path, no database.
"""

from __future__ import annotations

import inspect
import io
import os
import tokenize
from pathlib import Path

IDLE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
        tokenize.ENDMARKER}


def lines_of(source: str) -> int:
    """Lines that hold code; a line that is only a docstring's does not count."""
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    code: set[int] = set()
    fresh = True
    for token in tokens:
        if token.type in IDLE:
            fresh = fresh or token.type == tokenize.NEWLINE
            continue
        if not (token.type == tokenize.STRING and fresh):
            code.update(range(token.start[0], token.end[0] + 1))
        fresh = False
    return len(code)


def table() -> list[tuple[str, str, int, int, int]]:
    """Register, its file, fields, registers in the file, lines of the file; sorted by file."""
    from gezhi.kernel.registry import registry

    files: dict[str, list[str]] = {}
    where = {}
    for register in registry.registers.values():
        path = inspect.getsourcefile(type(register)) or ""
        files.setdefault(path, []).append(register.name)
        where[register.name] = path
    root = Path(__file__).resolve().parents[1] / "src" / "gezhi"
    return [(name, str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else path,
             len(registry.register(name).model._meta.concrete_fields), len(files[path]),
             lines_of(Path(path).read_text(encoding="utf-8")))
            for name, path in sorted(where.items(), key=lambda pair: pair[1])]


def main() -> None:
    """Print the table."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gezhi.config.settings")
    django.setup()
    print(f"{'register':<20} {'file':<46} {'fields':>6} {'lines':>6}")
    for name, path, fields, beside, lines in table():
        shared = f" (with {beside - 1} more)" if beside > 1 else ""
        print(f"{name:<20} {path:<46} {fields:>6} {lines:>6}{shared}")


if __name__ == "__main__":
    main()
