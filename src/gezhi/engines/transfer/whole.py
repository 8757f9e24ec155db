"""Building, handing out and deleting the files of approved exports of whole values."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.workflow.act import act
from gezhi.kernel import seal
from gezhi.kernel.actors import SYSTEM, Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError, Missing, Refused
from gezhi.kernel.registry import registry

from .export import Export, as_csv, as_xlsx
from .request import ExportPiece, ExportRequest, open_until, query_of

log = structlog.get_logger(__name__)
PIECE = 2**20


def build(request_id: int) -> None:
    """The worker's job: write the file of an approved request, as its asker may see the records at this moment."""
    found = ExportRequest.objects.filter(pk=request_id, status="building").first()
    if found is None:
        return
    actor: Actor | None = registry.port("actor_of_post")(found.post_id, found.by_id)
    try:
        if actor is None:
            raise Refused(_("申请人的岗位已停用"))
        _build(actor, found)
    except DatabaseError:
        raise  # the database is away: the job is tried again
    except Exception as error:
        if not isinstance(error, GezhiError):
            log.exception("export_failed", request=request_id)
        act(SYSTEM, found, "fail", {"problem": str(error)[:300]})


def _build(actor: Actor, found: ExportRequest) -> None:
    register = registry.register(found.register)
    kinds = [register.kinds[n] for n in found.columns.split()]
    export = Export(query_of(actor, found), kinds, found.form, purpose=found.purpose, approved_by=found.decided_by)
    with tempfile.TemporaryFile() as spool:
        if found.form == "csv":
            for part in as_csv(export):
                spool.write(part)
        else:
            with as_xlsx(export) as book:
                while part := book.read(PIECE):
                    spool.write(part)
        spool.seek(0)
        with door(SYSTEM) as session:
            locked = session.lock(found)
            if locked.status != "building":  # taken back meanwhile
                return
            ExportPiece.objects.filter(request=found).delete()
            for number, body in enumerate(iter(lambda: spool.read(PIECE), b"")):
                ExportPiece.objects.create(request=found, number=number, body=seal.encrypt_bytes(body))
            act(SYSTEM, locked, "built", {})
        export.audit()


def fetch(actor: Actor, pk: int) -> tuple[ExportRequest, Iterator[bytes]]:
    """The file of one's own approved request, piece by piece, after writing down that it was fetched.

    Raises:
        Missing: not one's own. Refused: not approved, over, or the right was lost since.
    """
    found = ExportRequest.objects.filter(pk=pk, by_id=actor.user_id or -1).first()
    if found is None:
        raise Missing
    if not open_until(found):
        raise Refused(_("文件还没有生成，或已过期"))
    if not all(actor.may(f"{found.register}.{verb}") for verb in ("export", "reveal")):
        raise Refused
    with door(actor) as session:
        found = session.change(found, {"fetched": found.fetched + 1}, verb="fetch", trusted=True)
    return found, _pieces(found)


def _pieces(found: ExportRequest) -> Iterator[bytes]:
    for piece in found.pieces.order_by("number").iterator(1):  # type: ignore[attr-defined]
        yield seal.decrypt_bytes(piece.body)


def expire() -> None:
    """Delete files whose time is over."""
    for found in ExportRequest.objects.filter(status__in=("building", "ready"), expires_at__lte=timezone.now()):
        act(SYSTEM, found, "expire", {})
