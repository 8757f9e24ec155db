"""Memory of each process of an installation: at rest after the start, after load, and at rest again.

Proportional set size (a page shared by n processes counts 1/n to each), with descendants. The ratio is web's growth
under load: near 1 means that nothing is kept from request to request.
"""

from __future__ import annotations

import os
import time
import urllib.request
from typing import Any

from bench_intake import spot
from client import load

from house import House, house, tell

SECONDS = float(os.environ.get("BENCH_SECONDS", "15"))


def memory(home: House) -> dict[str, float]:
    """Megabytes by process name."""
    from gezhi.config.procfs import memory_of, tree

    return {name: round(sum(map(memory_of, tree(pid))) / 2**20, 1) for name, pid in home.pids().items()}


def main() -> None:
    """Start, look, load, look, wait, look."""
    print(__doc__, flush=True)
    with house() as home:
        home.django()
        from django.db import connection

        from gezhi.kernel.actors import SYSTEM
        from gezhi.surfaces.api.app_key import issue

        secret = issue(SYSTEM, {"name": "bench", "per_minute": 0})[1]
        urllib.request.urlopen(f"{home.web}/readyz", timeout=30).read()
        time.sleep(3)
        found: dict[str, Any] = {"at_rest": memory(home)}
        place = spot()
        first = load(home.web, secret, place, SECONDS / 3, 32)
        found["warm"] = memory(home)
        second = load(home.web, secret, place, SECONDS, 32)
        found["after_load"] = memory(home)
        time.sleep(10)
        found["rest_again"] = memory(home)
        connection.close()
    for when, sizes in found.items():
        print(f"  {when}: {sizes}", flush=True)
    tell({"bench": "memory", "ratio": round(found["after_load"]["web"] / found["warm"]["web"], 2),
          "reports": int(first["per_second"] * SECONDS / 3 + second["per_second"] * SECONDS), "megabytes": found})


if __name__ == "__main__":
    main()
