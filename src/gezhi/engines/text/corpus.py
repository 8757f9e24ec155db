"""Reading examples from CSV files: columns ``label`` and ``text`` (or the columns named)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from gezhi.kernel.errors import Invalid

from .train import Example

csv.field_size_limit(10_000_000)


def _rows(path: Path, wanted: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in wanted if name not in (reader.fieldnames or ())]
            if missing:
                raise Invalid(_("%(file)s 缺少列：%(names)s") % {"file": path.name, "names": " ".join(missing)})
            return list(reader)
    except UnicodeDecodeError as error:
        raise Invalid(_("%s 不是 UTF-8 编码") % path.name) from error


def examples(path: Path) -> list[Example]:
    """Examples of a file; rows without class or text are left out.

    Raises:
        Invalid: a column is missing, the encoding is not UTF-8, or no row is of use.
    """
    found = [Example(row["label"].strip(), row["text"]) for row in _rows(path, ("label", "text"))
             if (row["label"] or "").strip() and (row["text"] or "").strip()]
    if not found:
        raise Invalid(_("%s 中没有可用的样本") % path.name)
    return found


TEXT_COLUMNS = (("title",), ("text", "content"))


def texts(path: Path) -> list[str]:
    """Texts without class: column ``text`` or ``content``, after ``title`` where there is one."""
    rows = _rows(path, ())
    names = [next((n for n in group if rows and n in rows[0]), "") for group in TEXT_COLUMNS]
    if not names[1]:
        raise Invalid(_("%(file)s 缺少列：%(names)s") % {"file": path.name, "names": "text"})
    joined = (" ".join(row[n] for n in names if n and row[n]) for row in rows)
    return [text for text in joined if text.strip()]
