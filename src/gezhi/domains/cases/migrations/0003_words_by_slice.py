"""Words indexed together with the slice a case stands in, and two indexes less for each report to fill.

A first page of a common word reads the newest slices only (``engines/tables/newest.py``). ``case_warn`` served yellow
lights, which stand in the order in which they are due; query codes are only ever looked up whole, so that the index of
their beginnings that comes with the unique one has no reader. The tables stay open to writers meanwhile.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations

from gezhi.kernel.slices import Slice


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("cases", "0002_open_cases")]

    operations = [
        AddIndexConcurrently("case", GinIndex("tokens", Slice("id"), name="case_words")),
        RemoveIndexConcurrently("case", "case_tokens"),
        RemoveIndexConcurrently("case", "case_warn"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS cases_case_query_code_f1ba5550_like",
                          "CREATE INDEX CONCURRENTLY cases_case_query_code_f1ba5550_like "
                          "ON cases_case (query_code varchar_pattern_ops)"),
    ]
