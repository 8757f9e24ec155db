"""The wall: how long after the commit of a report the number on a screen changes, in a real browser.

A throw-away installation, a wall signed in by its pass, ten reports one after the other through the intake door. The
time runs from the return of the commit to the change of the text on the page (seen by a MutationObserver; one clock).
The ceiling is one second; the ratio is the worst run by the ceiling.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time

from house import house, tell

RUNS = int(os.environ.get("BENCH_RUNS", "10"))
CEILING = 1.0
WATCH = """() => { const read = () => document.querySelector('.wall-numbers [data-tile] .value span').textContent;
  let last = read(); window.seen = [];
  new MutationObserver(() => { const now = read(); if (now !== last) { last = now; window.seen.push(Date.now()); } })
    .observe(document.body, {childList: true, characterData: true, subtree: true}); }"""
"""Watches the page and not one element of it: the wall may draw a number anew."""


def main() -> None:
    """Start, open the wall, report ten times, look when it showed."""
    print(__doc__, flush=True)
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        raise SystemExit("chromium is not installed")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread
    with house() as home:
        home.django()
        from playwright.sync_api import sync_playwright

        from gezhi.domains.cases.public import report
        from gezhi.foundation.territory.public import Region
        from gezhi.foundation.units.actors import WALL, actor_of
        from gezhi.foundation.units.models import Post
        from gezhi.kernel.actors import SYSTEM

        ground = Region.objects.filter(level="community").values_list("area_code", flat=True)[0]
        post = Post.objects.get(staff__username="supervisor", primary=True)
        text = WALL.given(actor_of(post, via="wall"))
        waits: list[float] = []
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(
                viewport={"width": 1920, "height": 1080})
            page.goto(f"{home.web}/wall/?pass={text}")
            _until(page, "document.querySelector('[data-mark=link]').dataset.state === 'on' || "
                         "['实时', 'Live'].includes(document.querySelector('[data-mark=link]').textContent)")
            time.sleep(3)  # the first drawing of numbers and map is no part of what is measured
            page.evaluate(WATCH)
            for number in range(RUNS):
                page.evaluate("window.seen = []")
                report(SYSTEM, {"channel": "hotline_12345", "content": f"第{number}次测量", "area_code": ground,
                                "anonymous": "1"})
                done = time.time()
                _until(page, "window.seen.length > 0")
                waits.append(page.evaluate("window.seen[0]") / 1000 - done)
                print(f"run {number + 1}: {waits[-1] * 1000:.0f} ms", flush=True)
                time.sleep(1.5 + number * 0.07)  # spread over the wall's own rhythm, not in step with it
    low, middle, high = min(waits), statistics.median(waits), max(waits)
    print(f"min {low * 1000:.0f} ms, median {middle * 1000:.0f} ms, max {high * 1000:.0f} ms")
    tell({"bench": "wall", "min_ms": round(low * 1000), "median_ms": round(middle * 1000),
          "max_ms": round(high * 1000), "ratio": round(high / CEILING, 3), "runs": RUNS})


def _until(page: object, expression: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not page.evaluate(expression):  # type: ignore[attr-defined]
        if time.monotonic() > end:
            raise SystemExit(f"the wall never showed: {expression}")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
