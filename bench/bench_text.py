"""Reading reports: classification per second, and the look-up of duplicates among a million cases.

Classification: one message after the other on one core, by a model trained here on the demo grammar's texts. The
ceiling is the cutting of the same messages into words, which no classifier of words can do without.

Duplicates: ``similar`` as the panel at intake calls it, for reports spread over the table, permission and comparison
of words included. The ceiling is one hand-written statement that fetches the same candidates' words by the spatial
index, with nothing compared. Aim: a 99th percentile below 50 ms.

Usage: ``bench_text.py [--rows 1000000] [--tries 300] [--url DATABASE]`` (a database filled before).
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from typing import Any

from house import actors, apart, quantile

CLASSES, LEARNT, READ = 40, 40, 1000
CANDIDATES = """
SELECT id, tsvector_to_array(tokens) FROM cases_case
WHERE place && ST_MakeEnvelope(%s, %s, %s, %s, 4326)
AND (finished_at IS NULL OR finished_at >= now() - interval '15 days') 
AND status NOT IN ('merged', 'voided', 'draft') LIMIT 200"""


def classification() -> dict[str, Any]:
    """Messages a second, and that of cutting them into words alone; in turns of a hundred."""
    from gezhi.demo.grammar import Grammar
    from gezhi.engines.text import grams
    from gezhi.engines.text.train import Example, train
    from gezhi.foundation.catalogue import reference

    items, rng = reference.items(), random.Random(7)
    grammar, codes = Grammar(7, items), sorted(items)[:CLASSES]

    def message(code: str) -> str:
        made = grammar.report(rng, code, "329901001001")
        return f"{made.title}\n{made.text}"

    model = train([Example(code, message(code)) for code in codes for _n in range(LEARNT)])
    messages = [message(rng.choice(codes)) for _n in range(READ)]
    ours, cut = 0.0, 0.0
    for low in range(0, READ, 100):
        part = messages[low:low + 100]
        begin = time.perf_counter()
        for one in part:
            model.guesses(one)
        middle = time.perf_counter()
        for one in part:
            grams.split(grams.plain(one))
        ours, cut = ours + middle - begin, cut + time.perf_counter() - middle
    return {"messages_per_second": round(READ / ours), "cut_per_second": round(READ / cut),
            "ms_per_message": round(ours * 1000 / READ, 3), "ratio": round(ours / cut, 2),
            "characters": round(sum(map(len, messages)) / READ)}


def duplicates(tries: int) -> dict[str, Any]:
    """The look-up and the bare statement in turns, for reports spread over the newest half of the table."""
    from django.db import connection

    from gezhi.domains.cases.models import Case
    from gezhi.domains.cases.similar import NEAR_METRES, similar

    actor = actors({"admin": "city"})["admin"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM cases_case")
        last = int(cursor.fetchone()[0])
    rng, ours, bare, found, compared = random.Random(7), list[float](), list[float](), 0, list[int]()
    ids = [last - int(rng.random() ** 2 * last / 2) for _n in range(tries + 20)]
    gc.freeze()
    for at, case in enumerate(Case.objects.defer("reporter_name", "reporter_phone").get(pk=pk) for pk in ids):
        begin = time.perf_counter()
        found += len(similar(case, actor))
        middle = time.perf_counter()
        d = NEAR_METRES / 111_320
        x, y = case.place.x, case.place.y
        with connection.cursor() as cursor:
            cursor.execute(CANDIDATES, [x - d * 1.3, y - d, x + d * 1.3, y + d])
            rows = cursor.fetchall()
        if at >= 20:
            ours.append((middle - begin) * 1000)
            bare.append((time.perf_counter() - middle) * 1000)
            compared.append(len(rows))
    at = {f"{name}p{share}_ms": round(quantile(times, share / 100), 2)
          for name, times in (("", ours), ("bare_", bare)) for share in (50, 99)}
    return {**at, "per_second": round(1000 * len(ours) / sum(ours)),
            "ratio": round(at["p50_ms"] / at["bare_p50_ms"], 2),
            "candidates": round(sum(compared) / len(compared), 1), "most_candidates": max(compared), "shown": found}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Both, on the database of DATABASE_URL."""
    read = classification()
    print(f"  classification: {read}", flush=True)
    looked = duplicates(options.tries)
    print(f"  duplicates: {looked}", flush=True)
    return {"bench": "text", "rows": options.rows, "ratio": looked["ratio"], "aim_p99_ms": 50,
            "classification": read, "duplicates": looked}


def main() -> None:
    """Build or take a database, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=300)
    apart(parser, __file__, measure, lambda home, options: home.filled(options.rows, "text"), OMP_NUM_THREADS="1")


if __name__ == "__main__":
    main()
