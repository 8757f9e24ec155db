"""How tests that commit leave the database: as it was, and without Django's flush."""

from __future__ import annotations

import pytest
from django.db import connection

from gezhi.config.env import load


@pytest.mark.django_db
@pytest.mark.skipif(not load().private_database, reason="the server of DATABASE_URL grants what it likes")
def test_the_tests_own_server_grants_what_a_quick_restore_takes():
    """Without it every test that commits is followed by a second of flush."""
    with connection.cursor() as cursor:
        cursor.execute("select has_parameter_privilege('session_replication_role', 'set'),"
                       " to_regnamespace('kept') is not null")
        assert cursor.fetchone() == (True, True)
