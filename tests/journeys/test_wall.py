"""The wall in a browser: it draws, follows, and takes in what happens without being loaded again."""

from __future__ import annotations

import pytest

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from tests.house.models import Tree
from tests.journeys.conftest import errors_of, until

pytestmark = pytest.mark.browser
NEW = "document.querySelector('[data-tile=new] .value span').textContent"


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160)])
def test_counts_move_when_something_happens(chromium, gardener, size):
    act(SYSTEM, Tree, "plant", {"code": "A1", "area_code": "320508001001001"})
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([gardener.cookie])
    page = context.new_page()
    errors = errors_of(page)
    page.goto(f"{gardener.url}/wall/")
    until(page, f"!!customElements.get('gz-wall') && {NEW} === '1'")
    page.evaluate("window.mark = 'same page'")
    act(SYSTEM, Tree, "plant", {"code": "A2", "area_code": "320508001001001"})
    page.evaluate("document.dispatchEvent(new CustomEvent('gz:event', {detail: {topic: 'tree', data: {}}}))")
    until(page, f"{NEW} === '2'")
    page.evaluate("document.querySelector('gz-wall').go('320508001')")
    until(page, "location.search.includes('320508001')")
    page.go_back()
    until(page, "!location.search.includes('320508001')")
    assert page.evaluate("window.mark") == "same page"
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert not errors
    context.close()


def test_a_bubble_rises_and_falls(chromium, gardener):
    tree = act(SYSTEM, Tree, "plant", {"code": "A1", "area_code": "320508001001001"})
    context = chromium.new_context(viewport={"width": 1920, "height": 1080})
    context.add_cookies([gardener.cookie])
    page = context.new_page()
    page.goto(f"{gardener.url}/wall/")
    until(page, "!!customElements.get('gz-bubbles')")
    page.evaluate(f"""document.querySelector('gz-bubbles').rise({{id: 'tree-{tree.pk}', title: '古树倾倒',
        place: '何山社区', at: new Date().toISOString(), ack_url: '/wall/take/tree/{tree.pk}/'}})""")
    assert "古树倾倒" in page.inner_text("gz-bubbles")
    page.click(".bubble .btn-primary")
    until(page, "document.querySelectorAll('.bubble').length === 0")
    page.evaluate("""for (const n of [1, 2, 3]) document.querySelector('gz-bubbles').rise({
        id: `tree-${n}`, url: '/desk/tree/', title: `第${n}件`, at: new Date().toISOString()})""")
    assert page.evaluate("document.querySelectorAll('.bubble').length") == 2 and "1" in page.inner_text(".bubbles-rest")
    lane, field = (page.evaluate(f"document.querySelector('{name}').getBoundingClientRect().toJSON()")
                   for name in ("gz-bubbles", ".wall-map"))
    assert lane["bottom"] <= field["top"], "what is urgent covers no map"
    page.focus(".bubble h2 a")
    page.keyboard.press("Escape")
    assert "第3件" in page.inner_text("gz-bubbles") and "1" in page.inner_text(".bubbles-rest")
    page.focus(".bubble h2 a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tree/")
    context.close()
