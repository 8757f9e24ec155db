"""Who took an urgent matter from the wall, and when."""

from __future__ import annotations

from django.db import models


class Taken(models.Model):
    """One urgent record, taken by the first who pressed the button; on every wall the bubble then falls."""

    register = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    user_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "record_id"], name="taken_once")]
