"""Warnings at a million open cases: swept by two at once, never given twice, and delivered.

Four warnings are in force. Two processes sweep them at the same time; what they wrote must be what one bare statement
counts, each record and step once, and a further sweep must find nothing. Then the message engine delivers a part of
them in the app and by text message, and is given the same events again: not one message more may come of it.
Aims: a sweep of all rules in seconds; no warning and no message twice.

Usage: ``bench_warnings.py [--rows 1000000] [--deliver 1000] [--url DATABASE]`` (a database with a city and no cases).
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench_rules import SWEPT, asked, fill_all, timed, version_of

from house import ROOT, house, tell

TWICE = """SELECT count(*) FROM (SELECT 1 FROM rules_rulefiring GROUP BY rule_version_id, record_id, step, began
HAVING count(*) > 1) t"""


def versions(since: dt.datetime) -> list[Any]:
    """Four warnings that have been in force for a day."""
    return [version_of("BW-1", "overdue", 0, since), version_of("BW-2", "overdue", 8, since),
            version_of("BW-3", "share", 70, since), version_of("BW-4", "remaining", 4, since)]


def both(now: dt.datetime) -> tuple[float, int]:
    """Two processes sweep at once. Seconds until both are done, and the firings they wrote together."""
    code = ("import django, datetime as dt, sys; django.setup(); from gezhi.engines.rules.sweep import sweep; "
            "print(sweep(dt.datetime.fromisoformat(sys.argv[1])))")
    begin = time.perf_counter()
    runs = [subprocess.Popen([sys.executable, "-c", code, now.isoformat()], stdout=subprocess.PIPE, text=True)
            for _n in range(2)]
    made = sum(int(run.communicate()[0].strip().splitlines()[-1]) for run in runs)
    return time.perf_counter() - begin, made


def delivered(most: int) -> dict[str, Any]:
    """Messages of the newest warnings, and of the same events a second time."""
    from gezhi.engines.notify.message import Message
    from gezhi.engines.notify.tell import consume
    from gezhi.kernel.records import Event

    events = list(Event.objects.filter(kind="case.rule_warning").order_by("-id")[:most])
    before = Message.objects.count()
    seconds, _none = timed(lambda: [consume(event) for event in events])
    made = Message.objects.count() - before
    again, _none = timed(lambda: [consume(event) for event in events])
    assert Message.objects.count() == before + made, "an event was told twice"
    return {"events": len(events), "messages": made, "seconds": round(seconds, 2), "again_s": round(again, 2),
            "events_per_s": round(len(events) / seconds) if seconds else None}


def measure(rows: int, most: int) -> dict[str, Any]:
    """Sweeps and delivery on the filled database."""
    from django.utils import timezone

    from gezhi.engines.rules.models import RuleFiring
    from gezhi.engines.rules.sweep import sweep

    now = timezone.now()
    since = now - dt.timedelta(days=1)
    made = versions(since)
    bare_s, (wanted,) = min((timed(asked(SWEPT, [now, since])) for _n in range(3)), key=lambda r: r[0])
    two_s, count = both(now)
    kept = RuleFiring.objects.count()
    twice = asked(TWICE, [])()[0]
    mine = RuleFiring.objects.filter(rule_version=made[0]).count()
    again_s, none = timed(lambda: sweep(now))
    assert (count, twice, none) == (kept, 0, 0), f"told {count}, kept {kept}, twice {twice}, again {none}"
    assert mine == wanted, f"the overdue warning fired {mine} times, the bare statement counts {wanted}"
    out = {"swept_s": round(two_s, 2), "fired": kept, "again_s": round(again_s, 2), "bare_s": round(bare_s, 2)}
    print(f"  two sweeps at once: {out}", flush=True)
    told = delivered(most)
    print(f"  delivery: {told}", flush=True)
    return {"ratio": round(again_s / (bare_s * len(made)), 2), "rows": rows,
            "rules": len(made), **out, "delivery": told}


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    parser.add_argument("--deliver", type=int, default=1000)
    parser.add_argument("--url")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        os.environ["DJANGO_SETTINGS_MODULE"] = "gezhi.config.settings"
        import django

        django.setup()
        fill_all(options.rows)
        tell({"bench": "warnings", **measure(options.rows, options.deliver)})
        return
    print(__doc__, flush=True)
    again = [sys.executable, str(Path(__file__)), "--here", "--rows", str(options.rows),
             "--deliver", str(options.deliver)]
    if options.url:
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "DATABASE_URL": options.url}
        sys.exit(subprocess.run(again, env=environ).returncode)
    with house() as home:
        from gezhi.config.cluster_paths import private_dsn

        home.stop_programs()
        url = private_dsn(home.home, "gezhi").replace("//app@", "//postgres@")
        subprocess.run(again, env={**home.environ, "DATABASE_URL": url}, check=True)


if __name__ == "__main__":
    main()
