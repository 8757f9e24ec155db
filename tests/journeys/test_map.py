"""城市一张图 in a browser, on the screen of a desk, a phone and a wall: draw on it, count, list, and shade areas."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from tests.house.models import Tree
from tests.journeys.conftest import errors_of, until

pytestmark = pytest.mark.browser
PAGES = {"/desk/map": (1366, 768), "/pocket/city/": (390, 844), "/wall/map/": (1920, 1080)}
MAP = "document.querySelector('gz-map')"
READY = f"!!customElements.get('gz-atlas') && {MAP}?.dataset.ready === 'yes' && !!{MAP}.map.getSource('part')"
SEEN = "document.querySelector('[data-selected=tree] b')?.textContent"


def opened(chromium, gardener, path, query=""):
    for number in range(9):
        write(SYSTEM, "create", Tree, {"code": f"T{number}", "area_code": "320508001002",
                                       "place": Point(120.62 + number / 1000, 31.30, srid=4326)})
    width, height = PAGES[path]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=path.startswith("/pocket"))
    context.add_cookies([gardener.cookie])
    page = context.new_page()
    errors = errors_of(page)
    page.goto(f"{gardener.url}{path}?layers=tree{query}")
    until(page, READY, 20)
    page.evaluate(f"{MAP}.map.jumpTo({{center: [120.624, 31.30], zoom: 14}})")
    return context, page, errors


@pytest.mark.parametrize("path", PAGES)
def test_a_box_a_lasso_and_a_circle_count_what_lies_in_them(chromium, gardener, path):
    context, page, errors = opened(chromium, gardener, path)
    until(page, "document.querySelector('[data-count=tree]').textContent === '9'")

    def point(lon, lat):
        at = page.evaluate(f"(() => {{ const p = {MAP}.map.project([{lon}, {lat}]); const f = "
                           f"{MAP}.map.getCanvas().getBoundingClientRect(); return [f.x + p.x, f.y + p.y]; }})()")
        return at

    def drag(tool, *points):
        page.click(f"[data-tool={tool}]")
        page.mouse.move(*point(*points[0]))
        page.mouse.down()
        for at in points[1:]:
            page.mouse.move(*point(*at), steps=6)
        page.mouse.up()

    drag("box", (120.6195, 31.301), (120.6225, 31.299))
    until(page, f"{SEEN} === '3'")
    link = page.get_attribute("[data-selected=tree] a", "href")
    assert "within=" in link
    drag("lasso", (120.6215, 31.2992), (120.6275, 31.2992), (120.6275, 31.3008), (120.6215, 31.3008))
    until(page, f"{SEEN} === '6'")
    page.fill("[data-radius]", "150")
    page.click("[data-tool=circle]")
    page.mouse.click(*point(120.624, 31.30))
    until(page, f"{SEEN} === '3'")
    page.click("[data-tool=screen]")
    until(page, f"Number({SEEN}) >= 3")
    page.click("[data-clear]")
    assert page.is_hidden("[data-found]")
    page.goto(f"{gardener.url}{link}")
    assert all(f"T{n}" in page.content() for n in range(3)) and "T3" not in page.inner_text("main")
    assert not errors
    context.close()


def test_the_address_keeps_what_is_shown_and_figures_shade(chromium, gardener):
    context, page, errors = opened(chromium, gardener, "/desk/map", "&of=count.tree&level=9")
    until(page, "document.querySelectorAll('[data-shade-legend] li').length > 0")
    assert page.evaluate(f"!!{MAP}.map.getLayer('shade')")
    page.evaluate("document.querySelector('[data-layer=tree]').click()")
    until(page, "location.search.includes('layers=none')")
    assert page.evaluate(f"{MAP}.map.getLayoutProperty('tree', 'visibility')") == "none"
    page.select_option("[data-of]", "")
    until(page, f"!{MAP}.map.getLayer('shade')")
    assert not errors
    context.close()
