"""Click's own words in Chinese: usage lines and refusals of wrong options.

Click asks gettext for English msgids, and in the language of variables that do not name ours. Its words therefore stand
in ``ui/locale/zh_Hans/LC_MESSAGES/click.po`` and are put in the place of the function that each module of click asks.
"""

from __future__ import annotations

import gettext
import importlib

from .text import LOCALE, english

MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def speak() -> None:
    """Let click speak Chinese, unless the operator's language is English."""
    if english():
        return
    words = gettext.translation("click", LOCALE, languages=["zh_Hans"], fallback=True)
    for name in MODULES:
        module = importlib.import_module(f"click.{name}")
        for function, translate in (("_", words.gettext), ("ngettext", words.ngettext)):
            if hasattr(module, function):
                setattr(module, function, translate)
