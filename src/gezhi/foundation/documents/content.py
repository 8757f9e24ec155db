"""What all stores share: content is named by its hash, copied in pieces, and refused alike."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO

from .errors import Empty, HashMismatch, TooLarge

CHUNK = 1024 * 1024
_KEY = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,16})?\Z")


@dataclass(frozen=True, slots=True)
class Put:
    """What `put` did: the content's SHA-256, its size in bytes, and whether it was new to the store."""

    sha256: str
    size: int
    new: bool


def check_key(key: str) -> str:
    """The key itself. Raises ValueError when it is no key: the guard against paths from outside."""
    if not _KEY.match(key):
        raise ValueError("not a content key")
    return key


def digest(stream: BinaryIO) -> str:
    """SHA-256 of a stream from where it stands, in hex."""
    sha = hashlib.sha256()
    while block := stream.read(CHUNK):
        sha.update(block)
    return sha.hexdigest()


def spool(stream: BinaryIO, out: BinaryIO, sha256: str, limit: int) -> tuple[str, int]:
    """Copy a stream and return (SHA-256, size), refusing what `Store.put` refuses."""
    sha, size = hashlib.sha256(), 0
    while block := stream.read(CHUNK):
        size += len(block)
        if limit and size > limit:
            raise TooLarge(size, limit)
        sha.update(block)
        out.write(block)
    if not size:
        raise Empty
    if sha256 and sha.hexdigest() != sha256.lower():
        raise HashMismatch
    return sha.hexdigest(), size
