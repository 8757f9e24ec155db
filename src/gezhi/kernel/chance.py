"""Random bytes of the operating system, drawn ahead.

Each call of ``os.urandom`` lets other threads run before it comes back: of a process whose threads all reckon, a chunk
of an import waited a third of its time for its numbers. One call here serves some hundred draws.
"""

from __future__ import annotations

import os
import threading

AHEAD = 4096
"""Bytes drawn at once, each given out once."""


class _Store(threading.local):
    """What a thread has drawn and not yet given out, and the process that drew it: a fork must not give it again."""

    pid = 0
    bytes = b""
    at = 0


_store = _Store()


def draw(size: int) -> bytes:
    """*size* bytes, as good as ``os.urandom(size)``. Args: size: at most :data:`AHEAD`."""
    store, pid = _store, os.getpid()
    begin = store.at
    if store.pid != pid or begin + size > len(store.bytes):
        store.bytes, store.pid, begin = os.urandom(AHEAD), pid, 0
    store.at = begin + size
    return store.bytes[begin:begin + size]
