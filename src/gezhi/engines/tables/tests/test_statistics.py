"""The planner knows prefix codes well."""

import pytest
from django.db import connection

from gezhi.engines.tables.statistics import TARGET, codes, tune


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
