"""A visit on the phone: with pictures, sent once however often it is sent, dated by when it was made."""

from __future__ import annotations

import datetime as dt
import io
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from gezhi.domains.programmes import visit_rounds
from gezhi.domains.programmes.models import VisitRecord, VisitTask
from gezhi.engines.history import timeline
from gezhi.foundation.documents.models import Document
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door

from .town import HOME, Grid

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def grid():
    """Tasks given six hours ago, and a phone in the hand of each who is sent."""
    found = Grid()
    with door(SYSTEM, at=timezone.now() - 6 * HOUR):
        visit_rounds.give_visits()
    return found


def phone(post):
    client = Client()
    client.force_login(post.staff)
    return client


def sent(client, task, key=None, **more):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "JPEG")
    out.seek(0)
    out.name = "home.jpg"
    form = {"way": "door", "life": "独居，饮食正常", "position": f"{HOME.x}, {HOME.y}", "photos": out, **more}
    return client.post(reverse("pocket:act", args=["visit_task", task.pk, "visit"]), form, headers={
        "X-Outbox": "1", **({"Idempotency-Key": str(key)} if key else {})})


def test_a_visit_with_a_picture_sent_twice_is_one_visit(grid):
    task, client, key = VisitTask.objects.get(programme="care_person"), phone(grid.worker), uuid.uuid4()
    page = client.get(reverse("pocket:record", args=["visit_task", task.pk])).content.decode()
    assert "gz-spot" in page and "拍居住环境和隐患" in page and 'radius="300' in page
    states = [sent(client, task, key).json()["state"] for _n in range(2)]
    assert states == ["applied", "duplicate"]
    visit = VisitRecord.objects.get()
    assert visit.life == "独居，饮食正常" and Document.objects.filter(owner_type="visit_task").count() == 1
    assert "独居" not in str(list(Document.objects.values_list("name", "caption")))
    record = client.get(reverse("pocket:record", args=["visit_record", visit.pk])).content.decode()
    assert "现场照片" in record and f"/documents/{Document.objects.get().pk}/" in record
    assert phone(grid.keeper).get(reverse("pocket:record", args=["visit_record", visit.pk])).status_code == 404


def test_what_waited_on_the_phone_was_made_when_it_was_filled_in(grid):
    task, at = VisitTask.objects.get(programme="care_person"), timezone.now() - 2 * HOUR
    assert sent(phone(grid.worker), task, uuid.uuid4(), made_at=at.isoformat()).json()["state"] == "applied"
    assert abs(VisitRecord.objects.get().visited_at - at) < dt.timedelta(seconds=1)


@pytest.mark.parametrize(("ago", "said"), [(dt.timedelta(seconds=30), ""), (-HOUR, ""), (2 * HOUR, "typed")])
def test_a_clock_a_little_off_or_ahead_and_what_is_typed_count_as_they_should(grid, ago, said):
    task, now = VisitTask.objects.get(programme="care_person"), timezone.now()
    typed = {"visited_at": (now - HOUR).isoformat()} if said else {}
    assert sent(phone(grid.worker), task, uuid.uuid4(), made_at=(now - ago).isoformat(), **typed).status_code == 200
    made = VisitRecord.objects.get().visited_at
    assert abs(made - (now - HOUR if said else now)) < dt.timedelta(seconds=20)


def test_a_phone_that_says_it_was_before_the_task_is_told_so(grid):
    task = VisitTask.objects.get(programme="care_person")
    answer = sent(phone(grid.worker), task, uuid.uuid4(), made_at=(timezone.now() - 9 * HOUR).isoformat())
    assert answer.status_code == 422 and "走访时间" in answer.json()["detail"]
    assert VisitTask.objects.get(pk=task.pk).status == "pending"


def test_the_history_of_a_person_does_not_tell_of_a_programme(grid):
    for programme, post in (("care_person", grid.worker), ("correction_person", grid.keeper)):
        task = VisitTask.objects.get(programme=programme)
        more = {"phone": "13812345678", **({} if task.place else {"way": "centre", "position": ""})}
        assert sent(phone(post), task, uuid.uuid4(), **more).json()["state"] == "applied", programme
        last = timeline(task.person, newest_first=True)[0]
        assert last.verb == "change" and "phone" in last.changes
        assert last.actor_kind == ("staff" if programme == "care_person" else "system")
        assert "走访" not in str(vars(last)) and task.no not in str(vars(last))
