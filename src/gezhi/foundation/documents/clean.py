"""Clean up: documents never attached, content nobody names, uploads given up.

Run daily (``gezhi manage clean_documents``). Safe beside uploads: content is deleted under an advisory lock
that an upload of the same content holds until its record is committed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door

from .document import LOOSE, Document
from .receive import lock_key, store
from .store import FolderStore
from .uploads import expire

LOOSE_HOURS = 72
"""A phone that was offline may attach what it uploaded days later."""
CONTENT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How much was removed: loose documents, contents, unfinished uploads, leftovers of crashes."""

    documents: int = 0
    contents: int = 0
    uploads: int = 0
    leftovers: int = 0


def clean(now: dt.datetime | None = None, tell: Callable[[str], None] = lambda _line: None) -> Cleaned:
    """Remove what nobody can reach any more.

    Args:
        tell: called with a line now and then, for a progress display.
    """
    now = now or timezone.now()
    documents = 0
    old = Document.objects.filter(LOOSE, created_at__lt=now - dt.timedelta(hours=LOOSE_HOURS))
    for document in old.iterator():
        with door(SYSTEM) as session:
            if session.lock(document).owner_type == "":
                session.remove(document, opinion=_("从未关联到记录"))
                documents += 1
    kept, contents = store(), 0
    for number, key in enumerate(kept.keys(CONTENT_SECONDS)):
        contents += _drop(key)
        if number % 1000 == 999:
            tell(f"{number + 1} …")
    leftovers = kept.sweep() if isinstance(kept, FolderStore) else 0
    return Cleaned(documents, contents, expire(now), leftovers)


def _drop(sha256: str) -> bool:
    """Delete a content that no document names; False when one does or an upload of it is under way."""
    if Document.objects.filter(sha256=sha256).exists():
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(sha256)])
        if not cursor.fetchone()[0] or Document.objects.filter(sha256=sha256).exists():
            return False
        store().delete(sha256)
        return True
