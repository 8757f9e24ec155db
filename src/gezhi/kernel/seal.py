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
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.translation import gettext as _

from . import chance
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


@lru_cache(maxsize=16)
def _halves(key: str) -> tuple[Any, Any]:
    """HMAC-SHA-256 of the blind indexes (RFC 2104) with the key taken in: its inner hash and its outer."""
    block = _derived(key, b"gezhi blind").ljust(64, b"\0")
    return hashlib.sha256(bytes(b ^ 0x36 for b in block)), hashlib.sha256(bytes(b ^ 0x5C for b in block))


def _keyed(key: str, body: bytes) -> bytes:
    """The first 16 bytes of the HMAC; unlike ``hmac.digest`` it does not let other threads run for each value."""
    start, end = _halves(key)
    inner, outer = start.copy(), end.copy()
    inner.update(body)
    outer.update(inner.digest())
    return outer.digest()[:16]


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"gezhi field"))


@dataclass
class _Ring:
    """The keys of this process, and when the key file was last looked at."""

    base: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    looked: float = float("-inf")
    changed: int = -1


_ring = _Ring()
AGAIN = 10.0
"""Seconds after which a process notices a new key in the key file."""


def _keys(at_once: bool = False) -> tuple[str, ...]:
    """Keys by number, the newest last: those the process was started with, and what the key file has gained since."""
    now = time.monotonic()
    if not at_once and now - _ring.looked < AGAIN:  # asked ten times for each row of an import
        return _ring.keys
    base = tuple(settings.GEZHI_FIELD_KEYS)
    if base != _ring.base:
        _ring.base, _ring.keys, _ring.changed = base, base, -1
    _ring.looked = now
    path = getattr(settings, "GEZHI_KEY_FILE", "")
    if path:
        try:
            file = Path(path)
            changed = file.stat().st_mtime_ns
            if changed != _ring.changed:
                kept = tuple(base64.urlsafe_b64encode(bytes.fromhex(k)).decode() for k in file.read_text().split())
                _ring.keys = kept if kept[:len(base)] == base else base
                _ring.changed = changed
        except (OSError, ValueError):  # gone, or being written by hand: the keys we have still hold
            return _ring.keys
    return _ring.keys


@receiver(setting_changed)
def _look_again(**_of: Any) -> None:
    """Tests give the process other keys."""
    _ring.looked = float("-inf")


def newest() -> int:
    """Number of the key under which is encrypted now; stands as the first byte of a ciphertext."""
    return len(_keys(at_once=True)) - 1


def encrypt(text: str) -> bytes:
    """Encrypt with the newest key. Output: key number (1 byte), nonce (12), ciphertext and tag."""
    return encrypt_bytes(text.encode())


def encrypt_bytes(body: bytes) -> bytes:
    """As :func:`encrypt`, for what is no text."""
    keys = _keys()
    nonce = chance.draw(12)
    number = len(keys) - 1
    return bytes([number]) + nonce + _cipher(keys[number]).encrypt(nonce, body, None)


def decrypt(blob: bytes) -> str:
    """Decrypt what :func:`encrypt` made under any key still kept.

    Raises:
        Unavailable: the value was altered, or its key is not the one of this installation.
    """
    return decrypt_bytes(blob).decode()


def decrypt_bytes(blob: bytes | memoryview) -> bytes:
    """Decrypt what :func:`encrypt_bytes` made under any key still kept.

    Raises:
        Unavailable: the value was altered, or its key is not the one of this installation.
    """
    blob = bytes(blob)
    try:
        keys = _keys()
        if blob[0] >= len(keys):
            keys = _keys(at_once=True)
        return _cipher(keys[blob[0]]).decrypt(blob[1:13], blob[13:], None)
    except (InvalidTag, IndexError):
        raise Unavailable(_("加密字段无法解开：密钥与数据库不相符"),
                          hint=_("请恢复本数据库原来的密钥文件（keys/field.key）")) from None


def ring() -> tuple[str, ...]:
    """The keys this process knows now, the newest last."""
    return _keys()


def blind(text: str, number: int | None = None) -> bytes:
    """Keyed blind index of a normalised value, for exact search.

    It is made under every key from the first to ``number``, one over the other: so that one under an older key can be
    carried on without its value (:func:`carried`), and no guess can be tried without the newest of them.

    Args:
        number: of the last key; ``None``: that under which indexes are written now.
    """
    if number is None:
        from .blinding import for_writing

        number = for_writing()
    return carried(_keyed(_keys()[0], text.strip().upper().encode()), 0, number)


def carried(index: bytes, old: int, new: int) -> bytes:
    """A blind index under key number ``old``, carried on to key number ``new``."""
    keys = _keys() if new < len(_keys()) else _keys(at_once=True)
    for key in keys[old + 1:new + 1]:
        index = _keyed(key, index)
    return index


def blinds(text: str) -> list[bytes]:
    """Every blind index under which a value may be found: one, or several while the key is being changed."""
    from .blinding import for_reading

    return [blind(text, number) for number in for_reading()]


def passing(text: str) -> str:
    """A keyed hash to tell passing things apart (a visitor's address): under the newest key, nothing lasting."""
    return hmac.new(_derived(_keys()[-1], b"gezhi passing"), text.encode(), hashlib.sha256).hexdigest()[:32]
