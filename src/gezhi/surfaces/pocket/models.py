"""What the phone sent once is not done twice."""

from __future__ import annotations

from django.db import models


class Sent(models.Model):
    """A submission by the key its phone gave it; written in the transaction of what it did."""

    key = models.UUIDField(primary_key=True)
    user_id = models.BigIntegerField(null=True)
    register = models.CharField(max_length=40, default="")
    record_id = models.BigIntegerField(null=True)
    move = models.CharField(max_length=40, default="")
    made_at = models.DateTimeField(null=True)
    at = models.DateTimeField(auto_now_add=True)
