"""The planner knows prefix codes well."""

import pytest
from django.db import connection

from gezhi.engines.tables.statistics import TARGET, codes, look, tune


@pytest.mark.django_db
def test_prefix_codes_have_a_large_statistics_target():
    assert any(f.name == "area_code" for f in codes())
    tune()
    with connection.cursor() as cursor:
        for field in codes():
            cursor.execute("SELECT attstattarget FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s",
                           [field.model._meta.db_table, field.column])
            assert cursor.fetchone()[0] == TARGET, field
    assert tune() == 0


@pytest.mark.django_db
def test_what_the_planner_never_saw_is_looked_at_once():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE unseen (path text)")
        assert "unseen" not in look(), "an empty table tells nothing"
        cursor.execute("INSERT INTO unseen SELECT '/all/' || n FROM generate_series(1, 40) n")
        assert "unseen" in look()
        cursor.execute("EXPLAIN SELECT FROM unseen WHERE path LIKE '/all/%'")
        assert "rows=40" in cursor.fetchone()[0]
    assert "unseen" not in look()
