"""Rows that repeat one another anywhere in a file: found once over all of it, when its last row was judged."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from .models import ImportJob, ImportKey, ImportRow
from .rows import Plan

BATCH = 1000
_REPEATED = """
SELECT number, rule, first FROM (
  SELECT number, rule, min(number) OVER (PARTITION BY rule, digest) AS first
  FROM transfer_importkey WHERE job_id = %(job)s) k
WHERE number > first"""
"""One sort of all keys: a join with the firsts would be planned by what is known of the table, which is nothing yet."""


def mark_repeated(plan: Plan) -> None:
    """Mark rows that repeat an earlier row's key, or what must be unique about it; drops what was noted for it."""
    job = plan.job
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.repeated_rows")
            cursor.execute(f"CREATE TEMP TABLE repeated_rows ON COMMIT DROP AS {_REPEATED}", {"job": job.pk})
        names = plan.rule_names
        after = 0
        while True:
            with connection.cursor() as cursor:
                cursor.execute("SELECT number, min(ARRAY[rule, first]) FROM repeated_rows WHERE number > %s "
                               "GROUP BY number ORDER BY number LIMIT %s", [after, BATCH])
                found = {number: (names[rule], first) for number, (rule, first) in cursor.fetchall()}
            if not found:
                break
            after = max(found)
            _mark(job, found)
        ImportKey.objects.filter(job=job).delete()
        wrong = job.rows.filter(state="wrong").count()
        ImportJob.objects.filter(pk=job.pk).update(failed=wrong, counts={"wrong": wrong, "ready": job.total - wrong})
    job.refresh_from_db()


def _mark(job: ImportJob, found: dict[int, tuple[str, int]]) -> None:
    told = dict(job.rows.filter(number__in=found).values_list("number", "errors"))
    ImportRow.objects.bulk_create(
        [ImportRow(job=job, number=number, state="wrong",
                   errors={**{n: m for n, m in told.get(number, {}).items() if n}, name: [_("与第 %d 行重复") % first]})
         for number, (name, first) in found.items()],
        update_conflicts=True, unique_fields=["job", "number"], update_fields=["state", "errors"])
