"""The operator's handbook names every setting and every command."""

from __future__ import annotations

from pathlib import Path

from gezhi.config.cli import COMMANDS
from gezhi.config.env import Env

HANDBOOK = (Path(__file__).resolve().parents[2] / "docs" / "operator.md").read_text()


def test_every_setting_is_explained():
    missing = [name for name in Env.model_fields if f"| `GEZHI_{name.upper()}` |" not in HANDBOOK]
    assert not missing, f"docs/operator.md lacks {missing}"


def test_every_command_is_named():
    assert not [name for name, _words in COMMANDS if name not in HANDBOOK]
