"""Load for the public intake: ``wrk`` where it is installed, else a client of our own; and pgbench as the ceiling."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import re
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TEXT = "小区门口的路灯已经三天不亮了，晚上老人出门很不安全，请尽快来看一看。"
REPORT: dict[str, Any] = {"channel": "web", "title": "路灯不亮", "content": TEXT, "address": "平江街道大儒巷 12 号",
                          "anonymous": True}
PATH = "/api/v1/public/reports"

LUA = """
math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) %% 1000000)
local seed = string.format("%%d-%%d-", os.time(), math.random(1, 2000000000))
local n = 0
local body = %s
function request()
  n = n + 1
  return wrk.format("POST", "%s", {["Content-Type"] = "application/json", ["Authorization"] = "Bearer %s",
    ["Idempotency-Key"] = seed .. n}, body)
end
"""


def run(command: list[str]) -> str:
    """Run a program and give its output; its errors end the benchmark."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} … failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def load(url: str, secret: str, place: tuple[float, float], seconds: float, clients: int) -> dict[str, Any]:
    """Send reports as fast as ``clients`` connections can.

    Returns:
        ``client`` (which was used), ``per_second``, ``p50_ms``, ``p99_ms``, ``bad`` (answers that were not 2xx).
    """
    body = json.dumps({**REPORT, "place": {"lon": place[0], "lat": place[1]}}, ensure_ascii=False)
    if shutil.which("wrk"):
        return _wrk(url, secret, body, seconds, clients)
    return _own(url, secret, body, seconds, clients)


def _wrk(url: str, secret: str, body: str, seconds: float, clients: int) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA % (f"[==[{body}]==]", PATH, secret))
        script.flush()
        out = run(["wrk", f"-c{clients}", "-t2", f"-d{int(seconds)}s", "--latency", "-s", script.name, url])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)

    def ms(share: str) -> float:
        number, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", out).groups()  # type: ignore[union-attr]
        return round(float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit], 2)

    return {"client": "wrk", "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),  # type: ignore[index]
            "p50_ms": ms("50"), "p99_ms": ms("99"),
            "bad": int(bad[1] if bad else 0) + sum(map(int, errors.groups() if errors else ()))}


def _own(url: str, secret: str, body: str, seconds: float, clients: int, processes: int = 2) -> dict[str, Any]:
    with multiprocessing.Pool(processes) as pool:
        share = [(url, secret, body, seconds, clients // processes)] * processes
        parts = pool.starmap(_threads, share)
    times = sorted(t for taken, _bad in parts for t in taken)
    return {"client": "own", "per_second": round(len(times) / seconds, 1), "bad": sum(bad for _taken, bad in parts),
            "p50_ms": round(times[len(times) // 2] * 1000, 2), "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2)}


def _threads(url: str, secret: str, body: str, seconds: float, threads: int) -> tuple[list[float], int]:
    taken: list[float] = []
    bad: list[int] = []
    end = time.monotonic() + seconds

    def send() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        data = body.encode()
        while time.monotonic() < end:
            begin = time.perf_counter()
            connection.request("POST", PATH, data, {**headers, "Idempotency-Key": uuid.uuid4().hex})
            answer = connection.getresponse()
            answer.read()
            (taken if answer.status in (200, 201) else bad).append(time.perf_counter() - begin)  # type: ignore[arg-type]

    workers = [threading.Thread(target=send) for _n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return taken, len(bad)


def pgbench(dsn: str, script: Path, seconds: float, clients: int, mode: str) -> dict[str, float]:
    """Transactions a second of a script and their mean time in milliseconds, in a protocol mode of pgbench."""
    from gezhi.config.cluster import installed

    found = installed()
    program = shutil.which("pgbench") or str(found[max(found)] / "pgbench")
    out = run([program, "-n", "-M", mode, "-c", str(clients), "-j", "2", "-T", str(int(seconds)), "-f", str(script),
               dsn])
    return {"per_second": float(re.search(r"tps = ([\d.]+)", out)[1]),  # type: ignore[index]
            "mean_ms": float(re.search(r"latency average = ([\d.]+)", out)[1])}  # type: ignore[index]
