"""Rewrites the lock files: exact versions and hashes, no address of any registry. Needs uv and npm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPILE = (
    "uv",
    "pip",
    "compile",
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--universal",
    "--python-version",
    "3.11",
)
LOCKS = (
    ("requirements.lock", ("pyproject.toml", "--extra", "s3")),
    ("requirements-dev.lock", ("--group", "dev", "--constraints", "requirements.lock")),
    ("requirements-node.lock", ("--group", "setup")),
)
UPGRADE = "--upgrade"


def main() -> int:
    """Rewrite all; ``--upgrade`` takes newer versions. Returns a process exit code."""
    more = (UPGRADE,) if UPGRADE in sys.argv[1:] else ()
    for name, source in LOCKS:
        subprocess.run([*COMPILE, *more, *source, "--output-file", name], cwd=ROOT, check=True)
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, check=True)
    named = [name for name, _ in LOCKS if "://" in (ROOT / name).read_text()]
    if '"resolved"' in (ROOT / "package-lock.json").read_text():
        named.append("package-lock.json")
    if named:
        print("These name a registry: " + ", ".join(named), file=sys.stderr)
    return 1 if named else 0


if __name__ == "__main__":
    sys.exit(main())
