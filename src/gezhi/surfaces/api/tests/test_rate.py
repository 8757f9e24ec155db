"""The rate of a sender is one number for all processes."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gezhi.surfaces.api.rate import Rate, forget, take


@pytest.mark.django_db
def test_it_counts_over_the_edge_of_a_minute():
    assert [take("a", 2, now=59) for _i in range(3)] == [True, True, False]
    assert not take("a", 2, now=60.5), "most of the last minute still counts"
    assert take("a", 2, now=119)
    assert take("b", 2, now=59), "another sender"
    assert [take("a", 2, now=400) for _i in range(3)] == [True, True, False], "long after, nothing of it counts"


@pytest.mark.django_db
def test_a_late_clock_counts_in_the_window_that_stands():
    assert take("a", 2, now=61) and take("a", 2, now=59) and not take("a", 2, now=59)


@pytest.mark.django_db
def test_one_statement_and_nothing_kept_of_senders_who_left():
    with CaptureQueriesContext(connection) as sent:
        assert take("x" * 300, 1)
    assert len(sent) == 1
    take("long ago", 1, now=60)
    forget()
    assert list(Rate.objects.values_list("key", flat=True)) == ["x" * 100]


@pytest.mark.django_db
def test_a_program_without_a_limit_is_not_counted(call):
    assert call("GET", "me")[0] == 200
    assert not Rate.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_pass_the_limit_together():
    passed, start = [], threading.Barrier(6)

    def ask():
        start.wait(30)
        passed.extend(take("flood", 10, now=0) for _i in range(5))
        connection.close()

    threads = [threading.Thread(target=ask) for _i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(passed) == 30 and sum(passed) == 10


@pytest.mark.django_db
def test_the_table_waits_for_no_disk():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE oid = 'api_rate'::regclass")
        assert cursor.fetchone() == ("u",)
