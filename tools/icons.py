"""Builds ``ui/static/icons/icons.svg``, the one sprite of every icon a page or a declaration may name.

The outlines are those of Tabler Icons (MIT); the five lights are our own. The sprite is kept under version
control, so this runs only when a name is added to ``tools/icons.txt``:
``npm install --no-save @tabler/icons && python tools/icons.py``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
TARGET = ROOT / "src" / "gezhi" / "ui" / "static" / "icons" / "icons.svg"

NAMES = (Path(__file__).parent / "icons.txt").read_text(encoding="utf-8").split()

LIGHTS = {
    "green": '<circle cx="12" cy="12" r="9"/>',
    "yellow": '<path d="M12 3 22 21H2Z"/>',
    "red": '<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8Z"/>',
    "grey": '<path d="M5 4h5v16H5zM14 4h5v16h-5z"/>',
    "blue": '<path fill-rule="evenodd" '
    'd="M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Zm5.6 6.4-1.8-1.6-5.4 6.3-2.5-2.4-1.7 1.8 4.4 4.1Z"/>',
}


def outline(name: str) -> str:
    """The drawing inside one Tabler outline, less its invisible bounding path; OSError when there is none."""
    content = (SOURCE / f"{name}.svg").read_text(encoding="utf-8")
    paths = re.findall(r"<(?:path|circle|rect|line)\b[^>]*?/>", content, re.DOTALL)
    drawn = (re.sub(r"\s+", " ", path) for path in paths if 'd="M0 0h24v24H0z"' not in path)
    return "".join(drawn)


def main() -> int:
    """Write the sprite; returns a process exit code, 1 when a named outline does not exist."""
    wanted = sorted(set(NAMES))
    missing = [name for name in wanted if not (SOURCE / f"{name}.svg").is_file()]
    if missing:
        print("No such outline: " + ", ".join(missing), file=sys.stderr)
        return 1
    drawings = {name: outline(name) for name in wanted} | {
        f"light-{name}": drawn for name, drawn in LIGHTS.items()
    }
    symbols = [
        f'<symbol id="{name}" viewBox="0 0 24 24">{drawn}</symbol>' for name, drawn in drawings.items()
    ]
    remark = "<!-- Outlines: Tabler Icons, MIT licence, copyright Pawel Kuna. Made by tools/icons.py. -->"
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    body = "\n".join(symbols)
    TARGET.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{remark}\n{body}\n</svg>\n', encoding="utf-8")
    print(f"{len(symbols)} icons, {TARGET.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
