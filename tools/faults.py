"""Kills web, worker and database at random under intake load, starts again, and counts what is left.

A throw-away installation (``gezhi up`` in a temporary folder, private PostgreSQL, fsync on) takes reports from
clients that repeat each one under its key until it is acknowledged. Meanwhile processes die by SIGKILL, the relay
of events in the middle of a batch among them. Then all stops, starts, and must come out even:

* every acknowledged report is there once, under the query code that was acknowledged;
* no report is there twice, and each has one event;
* every consumer has read to the end of the outbox; dead letters are listed;
* every history chain verifies.

Usage: ``tools/faults.py [--seconds 60] [--clients 12] [--seed N]``. Exit code 1 on any fault; the last line is JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import queue
import random
import signal
import sys
import threading
import time
import urllib.request
import uuid
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from house import House, house, tell

SOURCE = "faults"
PATH = "/api/v1/public/reports"
AGAIN = 0.1
"""Share of acknowledged reports that a client sends once more, as if the answer had been lost."""
PATIENCE = 180.0
"""Seconds a client tries for one report, and the relay has for what is left, before it counts as a fault."""
CALM = 0.8
"""Share of the deaths after which the next one waits until the web answers again."""
MID_BATCH = ("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
             "WHERE c.relname = 'kernel_cursor' AND l.mode = 'RowShareLock' AND l.granted")


# -- clients ---------------------------------------------------------------------------------------------------
class Client(threading.Thread):
    """Sends reports one after another until told to stop, each until it is acknowledged."""

    def __init__(self, web: str, secret: str, stop: Any, seed: int) -> None:
        super().__init__()
        self.netloc, self.secret, self.stop, self.rng = urlsplit(web).netloc, secret, stop, random.Random(seed)
        self.acknowledged: list[tuple[str, str]] = []
        self.given_up: list[str] = []
        self.answers: Counter[str] = Counter()
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Until told to stop; the report at hand is brought to its end."""
        while not self.stop.is_set():
            key = uuid.UUID(int=self.rng.getrandbits(128)).hex
            code = self.deliver(key)
            if code is None:
                self.given_up.append(key)
                continue
            self.acknowledged.append((key, code))
            if self.rng.random() < AGAIN:
                second = self.deliver(key)
                if second is not None and second != code:
                    self.answers["another code for a repeated report"] += 1

    def deliver(self, key: str) -> str | None:
        """Send one report until it is acknowledged; gives its query code."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status, answer = self.send(key)
            self.answers[status] += 1
            if status in ("200", "201"):
                return answer["query_code"]
            time.sleep(self.rng.uniform(0.05, 0.4))
        return None

    def send(self, key: str) -> tuple[str, dict[str, Any]]:
        """One try: the status, or the kind of failure, and the answer."""
        body = {"channel": "web", "anonymous": True, "title": f"故障演练 {key[:6]}", "address": "演练路 1 号",
                "content": "故障演练：路灯不亮，请尽快处理。"}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.netloc, timeout=15)
            self.connection.request("POST", PATH, json.dumps(body).encode(), {
                "Content-Type": "application/json", "Authorization": f"Bearer {self.secret}", "Idempotency-Key": key})
            answer = self.connection.getresponse()
            raw = answer.read()
            return str(answer.status), json.loads(raw) if answer.status < 300 else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            return type(error).__name__, {}


def drive(web: str, secret: str, stop: Any, out: Any, threads: int, seed: int) -> None:
    """One client process: its threads, and what came of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clients = [Client(web, secret, stop, seed * 1000 + n) for n in range(threads)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    answers: Counter[str] = sum((c.answers for c in clients), Counter())
    out.put(([pair for c in clients for pair in c.acknowledged], [k for c in clients for k in c.given_up], answers))


# -- killing ---------------------------------------------------------------------------------------------------
class Killer:
    """Kills processes of the installation at random.

    Args:
        home: the installation. dsn: its database, to see when a batch is under way. rng: of the choices.
    """

    WHAT = ("web worker", "web worker", "web", "worker", "relay", "relay", "postgres", "postgres back end", "live")

    def __init__(self, home: House, dsn: str, rng: random.Random) -> None:
        self.home, self.dsn, self.rng = home, dsn, rng
        self.killed: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """Until the time is over; each kind at least once when there is time for all."""
        end, plan = time.monotonic() + seconds, list(dict.fromkeys(self.WHAT))
        self.rng.shuffle(plan)
        while True:
            time.sleep(self.rng.uniform(1.0, 4.0))
            if time.monotonic() > end:
                return
            what = plan.pop() if plan else self.rng.choice(self.WHAT)
            pid = self.find(what)
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.killed[what] += 1
                    print(f"  killed {what} ({pid})", flush=True)
                if self.rng.random() < CALM:
                    self.wait_for_web(end)

    def wait_for_web(self, end: float) -> None:
        """Until pages answer again: most deaths meet a system at work, the others one that is just coming up."""
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.home.web}/readyz", timeout=5).read()
                return
            time.sleep(0.2)

    def find(self, what: str) -> int:
        """The process to kill; 0 when there is none now."""
        from gezhi.config.procfs import tree

        pids = self.home.pids()
        if what == "relay":
            return pids.get("worker", 0) if self.in_batch() else 0
        parent = {"web worker": "web", "postgres back end": "postgres"}.get(what)
        if parent is None:
            return pids.get(what, 0)
        below = [pid for pid in tree(pids[parent]) if pid != pids[parent]] if pids.get(parent) else []
        return self.rng.choice(below) if below else 0

    def in_batch(self, seconds: float = 5.0) -> bool:
        """Wait until the relay holds a cursor: a batch has been read and not yet been committed."""
        import psycopg

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with psycopg.connect(self.dsn, autocommit=True, connect_timeout=2) as connection:
                    while time.monotonic() < end:
                        row = connection.execute(MID_BATCH).fetchone()
                        if row and row[0]:
                            return True
            except psycopg.Error:
                time.sleep(0.2)
        return False


