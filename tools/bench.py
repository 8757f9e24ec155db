"""Runs every benchmark (``bench/bench_*.py``) in turn; the last line of each is one JSON object of figures.

Usage: ``tools/bench.py [part of a name …]``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measure(path: Path) -> dict:
    """Run one benchmark, showing what it says; returns its figures, or what went wrong under ``error``."""
    process = subprocess.Popen([sys.executable, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    last = ""
    for line in process.stdout or ():
        print(line, end="", flush=True)
        last = line if line.strip() else last
    if process.wait():
        return {"bench": path.stem, "error": f"exit code {process.returncode}"}
    try:
        return json.loads(last)
    except ValueError:
        return {"bench": path.stem, "error": "the last line is no JSON"}


def main(wanted: list[str]) -> int:
    """Run all, or those whose name holds one of *wanted*; returns a process exit code."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    paths = [
        path
        for path in sorted((ROOT / "bench").glob("bench_*.py"))
        if not wanted or any(part in path.stem for part in wanted)
    ]
    if not paths:
        print("No benchmark of that name.", file=sys.stderr)
        return 1
    load = os.getloadavg()[0]
    if load > 1:
        print(
            f"The machine is busy (load {load:.1f}): plain figures will be low, ratios less so.", flush=True
        )
    results = [measure(path) for path in paths]
    print("\n== all benchmarks")
    for result in results:
        print(json.dumps(result, ensure_ascii=False))
    return 1 if any("error" in result for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
