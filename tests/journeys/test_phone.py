"""The phone in the street: reports made without a network are kept, survive, and are sent once and in order."""

from __future__ import annotations

import pytest

from gezhi.engines.workflow.act import act
from gezhi.kernel.actors import SYSTEM
from tests.house.models import Tree
from tests.journeys.conftest import errors_of, until

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 640}


def opened(chromium, gardener):
    context = chromium.new_context(viewport=SMALL)
    context.add_cookies([gardener.cookie])
    page = context.new_page()
    return context, page, errors_of(page)


def fill(page, code):
    page.fill("[name=code]", code)
    page.evaluate("""() => {
      const area = document.querySelector('[name=area_code]');
      if (area.tagName === 'SELECT') area.append(new Option('', '320508', true, true)); else area.value = '320508';
    }""")
    page.click("form[data-outbox] button.btn-primary")


WAITING = """async () => {
  const open = indexedDB.open('gezhi');
  const base = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const all = base.transaction('outbox').objectStore('outbox').getAll();
  return new Promise((done) => (all.onsuccess = () => { base.close(); done(all.result.map((item) => item.state)); }));
}"""


def test_reports_made_offline_are_sent_once_when_the_network_returns(chromium, gardener):
    context, page, errors = opened(chromium, gardener)
    page.goto(f"{gardener.url}/pocket/")
    kept = "caches.open('gezhi-pages:/pocket/').then((all) => all.match('/pocket/new/tree/plant/')).then(Boolean)"
    until(page, kept, 20)  # the worker keeps the pages that must open without a network, and their scripts first
    context.set_offline(True)
    for code in ("F1", "F2", "F3"):
        page.goto(f"{gardener.url}/pocket/new/tree/plant/")
        until(page, "!!customElements.get('gz-outbox')")
        fill(page, code)
        page.wait_for_timeout(400)
    assert page.evaluate(WAITING) == ["waiting"] * 3
    assert Tree.objects.count() == 0
    page.goto(f"{gardener.url}/pocket/outbox/")
    until(page, "document.querySelectorAll('gz-outbox[list] .phone-card').length === 3")
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    until(page, "document.querySelectorAll('gz-outbox[list] .phone-card').length === 0", 15)
    assert list(Tree.objects.order_by("id").values_list("code", flat=True)) == ["F1", "F2", "F3"]
    assert not errors
    context.close()


def test_an_answer_lost_on_the_way_makes_no_second_tree(chromium, gardener):
    context, page, errors = opened(chromium, gardener)
    lost = []

    def lose_first(route):
        if not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/send/", lose_first)
    page.goto(f"{gardener.url}/pocket/new/tree/plant/")
    until(page, "!!customElements.get('gz-outbox')")
    fill(page, "L1")
    page.wait_for_url(lambda url: "/new/" not in url)  # kept: the phone leads on at once
    for _n in range(150):  # sent again as soon as a page opens, or five seconds later
        if page.evaluate(WAITING) == []:
            break
        page.wait_for_timeout(100)
    assert lost[0].ok
    assert Tree.objects.filter(code="L1").count() == 1
    assert page.evaluate(WAITING) == []
    assert not errors
    context.close()


def test_somebody_was_faster_and_both_versions_are_shown(chromium, gardener):
    tree = act(SYSTEM, Tree, "plant", {"code": "C1", "area_code": "320508"})
    context, page, errors = opened(chromium, gardener)
    page.goto(f"{gardener.url}/pocket/r/tree/{tree.pk}/")
    until(page, "!!customElements.get('gz-outbox')")
    act(SYSTEM, tree, "fall_ill", {"opinion": "虫害严重"})
    page.click("[data-open=move-fall_ill]")
    page.fill("#move-fall_ill [name=opinion]", "叶子发黄")
    page.click("#move-fall_ill .form-foot .btn-primary")
    page.wait_for_url("**/pocket/outbox/")  # where both are laid side by side
    assert page.evaluate(WAITING) == ["conflict"]
    words = until(page, "document.querySelector('.side-by-side') && document.querySelector('.side-by-side').innerText")
    assert "叶子发黄" in words
    assert "报病" in words
    page.click(".phone-card .btn-danger")
    until(page, "document.querySelectorAll('gz-outbox[list] .phone-card').length === 0")
    assert Tree.objects.get().version == 2
    assert not errors
    context.close()


def test_nothing_spills_over_a_small_screen_in_large_type(chromium, gardener):
    tree = act(SYSTEM, Tree, "plant", {"code": "W1", "area_code": "320508"})
    context, page, errors = opened(chromium, gardener)
    context.add_cookies([{"name": "gz_size", "value": "large", "url": gardener.url}])
    for path in ("", "tasks/", "map/", "mine/", "outbox/", "new/tree/plant/", f"r/tree/{tree.pk}/"):
        page.goto(f"{gardener.url}/pocket/{path}")
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert not errors
    context.close()
