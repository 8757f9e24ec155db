"""An installation in miniature, run as a script by tests: a real PostgreSQL and two small programs."""

from __future__ import annotations

import sys

from gezhi.config.env import load, split_bind
from gezhi.config.processes import Program, local
from gezhi.config.supervisor import Supervisor

PROGRAMS = (
    Program(
        "web",
        lambda env: [
            sys.executable,
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            str(split_bind(env.bind)[1]),
        ],
        url=lambda env: local(env.bind, "/"),
    ),
    Program("worker", lambda env: [sys.executable, "-c", "import time; time.sleep(3600)"]),
)

if __name__ == "__main__":
    Supervisor(load(), lambda line: print(line, flush=True), PROGRAMS).run(
        lambda: print("prepared", flush=True), lambda: print("ready", flush=True)
    )
