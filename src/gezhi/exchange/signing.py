"""How what is exchanged is signed, both ways."""

from __future__ import annotations

import hashlib
import hmac


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA-256 of ``<timestamp>.<body>``."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
