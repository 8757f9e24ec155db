"""A large table of people through a whole installation, as an office would send it, with the list open meanwhile.

A throw-away installation (private PostgreSQL, fsync on) is sent a CSV of ``--rows`` people by a signed-in browser of
our own; its worker reads, tries and writes it. Meanwhile first pages of the list of people are asked for over HTTP,
one after the other. Told are seconds and rows a second of each step, the most memory of the worker and its processes,
the times of the pages, how far the outbox lay behind at the end, and whether people, history, events and results came
out even. The ceiling is a bare COPY of the last 100,000 people written into the same table with the same indexes; the
ratio is the rate of writing to that (aim 0.25).

Then a workbook (``--workbook``, 200,000 rows) is read and tried. Then a CSV of ``--broken`` rows (200,000) is written
while the worker is killed at a quarter and one of its PostgreSQL back ends at a half; that import is then taken back.

Usage: ``bench_import.py [--rows 200000] [--broken 200000] [--workbook 200000]``; 0 leaves a part out. A million rows
take some 4 GB of disk.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench_registers import copied
from fill_people import as_csv, strangers

from house import House, actors, house, quantile, tell

PATIENCE = 3600.0
"""Seconds for one step, after which it counts as a failure."""
CEILING = 100_000
STAGES = {"reading": "new", "checking": "checked", "running": "done", "undoing": "undone"}
BOUNDARY = "gezhi-bench-table"


class Desk:
    """A browser of our own in which an administrator has signed in."""

    def __init__(self, web: str) -> None:
        from gezhi.foundation.units.models import Post
        from gezhi.surfaces.desk.tests.people import session_of

        self.actor = actors({"admin": "city"})["admin"]
        post = Post.objects.select_related("staff").get(pk=self.actor.post_id)
        self.netloc, self.cookies = urlsplit(web).netloc, {"sessionid": session_of(post).session_key}

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, str, float]:
        """Status, where it leads to, milliseconds."""
        begin = time.perf_counter()
        connection = http.client.HTTPConnection(self.netloc, timeout=900)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, {"Cookie": cookie, **headers})
        answer = connection.getresponse()
        answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.cookies["csrftoken"] = value.partition("=")[2].partition(";")[0]
        connection.close()
        return answer.status, answer.getheader("Location", ""), (time.perf_counter() - begin) * 1000

    def send(self, path: Path) -> int:
        """Send a table of people; gives the number of the import."""
        self.ask("/desk/person/import/")
        head = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n").encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()

        def body() -> Any:
            yield head
            with path.open("rb") as file:
                while piece := file.read(2**20):
                    yield piece
            yield tail

        size = len(head) + path.stat().st_size + len(tail)
        status, where, _ms = self.ask("/desk/person/import/", "POST", body(), **{
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(size),
            "X-CSRFToken": self.cookies["csrftoken"]})
        if status != 302:
            raise SystemExit(f"the table was answered with {status}")
        return int(where.rstrip("/").rpartition("/")[2])


class Reader(threading.Thread):
    """Opens lists of people one after the other until told to stop."""

    PATHS = ("/desk/person/", "/desk/person/?q=%E7%8E%8B", "/desk/person/?kind=01", "/desk/person/?sort=name",
             "/desk/person/?birth=1985-03-01..1985-03-31")

    def __init__(self, desk: Desk) -> None:
        super().__init__(daemon=True)
        self.desk, self.over, self.times, self.failed = desk, threading.Event(), list[float](), 0

    def run(self) -> None:
        """Two pages a second at most: what is asked also takes from the import."""
        number = 0
        while not self.over.wait(0.5):
            number += 1
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, _where, ms = self.desk.ask(self.PATHS[number % len(self.PATHS)])
                if status == 200:
                    self.times.append(ms)
                    continue
            self.failed += 1

    def taken(self) -> dict[str, float]:
        """What was seen since the last question."""
        times, self.times = self.times, []
        failed, self.failed = self.failed, 0
        if not times:
            return {"pages": 0, "failed": failed}
        return {"pages": len(times), "p50_ms": round(quantile(times, 0.5)), "p99_ms": round(quantile(times, 0.99)),
                "max_ms": round(max(times)), "failed": failed}


def held(home: House) -> int:
    """Memory of the worker and its processes now, shared pages counted by share, MB."""
    from gezhi.config.procfs import memory_of, tree

    with contextlib.suppress(OSError):
        return sum(map(memory_of, tree(home.pids()["worker"]))) >> 20
    return 0


def until_done(job: Any, home: House, meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Wait for the step under way; its seconds, its rate, and the most memory the worker was seen to hold."""
    from django.db import Error, connection

    begin, told, looked, most, wanted = time.monotonic(), time.monotonic(), 0.0, 0, STAGES[job.state]
    state = job.state
    while job.state != wanted:
        time.sleep(0.25)
        if time.monotonic() > looked + 2:  # a look takes some milliseconds of their processor
            most, looked = max(most, held(home)), time.monotonic()
        try:
            job.refresh_from_db()
            meanwhile()
        except Error:  # its back ends are being killed
            connection.close()
        if time.monotonic() > told + 30:
            told = time.monotonic()
            print(f"  {job.state}: {job.done:,} of {job.total:,}, {told - begin:.0f} s, {most} MB", flush=True)
        if job.state not in (state, wanted) or time.monotonic() - begin > PATIENCE:
            raise SystemExit(f"import {job.pk}: {job.state} instead of {wanted}; {job.problem}")
    seconds = time.monotonic() - begin
    return {"seconds": round(seconds, 1), "per_second": round(job.total / seconds), "worker_mb": most}


