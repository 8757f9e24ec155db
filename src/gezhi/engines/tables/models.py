"""What people keep about lists: saved views and habits. Preferences, not records: nothing is governed by them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """Filters of a list under a name, of one person or of everybody in a role."""

    user_id = models.BigIntegerField(null=True, blank=True)
    role = models.CharField(_("角色"), max_length=24, default="", blank=True)
    register = models.CharField(max_length=40)
    name = models.CharField(_("视图名称"), max_length=40)
    query = models.CharField(_("筛选条件"), max_length=2000, default="", blank=True)
    position = models.IntegerField(_("顺序"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "register", "name"], name="view_person_once",
                                    condition=Q(user_id__isnull=False)),
            models.UniqueConstraint(fields=["role", "register", "name"], name="view_role_once",
                                    condition=Q(user_id__isnull=True)),
        ]
        indexes = [models.Index(fields=["register", "user_id"], name="view_register")]


class Habit(models.Model):
    """How a person last looked at a list: its columns, sort and way of showing."""

    user_id = models.BigIntegerField()
    register = models.CharField(max_length=40)
    columns = models.CharField(max_length=1000, default="", blank=True)
    sort = models.CharField(max_length=60, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "register"], name="habit_once")]
