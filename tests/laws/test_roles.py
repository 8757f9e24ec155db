"""docs/roles.md tells what each role may do, no more and no less."""

from __future__ import annotations

from gezhi.foundation.units.role import CATALOGUE
from gezhi.kernel.registry import registry

from .test_words import tool

roles = tool("roles")


def test_the_page_is_current():
    assert roles.PAGE.read_text() == roles.page(), "run `make words`"


def test_every_role_has_its_chapter():
    text = roles.PAGE.read_text()
    assert not [code for code, *_rest in CATALOGUE if f"(`{code}`)" not in text]


def test_every_grant_names_a_role_that_is_explained():
    explained = {code for code, *_rest in (*CATALOGUE, *roles.OTHERS)} | {"nobody"}  # nobody: code alone does it
    granted = {(register.name, role) for register in registry.registers.values()
               if type(register).__module__.startswith("gezhi.") for role in register.default_grants}
    assert granted
    assert not {pair for pair in granted if pair[1] not in explained}
