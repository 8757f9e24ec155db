"""Runs every check of the project and says what failed.

The quick ones are style, imports and types; then come Django's own checks and the tests, on a PostgreSQL of
their own (``var/test``) unless DATABASE_URL names another.
Usage: ``tools/check.py [--quick | --fuzz] [pytest arguments]``; ``--fuzz`` sends random requests for ten minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BIN = Path(PYTHON).parent

QUICK = (
    ("style", [BIN / "ruff", "check", "--quiet", "src", "tests", "bench", "tools"]),
    ("imports", [BIN / "lint-imports"]),
    ("types", [BIN / "mypy"]),
)
DJANGO = (
    ("system checks", [PYTHON, "-m", "gezhi", "manage", "check", "--fail-level", "WARNING"]),
    ("migrations", [PYTHON, "-m", "gezhi", "manage", "makemigrations", "--check", "--dry-run"]),
)


def check(title: str, command: list) -> bool:
    """Run one check, its output shown; True if it passed."""
    started = time.monotonic()
    print(f"== {title}", flush=True)
    passed = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0
    print(f"== {title}: {'passed' if passed else 'FAILED'}, {time.monotonic() - started:.0f} s", flush=True)
    return passed


def main(arguments: list[str]) -> int:
    """Run all; returns a process exit code."""
    quick, fuzz = "--quick" in arguments, "--fuzz" in arguments
    rest = [argument for argument in arguments if argument not in ("--quick", "--fuzz")]
    os.environ.setdefault("GEZHI_HOME", str(ROOT / "var" / "test"))
    os.environ.setdefault("GEZHI_FSYNC", "false")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    checks = QUICK if quick else (*QUICK, *DJANGO, ("tests", [PYTHON, "-m", "pytest", "-n", "2", *rest]))
    if fuzz:
        os.environ.setdefault("FUZZ_SECONDS", "600")
        checks = (("fuzz", [PYTHON, "-m", "pytest", "-s", "tests/contract/test_fuzz.py", *rest]),)
    failed = [title for title, command in checks if not check(title, command)]
    print("== FAILED: " + ", ".join(failed) if failed else "== all passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
