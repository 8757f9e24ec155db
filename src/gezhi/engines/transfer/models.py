"""An import as it stands: the job, the texts of its file, and what became of each row."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .request import ExportPiece, ExportRequest

__all__ = ["ExportPiece", "ExportRequest", "ImportChunk", "ImportJob", "ImportKey", "ImportPiece", "ImportRow"]

STATES = [("reading", _("读取文件中")), ("new", _("待对应列")), ("checking", _("试运行中")), ("checked", _("已试运行")),
          ("running", _("导入中")), ("done", _("已完成")), ("stopped", _("已停止")), ("failed", _("失败")),
          ("undoing", _("撤销中")), ("undone", _("已撤销"))]
ROW_STATES = [("ready", _("检查通过")), ("wrong", _("有错")), ("created", _("已新增")), ("changed", _("已更新")),
              ("same", _("无变化")), ("undone", _("已撤销")), ("kept", _("未撤销"))]


class ImportJob(models.Model):
    """One import of one file into one register, which can always go on: its chunks say how far it is.

    ``post_id`` is the post it was begun in: the worker acts in it, with what it may then. ``mark`` says which file it
    was, so that rows without a key of their sender have one; ``language`` is that of the person, for what is wrong.
    ``counts`` has the rows by state; ``started_done`` are rows done before ``started_at``.
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
    counts = models.JSONField(default=dict)
    problem = models.CharField(_("问题"), max_length=500, default="", blank=True)
    started_at = models.DateTimeField(null=True)
    started_done = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user_id", "-id"], name="import_user")]


class ImportPiece(models.Model):
    """A piece of a large file as it came, encrypted; kept until the worker has read it into chunks."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="pieces")
    number = models.IntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_piece_once")]


class ImportChunk(models.Model):
    """Consecutive rows of the file, encrypted (``chunks.pack``), tried and written together.

    They may hold names and telephone numbers that the record keeps sealed: when a chunk is written, only its wrong rows
    are kept, and those go with ``carry.forget``. ``first`` is the number of its first row, ``size`` how many it has.
    """

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="chunks")
    first = models.IntegerField()
    size = models.IntegerField()
    body = models.BinaryField()
    tried = models.BooleanField(default=False)
    written = models.BooleanField(default=False)
    undone = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "first"], name="import_chunk_once")]


class ImportRow(models.Model):
    """What became of one row, once there is something to say: wrong, written, undone.

    ``version`` is that of the record after it was written, ``before`` what the row changed in it, encrypted: together
    they let the import be undone. The database does not look up the job of each of a million rows.
    """

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rows", db_index=False, db_constraint=False)
    number = models.IntegerField(_("行号"))
    state = models.CharField(max_length=8, choices=ROW_STATES)
    record_id = models.BigIntegerField(null=True)
    version = models.IntegerField(null=True)
    before = models.BinaryField(null=True)
    errors = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_row_once")]
        # those that are told on the import's page, and the records of an import as a list
        indexes = [models.Index(fields=["job", "number"], name="import_row_told", condition=~models.Q(errors={})),
                   models.Index(fields=["job", "record_id"], name="import_row_record",
                                condition=models.Q(record_id__isnull=False))]


class ImportKey(models.Model):
    """During a trial: what must be unique about a row, in eight bytes, to find rows repeated anywhere in the file."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    rule = models.SmallIntegerField()
    digest = models.BigIntegerField()
    number = models.IntegerField()
