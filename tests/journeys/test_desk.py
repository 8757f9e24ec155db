"""The desk in a real browser: a day's work on the sample register, and every main page under axe."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.gis.geos import Point

from gezhi.engines.history import timeline
from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import write
from tests.house.models import Tree

from .conftest import errors_of, until

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "src" / "gezhi" / "ui" / "vendor" / "axe.js"


@pytest.fixture
def grove(gardener):
    """A dozen trees, two of them ailing, one with everything filled in."""
    trees = [act(SYSTEM, Tree, "plant", {"code": f"T{n:03d}", "area_code": "320508001001"}) for n in range(12)]
    write(SYSTEM, "change", trees[0], {"place": Point(120.62, 31.3, srid=4326), "keeper_phone": "13800001234",
                                       "height": 8})
    for tree in trees[:2]:
        act(SYSTEM, tree, "fall_ill", {"opinion": "叶片枯黄"})
    return trees


@pytest.fixture
def page(chromium, gardener):
    """A page of the size of an office screen, signed in."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, bypass_csp=True)
    context.add_cookies([gardener.cookie])
    context.route("**/api/v1/tiles/**", lambda route: route.fulfill(status=204))  # still asked for when a test ends
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    page.goto("about:blank")
    context.close()


def test_a_move_is_made_where_the_work_is(page, gardener, grove):
    seen = errors_of(page)
    page.goto(f"{gardener.url}/desk/?tab=tree")
    until(page, "document.querySelectorAll('.queue-row').length === 10")
    until(page, "customElements.get('gz-keys') && window.htmx")
    page.keyboard.press("j")
    until(page, "document.activeElement.matches('.queue-row')")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#record .record-head')")
    assert "beside=" in page.url
    page.click(".actions [data-open]")
    page.fill("#move-fall_ill textarea", "发现蛀洞，需要灌药")
    page.click("#move-fall_ill .form-foot button")
    until(page, "(document.body?.innerText || '').includes('发现蛀洞')")
    assert Tree.objects.filter(status="ailing").count() == 3
    page.go_back()
    assert not seen


def test_the_whole_desk_works_without_script(chromium, gardener, grove):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1366, "height": 768})
    context.add_cookies([gardener.cookie])
    page = context.new_page()
    page.goto(f"{gardener.url}/desk/tree/new")
    page.fill("[name=code]", "N1")
    page.fill("noscript input[name=area_code], input[name=area_code]", "320508001001")
    page.fill("[name=place]", "120.6, 31.3")
    page.click("form.card button.btn-primary")
    made = Tree.objects.get(code="N1")
    assert page.url.endswith(f"/desk/tree/{made.pk}/") and made.area_code == "320508001001"
    page.goto(f"{page.url}?move=fall_ill")
    page.fill("#move-fall_ill textarea", "根腐")
    page.click("#move-fall_ill button.btn-primary")
    made.refresh_from_db()
    assert made.status == "ailing" and timeline(made)[-1].opinion == "根腐"
    page.goto(f"{gardener.url}/desk/tree/?species=plane&height__from=5&height__to=9")
    assert "T000" in page.inner_text("#list") and "T001" not in page.inner_text("#list")
    context.close()


@pytest.mark.parametrize("path", ["", "?tab=tree&beside={pk}", "tree/", "tree/?view=board", "tree/?view=map",
                                  "tree/?beside={pk}", "tree/{pk}/", "tree/{pk}/?move=heal", "tree/{pk}/edit",
                                  "tree/new", "search?q=T00", "tree/?nope=1", "tree/99999/", "unit/"])
def test_pages_are_accessible_and_fit(page, gardener, grove, path):
    if not AXE.exists():
        pytest.skip("axe is copied at set-up")
    page.goto(f"{gardener.url}/desk/" + path.format(pk=grove[0].pk))
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    wrong = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found["violations"]]
    assert not wrong, wrong