def even(job: Any, removed: bool = False) -> dict[str, int]:
    """People, history, events and results of an import; ends the benchmark when they do not agree."""
    from gezhi.engines.history import verify
    from gezhi.foundation.people.models import Person
    from gezhi.kernel.records import Event, History

    ids = job.rows.values("record_id")
    verb = "unimport" if removed else "import"
    found = {
        "results": job.rows.filter(state="undone" if removed else "created").count(),
        "people": Person.objects.filter(pk__in=ids).count() + (job.total if removed else 0),
        "history": History.objects.filter(register="person", verb=verb, batch=None, record_id__in=ids).count(),
        "events": Event.objects.filter(kind=f"person.{verb}", record_id__in=ids).count(),
        "different": job.rows.values("record_id").distinct().count()}
    if set(found.values()) != {job.total}:
        raise SystemExit(f"import {job.pk} of {job.total} did not come out even: {found}")
    some = list(job.rows.order_by("number").values_list("record_id", flat=True))[::max(1, job.total // 200)]
    broken = [p.pk for p in Person.objects.filter(pk__in=some) if not verify(p).whole]
    if broken:
        raise SystemExit(f"import {job.pk}: chains of {broken} are broken")
    return found


def caught_up() -> float:
    """Seconds until every consumer of the outbox has read to its head."""
    from gezhi.kernel.outbox import head
    from gezhi.kernel.records import Cursor
    from gezhi.kernel.registry import registry

    begin, end = time.monotonic(), head()
    while time.monotonic() - begin < PATIENCE:
        places = {c.consumer: (int(c.xid), c.event_id) for c in Cursor.objects.all()}
        if all(places.get(name, (0, 0)) >= end for name in registry.consumers):
            return round(time.monotonic() - begin, 1)
        time.sleep(0.2)
    raise SystemExit("the outbox was not read")


def carried(home: House, desk: Desk, path: Path, reader: Reader | None = None) -> tuple[Any, dict[str, Any]]:
    """Send a table and have it read and tried."""
    from gezhi.engines.transfer import carry
    from gezhi.engines.transfer.models import ImportJob

    begin = time.monotonic()
    job = ImportJob.objects.get(pk=desk.send(path))
    out: dict[str, Any] = {"bytes": path.stat().st_size, "sent_s": round(time.monotonic() - begin, 1)}
    if job.state == "reading":
        out["read"] = until_done(job, home)
    carry.start(job, trial=True)
    job.refresh_from_db()
    out["trial"] = until_done(job, home)
    if reader is not None:
        out["lists_until_tried"] = reader.taken()
    if job.failed:
        raise SystemExit(f"import {job.pk}: {job.failed} of {job.total} wrong")
    return job, out


def written(job: Any, home: House, meanwhile: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Have a tried table written."""
    from gezhi.engines.transfer import carry

    carry.start(job, trial=False)
    job.refresh_from_db()
    return until_done(job, home, meanwhile)


def large(home: House, desk: Desk, folder: Path, rows: int) -> dict[str, Any]:
    """The whole way of a table, with the list open meanwhile."""
    from gezhi.foundation.people.models import Person

    as_csv(strangers(rows), folder / "people.csv")
    reader = Reader(desk)
    reader.start()
    try:
        job, out = carried(home, desk, folder / "people.csv", reader)
        out["write"] = written(job, home)
        out["lists_while_written"] = reader.taken()
    finally:
        reader.over.set()
        reader.join()
    out["outbox_behind_s"] = caught_up()
    out["even"] = even(job)
    asked = sorted(desk.ask(f"/desk/person/?imported={job.pk}") for _try in range(5))
    if asked[-1][0] != 200:
        raise SystemExit(f"the list of what was imported was answered with {asked[-1][0]}")
    out["list_of_imported_ms"] = round(asked[2][2])
    newest = Person.objects.order_by("-pk").values_list("pk", flat=True)[min(rows, CEILING) - 1]
    bare = min(rows, CEILING) / copied(newest - 1)["same"]
    return {"rows": rows, **out, "copy_per_second": round(bare),
            "ratio": round(out["write"]["per_second"] / bare, 3), "aim": 0.25}


class Killer:
    """Kills the worker at a quarter, and a back end that copies for it at a half of the rows."""

    COPYING = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY %people_person%' AND state = 'active' LIMIT 1"

    def __init__(self, job: Any, home: House) -> None:
        self.job, self.home, self.killed = job, home, dict[str, int]()

    def __call__(self) -> None:
        """Kill what is due."""
        from django.db import connection

        if "worker" not in self.killed and self.job.done > self.job.total / 4:
            self._kill("worker", self.home.pids().get("worker", 0))
        if "back end" not in self.killed and self.job.done > self.job.total / 2:
            with connection.cursor() as cursor:
                cursor.execute(self.COPYING)
                row = cursor.fetchone()
            self._kill("back end", row[0] if row else 0)

    def _kill(self, what: str, pid: int) -> None:
        if pid:
            os.kill(pid, signal.SIGKILL)
            self.killed[what] = self.job.done
            print(f"  killed {what} ({pid}) at {self.job.done:,} rows", flush=True)


def broken(home: House, desk: Desk, folder: Path, rows: int, first: int) -> dict[str, Any]:
    """An import whose worker and back end are killed, followed to its end, and then taken back."""
    from gezhi.engines.transfer import carry

    as_csv(strangers(rows, first), folder / "broken.csv")
    job, out = carried(home, desk, folder / "broken.csv")
    killer = Killer(job, home)
    out["write"] = written(job, home, killer)
    if len(killer.killed) < 2:
        raise SystemExit(f"only {killer.killed} was killed")
    out["killed_at"], out["even"] = killer.killed, even(job)
    carry.take_back(job)
    job.refresh_from_db()
    out["undo"] = until_done(job, home)
    out["even_undone"] = even(job, removed=True)
    return {"rows": rows, **out}


def workbook(home: House, desk: Desk, folder: Path, rows: int, first: int) -> dict[str, Any]:
    """A workbook sent, read and tried."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("people")
    for row in strangers(rows, first):
        sheet.append(row)
    book.save(folder / "people.xlsx")
    _job, out = carried(home, desk, folder / "people.xlsx")
    return {"rows": rows, **out}


def main() -> None:
    """Start, send, watch, kill, count, take back."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, rows in (("rows", 200_000), ("broken", 200_000), ("workbook", 200_000)):
        parser.add_argument(f"--{name}", type=int, default=int(os.environ.get(f"BENCH_{name.upper()}", rows)))
    options = parser.parse_args()
    print(__doc__, flush=True)
    out: dict[str, Any] = {}
    with house() as home, tempfile.TemporaryDirectory() as there:
        home.django()
        folder, desk = Path(there), Desk(home.web)
        first = options.rows
        if options.rows:
            out["large"] = large(home, desk, folder, options.rows)
            print(f"  large: {out['large']}", flush=True)
        if options.workbook:
            out["workbook"] = workbook(home, desk, folder, options.workbook, first + options.broken)
            print(f"  workbook: {out['workbook']}", flush=True)
        if options.broken:
            out["broken"] = broken(home, desk, folder, options.broken, first)
            print(f"  broken: {out['broken']}", flush=True)
    tell({"bench": "import", "ratio": out.get("large", {}).get("ratio"), **out})


if __name__ == "__main__":
    main()
