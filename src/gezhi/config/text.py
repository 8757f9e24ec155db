"""Words of the command line.

Commands speak before Django is set up, so this uses the standard library's gettext on the same catalogues
(``ui/locale/*/LC_MESSAGES/django.mo``), with Chinese as the source language.
"""

from __future__ import annotations

import gettext
import os
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).resolve().parents[1] / "ui" / "locale"


def english() -> bool:
    """Whether the operator reads English: GEZHI_LANGUAGE, else LC_ALL or LANG."""
    wanted = os.environ.get("GEZHI_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return wanted.lower().startswith("en")


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation("django", LOCALE, languages=["en" if english() else "zh_Hans"], fallback=True)


def _(message: str) -> str:
    """*message* (Chinese) in the operator's language: GEZHI_LANGUAGE, else LC_ALL or LANG."""
    return _catalogue().gettext(message)


class Trouble(Exception):
    """Something an operator can put right: says what is wrong and what to do, never shows a traceback.

    Args: what: one sentence on what is wrong. remedy: what to do about it, possibly a command.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
