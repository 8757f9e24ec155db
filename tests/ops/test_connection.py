"""A server that hangs up is noticed before the next request; one that does so meanwhile is no defect of ours."""

import select

import pytest
from django.conf import settings
from django.core.handlers.exception import response_for_exception
from django.db import OperationalError, connection, connections
from django.test import RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def other():
    """A connection of its own, as another thread has one."""
    made = connections["default"].copy()
    yield made
    made.close()


def pid(made):
    with made.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(number):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])


def test_a_connection_that_the_server_ended_is_made_anew_before_the_next_request(other):
    assert settings.DATABASES["default"]["ENGINE"] == "gezhi.config.postgis"
    first = pid(other)
    other.close_if_unusable_or_obsolete()
    assert pid(other) == first, "a living one is kept"
    end(first)
    other.close_if_unusable_or_obsolete()
    assert other.connection is None and pid(other) != first


def test_a_notice_that_came_meanwhile_is_no_end(other):
    first = pid(other)
    with other.cursor() as cursor:
        cursor.execute("LISTEN seen")
    speaker = connections["default"].copy()
    with speaker.cursor() as cursor:
        cursor.execute("NOTIFY seen")
    speaker.close()
    assert select.select([other.connection.pgconn.socket], [], [], 5)[0], "the notice lies at our end of the line"
    other.close_if_unusable_or_obsolete()
    assert pid(other) == first


def test_looking_costs_the_database_nothing(other):
    pid(other)
    asked = []
    with other.execute_wrapper(lambda *args: asked.append(args)):
        other.close_if_unusable_or_obsolete()
    assert asked == []


@pytest.mark.parametrize(("error", "status"), [(OperationalError("terminating connection"), 503), (ValueError(), 500)])
def test_a_database_that_goes_away_under_a_page_is_said_to_come_back(error, status, settings):
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    try:
        raise error
    except Exception as caught:
        answer = response_for_exception(RequestFactory().get("/desk/"), caught)
    assert answer.status_code == status and ("Retry-After" in answer) is (status == 503)
