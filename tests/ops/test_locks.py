"""The lock files hold every dependency by exact version and hash, and name no registry."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")


def name_of(requirement: str) -> str:
    """The normal form of the package a requirement names."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def locked(name: str) -> dict[str, int]:
    """Package → number of hashes."""
    found: dict[str, int] = {}
    package = ""
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("    --hash=sha256:"):
            found[package] += 1
        elif line and not line.startswith("#"):
            assert "==" in line, f"{name}: {line} is not exact"
            package = name_of(line)
            found.setdefault(package, 0)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_exact_hashed_and_without_hosts(name):
    packages = locked(name)
    assert packages and all(packages.values())
    assert "://" not in (ROOT / name).read_text()


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": groups["dev"],
        "requirements-node.lock": groups["setup"],
    }
    missing = {lock: sorted({name_of(each) for each in needs} - locked(lock).keys()) for lock, needs in wanted.items()}
    assert not any(missing.values()), f"run 'make lock': {missing}"


def test_npm_lock_is_exact_and_without_hosts():
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert not any("resolved" in entry for entry in lock["packages"].values())
