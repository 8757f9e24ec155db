"""Take in an upload: check it, keep its content, write its record (上传).

The one way a document comes into being. Forms, phones, the API, e-mail and imports call `receive`; large files
over bad networks come in pieces first (`uploads`) and then through here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel import seal
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import Refused
from gezhi.kernel.registry import registry

from .content import spool
from .document import Document
from .errors import TooLong, TooMany
from .images import examine
from .limit import limits
from .media import measure
from .policy import Kind, Policy
from .sniff import Sniffed, sniff
from .store import Store, open_store

__all__ = ["receive", "store", "visitor_key"]

_MEMORY = 4 * 1024 * 1024
_PUBLIC_PER_HOUR = 40
"""Uploads of one visitor in an hour who has not signed in; a report takes nine photos at most."""


@cache
def store() -> Store:
    """The store this installation uses (``GEZHI_DOCUMENTS_URL``)."""
    return open_store(settings.GEZHI_DOCUMENTS_URL)


def visitor_key(text: str) -> str:
    """A keyed hash of what tells visitors apart (address, device), so that it is not kept itself."""
    return seal.passing(text) if text else ""


def receive(
    actor: Actor,
    stream: BinaryIO,
    name: str,
    *,
    sha256: str = "",
    caption: str = "",
    taken: Mapping[str, Any] | None = None,
    public: bool = False,
    upload_id: uuid.UUID | str | None = None,
    visitor: str = "",
) -> Document:
    """Check and keep an uploaded file; it belongs to no record until it is attached.

    Args:
        stream: the content from its start. name: the uploader's file name.
        sha256: hash the sender announced; a different content is refused.
        taken: ``{"at": aware datetime, "point": (lon, lat)}`` that the device knows, where the file does not.
        upload_id: the sender's own id: a repeated upload gives the document made by the first.
        visitor: what tells apart people who have not signed in (never kept as such).

    Raises:
        Refused: no right to upload. DocumentError: what is wrong with the file, or no space.
    """
    register = registry.register("document")
    if not permits(register, actor, "upload"):
        raise Refused
    if upload_id is not None and (made := _repeated(actor, uuid.UUID(str(upload_id)), visitor)) is not None:
        return made
    policy, _rows = limits()
    with tempfile.SpooledTemporaryFile(_MEMORY) as kept:
        held = cast(BinaryIO, kept)
        found_hash, _size = spool(stream, held, sha256, policy.largest)
        found = sniff(held, name, policy)
        _bound(actor, found.kind, visitor)
        facts, small = _facts(held, found, policy)
        values = {
            "sha256": found_hash,
            "name": found.name,
            "mime": found.mime,
            "kind": found.kind.value,
            "size": found.size,
            "caption": caption[:200],
            "uploader_id": actor.user_id,
            "uploader_key": visitor_key(visitor) if actor.user_id is None else "",
            "public": public and actor.kind in ("staff", "system"),
            "upload_id": upload_id,
            **_device(taken),
            **facts,
        }
        with door(actor) as session:
            _hold(found_hash)
            held.seek(0)
            store().put(held, sha256=found_hash)
            for variant, data in small.items():
                store().put_variant(f"{found_hash}.{variant}", data)
            return session.create(Document, values, verb="upload", emit=False)


def _repeated(actor: Actor, upload_id: uuid.UUID, visitor: str) -> Document | None:
    made = Document.objects.filter(upload_id=upload_id).first()
    if made is None:
        return None
    same = made.uploader_id == actor.user_id if actor.user_id else made.uploader_key == visitor_key(visitor)
    if not same:
        raise Refused(_("上传编号已被使用"))
    return made


def _bound(actor: Actor, kind: Kind, visitor: str) -> None:
    """Refuse more uploads in an hour than one sender may make."""
    if actor.kind == "system":
        return
    since = timezone.now() - dt.timedelta(hours=1)
    row = limits()[1].get(kind.value)
    most = row.per_hour if row else 300
    if actor.user_id is not None:
        sent = Document.objects.filter(uploader_id=actor.user_id, created_at__gte=since)
    elif visitor:
        most = min(most, _PUBLIC_PER_HOUR)
        sent = Document.objects.filter(uploader_key=visitor_key(visitor), created_at__gte=since)
    else:
        return  # an outside program with a key: its own rate limit holds
    if sent.filter(kind=kind.value).count() >= most:
        raise TooMany(_("一小时内上传过多，最多 %d 个") % most, hint=_("请稍后再试"))


def _facts(held: BinaryIO, found: Sniffed, policy: Policy) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Size, length, time and place of the content, and small copies of a picture."""
    if found.kind is Kind.IMAGE:
        picture, copies = examine(held, policy, timezone.get_default_timezone())
        facts: dict[str, Any] = {"width": picture.width, "height": picture.height}
        if picture.taken_at:
            facts["taken_at"] = picture.taken_at
        if picture.point:
            facts["taken_point"] = Point(*picture.point, srid=4326)
        return facts, copies
    if found.kind in (Kind.AUDIO, Kind.VIDEO):
        length = measure(held, found.mime)
        most = policy.max_seconds.get(found.kind)
        if most and length.seconds and length.seconds > most + 1:  # a recorder stops a moment late
            raise TooLong(length.seconds, most)
        return {"seconds": length.seconds, "width": length.width, "height": length.height}, {}
    return {}, {}


def _device(taken: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the device says about time and place; the file's own words come after and win."""
    out: dict[str, Any] = {}
    at, point = (taken or {}).get("at"), (taken or {}).get("point")
    if isinstance(at, dt.datetime) and at.tzinfo is not None:
        out["taken_at"] = at
    if point is not None:
        lon, lat = float(point[0]), float(point[1])
        if abs(lon) <= 180 and abs(lat) <= 90:
            out["taken_point"] = Point(lon, lat, srid=4326)
    return out


def lock_key(sha256: str) -> int:
    """The number of the advisory lock that stands for a content."""
    return int.from_bytes(hashlib.blake2b(bytes.fromhex(sha256), digest_size=8).digest(), "big", signed=True)


def _hold(sha256: str) -> None:
    """Keep the clean-up away from a content until our record of it is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lock_key(sha256)])
