"""docs/dependencies.md gives a reason for every dependency, and for none that is gone."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()


def declared() -> set[str]:
    """Names of all direct dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    python = [*project["project"]["dependencies"]]
    for group in (*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()):
        python += group
    browser = json.loads((ROOT / "package.json").read_text())
    return {re.split(r"[\[<>=~! ]", name)[0] for name in python} | set(browser["dependencies"]) | set(
        browser["devDependencies"])


def explained() -> set[str]:
    """Names in the first column of the page's tables, without the system's."""
    tables = PAGE.partition("## Python")[2]
    cells = re.findall(r"^\| ([^|]+) \|", tables, re.M)
    return {re.split(r"[\[( ]", name.strip())[0] for cell in cells for name in cell.split(", ")} - {"package"}


def test_every_dependency_has_its_reason():
    assert declared() == explained()
