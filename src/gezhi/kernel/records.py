"""Record, and the three tables under every record: history, outbox, cursors."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from .errors import DoorClosed


class RecordQuerySet(models.QuerySet):
    """Read-only outside the write door: bulk writes of Django's are refused."""

    def _closed(self, *_args: Any, **_kw: Any) -> NoReturn:
        raise DoorClosed(f"{self.model.__name__} is written through gezhi.kernel.door only")

    update = delete = bulk_update = bulk_create = create = get_or_create = update_or_create = _closed


class Record(models.Model):
    """A row of a register. Written only by :mod:`gezhi.kernel.door`; a database trigger holds this too.

    Attributes:
        version: counts the writes of this record; the optimistic lock of forms and the ``seq`` of history.
        seal: SHA-256 seal of the newest history row, the head of this record's hash chain.
        custom: fields a city adds for itself, checked against its schema.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.PositiveIntegerField(_("版本"), default=1, editable=False)
    seal = models.BinaryField(max_length=32, null=True, editable=False)
    created_at = models.DateTimeField(_("创建时间"), editable=False)
    updated_at = models.DateTimeField(_("更新时间"), editable=False)
    custom = models.JSONField(_("扩展字段"), default=dict, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kw: Any) -> None:
        raise DoorClosed(f"{type(self).__name__}.save(): use gezhi.kernel.door")

    def delete(self, *args: Any, **kw: Any) -> NoReturn:
        raise DoorClosed(f"{type(self).__name__}.delete(): use gezhi.kernel.door")


class XidField(models.Field):
    """PostgreSQL's 64-bit transaction id; read as text, compared in SQL."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "%s::text::xid8"

    def from_db_value(self, value: Any, *_args: Any) -> Any:
        return None if value is None else int(value)


class History(models.Model):
    """One row a write (or a batch): who did what to which record, when, with what opinion. Append-only.

    ``seal = SHA-256(previous seal || row)``; ``gezhi.engines.history.verify`` recomputes the chain.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("时间"))
    register = models.CharField(_("登记簿"), max_length=40)
    record_id = models.BigIntegerField(_("记录"))
    seq = models.IntegerField(_("序号"))
    verb = models.CharField(_("动作"), max_length=40)
    source = models.CharField(_("原状态"), max_length=40, default="", blank=True)
    target = models.CharField(_("新状态"), max_length=40, default="", blank=True)
    actor_kind = models.CharField(max_length=8)
    actor_name = models.CharField(_("经办人"), max_length=80)
    user_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    via = models.CharField(_("途径"), max_length=40, default="", blank=True)
    opinion = models.TextField(_("意见"), default="", blank=True)
    changes = models.JSONField(default=dict)
    batch = models.BigIntegerField(null=True)
    seal = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["register", "record_id", "id"], name="history_record"),
            models.Index(fields=["user_id", "id"], name="history_user"),
        ]


class Event(models.Model):
    """The outbox: what happened, written in the same transaction as the record and its history.

    Readers follow ``(xid, id)`` below the oldest running transaction, so that no event that commits late is
    ever skipped; there is no NOTIFY, whose commit lock would serialise intake (docs/architecture.md).
    """

    id = models.BigAutoField(primary_key=True)
    xid = XidField(db_default=RawSQL("pg_current_xact_id()", ()))
    at = models.DateTimeField()
    kind = models.CharField(max_length=80)
    register = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    area_code = models.CharField(max_length=15, default="", blank=True)
    unit_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="event_order")]


class Cursor(models.Model):
    """How far a consumer has read the outbox; moved in the transaction of what it did."""

    consumer = models.CharField(max_length=60, primary_key=True)
    xid = models.DecimalField(max_digits=20, decimal_places=0, default=0)
    event_id = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)


class DeadEvent(models.Model):
    """An event a consumer could not digest after all its tries; kept, shown and sent again on request."""

    consumer = models.CharField(max_length=60)
    event = models.ForeignKey(Event, models.CASCADE, related_name="+")
    error = models.TextField()
    tries = models.IntegerField(default=1)
    at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["consumer", "resolved_at"], name="deadevent_open")]


class Counter(models.Model):
    """Gap-free daily numbers (case number, order number …): one row a key, bumped under its row lock."""

    key = models.CharField(max_length=60, primary_key=True)
    value = models.BigIntegerField(default=0)