# -- counting --------------------------------------------------------------------------------------------------
def wait_for_relay() -> float:
    """Wait until every consumer has read to the head of the outbox; gives the seconds, or -1 when it does not."""
    from gezhi.kernel.outbox import head
    from gezhi.kernel.records import Cursor
    from gezhi.kernel.registry import registry

    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        places = {c.consumer: (int(c.xid), c.event_id) for c in Cursor.objects.all()}
        end = head()
        if all(places.get(name, (0, 0)) >= end for name in registry.consumers):
            return time.monotonic() - begin
        time.sleep(0.5)
    return -1.0


def broken_chains() -> tuple[int, int, list[str]]:
    """Records and history rows looked at, and the records whose chain does not verify."""
    from itertools import groupby

    from gezhi.engines.history import verify_rows
    from gezhi.kernel.records import History
    from gezhi.kernel.registry import registry

    records = rows = 0
    broken = []
    found = History.objects.filter(batch=None, register="case").order_by("record_id", "id").iterator(5000)
    seals = dict(registry.register("case").model.objects.values_list("pk", "seal"))
    for pk, chain in groupby(found, key=lambda row: row.record_id):
        verdict = verify_rows(chain, seals.pop(pk, b""))
        records, rows = records + 1, rows + verdict.rows
        if not verdict.whole:
            broken.append(f"case {pk}")
    broken += [f"case {pk} without history" for pk in seals]
    return records, rows, broken


