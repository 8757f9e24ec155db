"""An import as it stands: the job, and each row of the file with what became of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

STATES = [("new", _("待对应列")), ("checking", _("试运行中")), ("checked", _("已试运行")), ("running", _("导入中")),
          ("done", _("已完成")), ("stopped", _("已停止")), ("failed", _("失败"))]
ROW_STATES = [("waiting", _("待导入")), ("ready", _("检查通过")), ("wrong", _("有错")), ("created", _("已新增")),
              ("changed", _("已更新")), ("same", _("无变化"))]


class ImportJob(models.Model):
    """One import of one file into one register. Its rows carry the progress, so that it can always go on.

    ``post_id`` is the post it was begun in: the worker acts in it, with what it may then. ``mark`` says which file it
    was, so that rows without a key of their sender have one; ``language`` is that of the person, for what is wrong.
    ``started_done`` are rows done before ``started_at``. The texts of a row go when it is written (they may hold names
    and telephone numbers that the record keeps sealed); those of wrong rows go with ``carry.forget``.
    """

    register = models.CharField(max_length=40)
    user_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("导入人"), max_length=80)
    file_name = models.CharField(_("文件名"), max_length=200)
    mark = models.CharField(max_length=16, default="")
    language = models.CharField(max_length=10, default="")
    columns = models.JSONField(_("文件列"), default=list)
    mapping = models.JSONField(_("列对应"), default=dict)
    state = models.CharField(_("状态"), max_length=8, choices=STATES, default="new")
    total = models.IntegerField(_("总行数"), default=0)
    done = models.IntegerField(_("已处理"), default=0)
    failed = models.IntegerField(_("有错"), default=0)
    problem = models.CharField(_("问题"), max_length=500, default="", blank=True)
    started_at = models.DateTimeField(null=True)
    started_done = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user_id", "-id"], name="import_user")]


class ImportRow(models.Model):
    """One row of the file: its texts, and its result."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rows")
    number = models.IntegerField(_("行号"))
    cells = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=ROW_STATES, default="waiting")
    record_id = models.BigIntegerField(null=True)
    errors = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["job", "state", "number"], name="import_row_state")]
