"""A visit at a door without a network: filled in with a picture, kept sealed on the phone, sent once later."""

from __future__ import annotations

import pytest
from django.urls import reverse

from gezhi.domains.programmes import visit_rounds
from gezhi.domains.programmes.models import VisitRecord, VisitTask
from gezhi.domains.programmes.tests.town import HOME, Grid
from gezhi.foundation.documents.models import Document
from tests.journeys.conftest import errors_of, until
from tests.journeys.test_spot import KEPT, STORED, hold, picture, ready

FOUND = "独居老人，屋内整洁，想装扶手"


@pytest.fixture
def ground(transactional_db):
    """A resident in care whom a plan sends a grid worker to."""
    grid = Grid()
    visit_rounds.give_visits()
    grid.task = VisitTask.objects.get(programme="care_person")
    return grid


@pytest.mark.browser
def test_a_visit_made_offline_is_sealed_and_sent_once(chromium, ground, live_server):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, permissions=["geolocation"],
                                   geolocation={"longitude": HOME.x + .0002, "latitude": HOME.y, "accuracy": 8})
    page = context.new_page()
    errors = errors_of(page)
    hold(context, live_server, ground.worker.staff)
    url = reverse("pocket:record", args=["visit_task", ground.task.pk])
    page.goto(f"{live_server.url}/pocket/tasks/?in=visit_task")  # the list keeps the pages of its tasks
    ready(page, ground.worker.staff)
    until(page, f"caches.open('gezhi-pages:/pocket/').then((all) => all.match('{url}')).then(Boolean)", 20)
    context.set_offline(True)
    page.goto(f"{live_server.url}{url}")
    until(page, "document.querySelector('[data-where]')?.textContent.includes('米')")
    page.set_input_files("gz-upload input[capture]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    until(page, "document.querySelectorAll('.drop-list li').length === 1")
    page.check("input[name=way][value=door]")
    page.fill("[name=life]", FOUND)
    page.click("gz-spot .actions .btn-primary")
    page.wait_for_url("**/pocket/tasks/")
    kept = page.evaluate(STORED)
    assert (kept["rows"], kept["files"], kept["readable"]) == (1, 1, False)
    for secret in (FOUND, "visit_task", "Exif"):
        assert secret not in kept["text"] + kept["clear"]
    pages = page.evaluate(KEPT)
    assert len(pages) > 10_000 and "欧阳" not in pages and "关爱" not in pages
    assert VisitTask.objects.get(pk=ground.task.pk).status == "pending"
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    until(page, f"({STORED})().then((kept) => kept.rows === 0 && kept.files === 0)")
    visit = VisitRecord.objects.get()
    assert visit.life == FOUND and visit.task_id == ground.task.pk and Document.objects.count() == 1
    assert not errors
    context.close()
