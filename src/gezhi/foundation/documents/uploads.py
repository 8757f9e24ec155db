"""Uploads in pieces for phones on bad networks: resumable, idempotent, checked by hash (断点续传).

A device names its upload by a UUID of its own, says size and SHA-256, asks how much has arrived, and sends pieces
of at most one megabyte in order. The part file's length is the only truth about progress, so that neither a
lost answer nor a killed process can make the two disagree. With several web hosts the folder must be shared.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import re
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Conflict, Invalid, Missing, Refused
from gezhi.kernel.registry import registry

from .document import Document
from .errors import Empty, HashMismatch, StoreFull, TooLarge, TooMany
from .limit import limits
from .receive import receive, visitor_key

__all__ = ["PIECE", "Upload", "append", "begin", "expire", "finish", "progress"]

PIECE = 1024 * 1024
_OPEN = 40
_OPEN_BYTES = 600 * 1024 * 1024
_KEPT = dt.timedelta(days=3)


class Upload(models.Model):
    """An upload on its way; transient, gone three days after its last piece."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.BigIntegerField(null=True)
    visitor_key = models.CharField(max_length=64, default="", blank=True)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    document_id = models.BigIntegerField(null=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "visitor_key"], name="upload_sender"),
            models.Index(fields=["touched_at"], name="upload_touched"),
        ]

    @property
    def part(self) -> Path:
        """Where its pieces are put together."""
        return Path(settings.GEZHI_UPLOADS) / f"{self.id.hex}.part"

    @property
    def offset(self) -> int:
        """Bytes that have arrived."""
        if self.document_id is not None:
            return self.size
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0


def begin(actor: Actor, upload_id: uuid.UUID | str, name: str, size: int, sha256: str, *, visitor: str = "") -> Upload:
    """Announce an upload, or find the one announced before; its `offset` says where to go on.

    Raises:
        Refused, Invalid, Empty, TooLarge, TooMany; Conflict: announced before with other size or hash.
    """
    if not permits(registry.register("document"), actor, "upload"):
        raise Refused
    if not re.fullmatch(r"[0-9a-f]{64}", sha256.lower()):
        raise Invalid({"sha256": [_("应为 64 位十六进制的 SHA-256 校验值")]})
    largest = limits()[0].largest
    if size <= 0:
        raise Empty
    if size > largest:
        raise TooLarge(size, largest)
    try:
        return _resumed(_find(actor, upload_id, visitor), size, sha256.lower())
    except Missing:
        pass
    mine = Upload.objects.filter(document_id=None, **_sender(actor, visitor))
    if mine.count() >= _OPEN or sum(mine.values_list("size", flat=True)) + size > _OPEN_BYTES:
        raise TooMany(_("未完成的上传过多"), hint=_("请先完成或等待已有的上传"))
    values: dict[str, Any] = {"name": name[:200], "size": size, "sha256": sha256.lower()}
    made, fresh = Upload.objects.get_or_create(id=_uuid(upload_id), defaults={**values, **_sender(actor, visitor)})
    return made if fresh else _resumed(_find(actor, upload_id, visitor), size, sha256.lower())


def progress(actor: Actor, upload_id: uuid.UUID | str, *, visitor: str = "") -> int:
    """Bytes that have arrived. Raises Missing."""
    return _find(actor, upload_id, visitor).offset


def append(actor: Actor, upload_id: uuid.UUID | str, offset: int, piece: bytes, *, visitor: str = "") -> int:
    """Add a piece and return how many bytes have arrived; a piece sent twice is ignored.

    Raises:
        Missing; Invalid: too big, or beyond the announced size; Conflict: a piece before it is missing (its
        ``current`` names the offset to go on from); StoreFull.
    """
    upload = _find(actor, upload_id, visitor)
    if not piece or len(piece) > PIECE or offset < 0 or offset + len(piece) > upload.size:
        raise Invalid(_("分片大小或位置有误"))
    if upload.document_id is not None:
        return upload.size
    upload.part.parent.mkdir(parents=True, exist_ok=True)
    with upload.part.open("ab") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        here = out.seek(0, 2)
        if offset > here:
            raise Conflict(_("前面的分片尚未收到"), current={"offset": here})
        if offset + len(piece) <= here:
            return here
        try:
            out.write(piece[here - offset :])
            out.flush()
        except OSError as error:
            out.truncate(here)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull from None
            raise
        arrived = out.tell()
    upload.save(update_fields=["touched_at"])
    return arrived


def finish(actor: Actor, upload_id: uuid.UUID | str, *, visitor: str = "", **facts: Any) -> Document:
    """Make the document once all has arrived; asked again, it answers with the same document.

    Args:
        facts: ``caption``, ``taken``, ``public`` as for `receive`.

    Raises:
        Missing; Conflict: pieces are missing; HashMismatch (the upload starts over); what `receive` raises.
    """
    upload = _find(actor, upload_id, visitor)
    if upload.document_id is not None:
        made = Document.objects.filter(pk=upload.document_id).first()
        if made is None:
            raise Missing
        return made
    if upload.offset != upload.size:
        raise Conflict(_("文件尚未传完"), current={"offset": upload.offset})
    try:
        with upload.part.open("rb") as stream:
            document = receive(
                actor, stream, upload.name, sha256=upload.sha256, upload_id=upload.id, visitor=visitor, **facts
            )
    except HashMismatch:
        upload.part.unlink(missing_ok=True)
        raise
    upload.document_id = document.pk
    upload.save(update_fields=["document_id", "touched_at"])
    upload.part.unlink(missing_ok=True)
    return document


def expire(now: dt.datetime | None = None) -> int:
    """Forget uploads untouched for three days and return how many there were."""
    old = Upload.objects.filter(touched_at__lt=(now or timezone.now()) - _KEPT)
    count = 0
    for upload in old.iterator():
        upload.part.unlink(missing_ok=True)
        upload.delete()
        count += 1
    return count


def _uuid(text: uuid.UUID | str) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        raise Invalid({"upload_id": [_("上传编号应为 UUID")]}) from None


def _sender(actor: Actor, visitor: str) -> dict[str, Any]:
    if actor.user_id is not None:
        return {"user_id": actor.user_id, "visitor_key": ""}
    return {"user_id": None, "visitor_key": visitor_key(visitor)}


def _find(actor: Actor, upload_id: uuid.UUID | str, visitor: str) -> Upload:
    """The actor's own upload. Raises Missing for another's, so that ids tell nothing."""
    found = Upload.objects.filter(pk=_uuid(upload_id), **_sender(actor, visitor)).first()
    if found is None:
        raise Missing
    return found


def _resumed(upload: Upload, size: int, sha256: str) -> Upload:
    if (upload.size, upload.sha256) != (size, sha256):
        raise Conflict(_("该上传编号已用于另一个文件"), current={"offset": upload.offset})
    return upload
