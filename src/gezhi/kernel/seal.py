"""The hash chain under every record's history, and the encryption of sensitive fields.

Chain: SHA-256 over the previous seal and the canonical JSON of the history row (privacy.md 11).
Encryption: AES-256-GCM with a random 96-bit nonce; blind index: HMAC-SHA-256 of the normalised value,
cut to 16 bytes, under a key of its own derived by HKDF (privacy.md 2). A key id stands first in every
ciphertext so that keys can be rotated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import lru_cache

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from .errors import Unavailable

GENESIS = bytes(32)


def canonical(data: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)


def chain(previous: bytes, row: object) -> bytes:
    """Seal of a history row: SHA-256(previous seal || canonical row), 32 bytes."""
    return hashlib.sha256(bytes(previous or GENESIS) + canonical(row)).digest()


@lru_cache(maxsize=16)
def _derived(key: str, purpose: bytes) -> bytes:
    master = base64.urlsafe_b64decode(key)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(master)


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"gezhi field"))


def _keys() -> list[str]:
    return list(settings.GEZHI_FIELD_KEYS)


def encrypt(text: str) -> bytes:
    """Encrypt with the newest key. Output: key number (1 byte), nonce (12), ciphertext and tag."""
    keys = _keys()
    nonce = os.urandom(12)
    number = len(keys) - 1
    return bytes([number]) + nonce + _cipher(keys[number]).encrypt(nonce, text.encode(), None)


def decrypt(blob: bytes) -> str:
    """Decrypt what :func:`encrypt` made under any key still kept.

    Raises:
        Unavailable: the value was altered, or its key is not the one of this installation.
    """
    blob = bytes(blob)
    try:
        return _cipher(_keys()[blob[0]]).decrypt(blob[1:13], blob[13:], None).decode()
    except (InvalidTag, IndexError):
        raise Unavailable(_("加密字段无法解开：密钥与数据库不相符"),
                          hint=_("请恢复本数据库原来的密钥文件（keys/field.key）")) from None


def blind(text: str) -> bytes:
    """Keyed blind index of a normalised value, for exact search. The first key is kept for this for ever."""
    key = _derived(_keys()[0], b"gezhi blind")
    return hmac.new(key, text.strip().upper().encode(), hashlib.sha256).digest()[:16]
