"""Hand a document to a browser: permission of its owner, ranges, and nothing that could run.

A surface names an address and calls `respond`. Content is always sent with the type the sniffer found, with
`nosniff` and a policy that forbids scripts; only pictures, sound, video and PDF open in place.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.response import HttpResponseNotModified

from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Missing

from .content import CHUNK
from .document import Document, may_view
from .errors import NotStored
from .images import JPEG, THUMBNAILS, rendition, thumbnail
from .policy import Kind
from .receive import store

__all__ = ["gallery", "pair", "respond", "ticket"]

_SALT = "gezhi.documents"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
_TICKET_SECONDS = 3600
_OUTSIDE = (-1, -1)
_PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox"
_PDF_POLICY = "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'"


def ticket(document: Document) -> str:
    """A pass for one document, good for an hour: for a page that has judged by other means who may see it.

    A citizen who follows a report by its query code has no right on registers; the page that checked the code
    adds ``?ticket=…`` to the addresses of the report's documents.
    """
    return signing.dumps(document.pk, salt=_SALT)


def _admitted(document: Document, pass_: str) -> bool:
    try:
        return bool(pass_) and signing.loads(pass_, salt=_SALT, max_age=_TICKET_SECONDS) == document.pk
    except signing.BadSignature:
        return False


def respond(request: HttpRequest, actor: Actor, document_id: int, variant: str = "") -> HttpResponseBase:
    """The answer to GET or HEAD of a document.

    Args:
        variant: "" for the content itself, ``small`` or ``large`` for a picture's small copies, ``jpeg`` for one that
            browsers can show.

    Raises:
        Missing: no such document or variant, or the actor may not see the record it belongs to.
        NotStored: its content is gone.
    """
    document = Document.objects.filter(pk=document_id).first()
    if document is None or (variant and (variant not in (*THUMBNAILS, JPEG) or document.kind != Kind.IMAGE.value)):
        raise Missing
    if not _open_to(document, actor, request.GET.get("ticket", ""), variant):
        raise Missing
    key = document.sha256
    if variant:
        key = f"{document.sha256}.{variant}"
        _ensure(document, key, variant)
    tag = f'"{key}"'
    if tag in request.headers.get("If-None-Match", ""):
        return _headed(HttpResponseNotModified(), document, variant, tag)
    size = store().size(key)
    span = _span(request, size, tag)
    if span == _OUTSIDE:
        answer: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return _headed(answer, document, variant, tag)
    start, end = span or (0, size - 1)
    headers = {"Content-Length": str(end - start + 1)}
    if span:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    status = 206 if span else 200
    if request.method == "HEAD":
        answer = HttpResponse(status=status, headers=headers)
    else:
        blocks = _blocks(store().open(key, start), end - start + 1)
        answer = StreamingHttpResponse(blocks, status=status, headers=headers)
    return _headed(answer, document, variant, tag)


def _open_to(document: Document, actor: Actor, pass_: str, variant: str) -> bool:
    """Who may see the owner, holds a pass, or asks for something published.

    A published picture is given out as a small copy only: the original tells where its camera stood.
    """
    if document.public and document.owner_type and (variant or document.kind != Kind.IMAGE.value):
        return True
    return may_view(actor, document) or _admitted(document, pass_)


def _ensure(document: Document, key: str, variant: str) -> None:
    """Make a small copy that is not there (content from an import or a restored store)."""
    kept = store()
    if kept.exists(key):
        return
    with kept.open(document.sha256) as stream:
        content = io.BytesIO(stream.read())
    kept.put_variant(key, rendition(content) if variant == JPEG else thumbnail(content, THUMBNAILS[variant]))


def _span(request: HttpRequest, size: int, tag: str) -> tuple[int, int] | None:
    """First and last byte asked for; None for the whole; `_OUTSIDE` when there are none."""
    match = _RANGE.match(request.headers.get("Range", "").strip())
    if match is None or request.headers.get("If-Range", tag) != tag:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:  # the last so many bytes
        length = min(int(last), size)
        return (size - length, size - 1) if length else _OUTSIDE
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size:
        return _OUTSIDE
    return None if end < start else (start, end)


def _blocks(stream: BinaryIO, left: int) -> Iterator[bytes]:
    try:
        while left > 0 and (block := stream.read(min(CHUNK // 4, left))):
            left -= len(block)
            yield block
    finally:
        stream.close()


def _headed(answer: HttpResponseBase, document: Document, variant: str, tag: str) -> HttpResponseBase:
    pdf = document.mime == "application/pdf"
    in_place = pdf or document.kind != Kind.FILE.value
    name = f"{document.name.rpartition('.')[0]}.{'jpg' if variant == JPEG else 'webp'}" if variant else document.name
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name) or "file"
    answer["Content-Type"] = (f"image/{JPEG}" if variant == JPEG else "image/webp") if variant else document.mime
    answer["Content-Disposition"] = (
        f"{'inline' if in_place else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = _PDF_POLICY if pdf else _PLAIN_POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    # Private: a proxy must not answer another person. The browser asks again each hour, for rights may end.
    answer["Cache-Control"] = "private, max-age=3600"
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = tag
    return answer


def gallery(documents: list[Document], base: str = "/documents/", *, tickets: bool = False) -> list[dict[str, object]]:
    """Documents as ``partials/gallery.html`` draws them.

    Args:
        base: address before the id; the small copy is at ``<id>/small``.
        tickets: add a pass to each address (see `ticket`).
    """
    out = []
    for document in documents:
        query = f"?ticket={ticket(document)}" if tickets else ""
        image = document.kind == Kind.IMAGE.value
        out.append(
            {
                "url": f"{base}{document.pk}{f'/{JPEG}' if document.mime == 'image/heic' else ''}{query}",
                "thumb": f"{base}{document.pk}/small{query}" if image else "",
                "name": str(document),
                "role": document.get_role_display() if document.role != "attachment" else "",
                "type": "photo" if image else document.kind,
                "size": document.size_text,
                "at": document.taken_at or document.created_at,
            }
        )
    return out


def pair(documents: list[Document], base: str = "/documents/", *, tickets: bool = False) -> dict[str, object]:
    """How it was and how it is now, as ``partials/gallery.html`` lays one over the other; empty where one is missing.

    Args:
        documents: in order of upload; the newest picture of afterwards stands beside the last one of before that who
            put it right took, else beside the first of the matter.
    """
    pictures = [d for d in documents if d.kind == Kind.IMAGE.value]
    after = next((d for d in reversed(pictures) if d.role == "after"), None)
    if after is None:
        return {}
    of = (after.owner_type, after.owner_id)
    older = [d for d in pictures if d.role in ("before", "report")]
    before = next((d for d in reversed(older) if (d.owner_type, d.owner_id) == of), older[0] if older else None)
    if before is None:
        return {}
    return {name: {"url": f"{base}{d.pk}/large{f'?ticket={ticket(d)}' if tickets else ''}", "name": str(d),
                   "at": d.taken_at or d.created_at} for name, d in (("before", before), ("after", after))}


def checked(document: Document) -> bool:
    """Whether the content is here and still hashes to what was received."""
    try:
        return store().verify(document.sha256)
    except NotStored:
        return False