def count(acknowledged: list[tuple[str, str]]) -> dict[str, Any]:
    """What stands in the database against what was acknowledged."""
    from django.db.models import Count

    from gezhi.kernel.records import DeadEvent, Event
    from gezhi.kernel.registry import registry

    case = registry.register("case").model
    stored: dict[str, list[str]] = {}
    ids = []
    for pk, key, code in case.objects.filter(source=SOURCE).values_list("pk", "source_key", "query_code"):
        stored.setdefault(key, []).append(code)
        ids.append(pk)
    events = dict(Event.objects.filter(kind="case.report").values_list("record_id").annotate(n=Count("id")))
    records, rows, broken = broken_chains()
    return {
        "acknowledged": len(acknowledged), "stored": len(ids),
        "lost": sum(1 for key, _code in acknowledged if key not in stored),
        "wrong_code": sum(1 for key, code in acknowledged if key in stored and code not in stored[key]),
        "doubled": sum(len(codes) - 1 for codes in stored.values()),
        "events": sum(events.values()), "without_one_event": sum(1 for pk in ids if events.get(pk) != 1),
        "chains": records, "history_rows": rows, "broken_chains": len(broken), "broken": broken[:5],
        "dead_letters": DeadEvent.objects.filter(resolved_at=None).count(),
        "consumers": len(registry.consumers),
    }


def load(home: House, secret: str, options: argparse.Namespace,
         killer: Killer) -> tuple[list[Any], list[str], Counter[str]]:
    """Clients and killer side by side; what the clients saw."""
    context = multiprocessing.get_context("spawn")
    stop, out = context.Event(), context.Queue()
    share = max(1, options.clients // 3)
    processes = [context.Process(target=drive, args=(home.web, secret, stop, out, share, options.seed + n))
                 for n in range(3)]
    for process in processes:
        process.start()
    killer.run(options.seconds)
    stop.set()
    acknowledged: list[Any] = []
    given_up: list[str] = []
    answers: Counter[str] = Counter()
    for _process in processes:
        with contextlib.suppress(queue.Empty):
            part, left, seen = out.get(timeout=PATIENCE + 30)
            acknowledged, given_up, answers = acknowledged + part, given_up + left, answers + seen
    for process in processes:
        process.join(30)
    return acknowledged, given_up, answers


def judge(figures: dict[str, Any], answers: Counter[str]) -> list[str]:
    """The faults in what was counted, in words."""
    out = [f"{figures[name]} {name.replace('_', ' ')}" for name in (
        "lost", "wrong_code", "doubled", "without_one_event", "broken_chains", "given_up") if figures[name]]
    if not figures["acknowledged"]:
        out.append("nothing was acknowledged")
    if figures["drained_s"] < 0:
        out.append("a consumer did not reach the end of the outbox")
    if figures["dead_letters"]:
        out.append(f"{figures['dead_letters']} dead letters")
    if answers["another code for a repeated report"]:
        out.append("a repeated report got another code")
    return out


def main() -> int:
    """Start, load and kill, stop, start, count; returns a process exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"{__doc__}\nseed {options.seed}", flush=True)
    with house(city=False) as home:
        dsn = home.django()
        from django.db import connection

        from gezhi.kernel.actors import SYSTEM
        from gezhi.surfaces.api.app_key import issue

        secret = issue(SYSTEM, {"name": SOURCE, "per_minute": 0})[1]
        connection.close()
        connection.close_pool()  # what it holds does not outlive the database
        killer = Killer(home, dsn, random.Random(options.seed))
        acknowledged, given_up, answers = load(home, secret, options, killer)
        print(f"stopped after {len(acknowledged)} acknowledgements; stopping and starting again", flush=True)
        home.stop()
        home.start()
        drained = wait_for_relay()
        figures = {"tool": "faults", "seed": options.seed, "seconds": options.seconds, "killed": dict(killer.killed),
                   "answers": dict(answers), "given_up": len(given_up), "drained_s": round(drained, 1),
                   **count(acknowledged)}
        connection.close()
    faults = judge(figures, answers)
    for name, value in figures.items():
        print(f"  {name}: {value}")
    print("no fault" if not faults else "FAULTS: " + "; ".join(faults), flush=True)
    tell({**figures, "faults": faults})
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
