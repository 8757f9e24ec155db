"""Tables of the counts by day: the counts, the days that are counted, and the days that were written to since."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Rolled(models.Model):
    """One roll-up: which conditions its counts stand for, in order, and by which clock its days are cut."""

    name = models.CharField(max_length=60, primary_key=True)
    zone = models.CharField(max_length=40)
    layout = models.JSONField(default=list)


class DayCount(models.Model):
    """Rows of one day that share the keys of the roll-up, counted by each condition of its layout."""

    rollup = models.CharField(max_length=60)
    day = models.DateField()
    area = models.CharField(max_length=15, default="", db_collation="C")
    key0 = models.BigIntegerField(null=True)
    key1 = models.BigIntegerField(null=True)
    counts = ArrayField(models.IntegerField())

    class Meta:
        indexes = [models.Index(fields=["rollup", "day"], name="metrics_count_day"),
                   models.Index(fields=["rollup", "key0", "day"], name="metrics_count_key")]


class DayState(models.Model):
    """A day that was counted; one without rows has no counts."""

    rollup = models.CharField(max_length=60)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollup", "day"], name="metrics_day")]


class DayMark(models.Model):
    """A row of this day was written. Left by a trigger in the writer's own transaction; see ``marks``."""

    rollup = models.CharField(max_length=60)
    day = models.DateField()
    xact = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["rollup", "day"], name="metrics_mark_day")]
