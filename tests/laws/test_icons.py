"""An icon that is named is in the sprite: a name of no outline is drawn as nothing, and nobody is told."""

from __future__ import annotations

import re
from pathlib import Path

import gezhi
from gezhi.kernel.registry import registry

from .test_words import tool

SOURCE = Path(gezhi.__file__).parent
DRAWN = set(re.findall(r'<symbol id="([^"]+)"', (SOURCE / "ui/static/icons/icons.svg").read_text()))


def test_declarations_name_icons_that_are_drawn():
    named = {(register.name, icon) for register in registry.registers.values()
             for icon in (register.icon, register.layer.icon if register.layer else "table")}
    assert len(named) > 10
    assert not {pair for pair in named if pair[1] not in DRAWN}


def test_templates_name_icons_that_are_drawn():
    named = {(path.name, icon) for path in SOURCE.rglob("templates/**/*.html")
             for icon in re.findall(r'\{% icon "([a-z0-9-]+)"', path.read_text())}
    assert len(named) > 50
    assert not {pair for pair in named if pair[1] not in DRAWN}


def test_the_sprite_holds_what_its_list_names():
    assert set(tool("icons").NAMES) <= DRAWN
