"""What a visitor without sign-in has uploaded in this browser session: the only documents he or she may attach."""

from __future__ import annotations

from typing import Any

from .document import Document

__all__ = ["claim", "claimed"]

_KEY = "gezhi_documents"
_MOST = 60


def claim(request: Any, document: Document) -> None:
    """Note in the session that the visitor has uploaded a document."""
    ids = [*(request.session.get(_KEY) or []), document.pk]
    request.session[_KEY] = list(dict.fromkeys(ids))[-_MOST:]


def claimed(request: Any) -> list[int]:
    """Ids for `attach.claiming`."""
    return list(request.session.get(_KEY) or [])
