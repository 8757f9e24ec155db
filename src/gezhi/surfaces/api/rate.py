"""Rates: how many requests a sender has made in the present minute, in this process."""

from __future__ import annotations

import threading
import time


class Rate:
    """Counts by key in windows of a minute, the last one weighed by what of it still counts.

    Kept in memory: exact within one web process, so the limit of an installation is that times its processes.
    """

    def __init__(self, seconds: float = 60.0, most_keys: int = 50_000) -> None:
        self.seconds, self.most = seconds, most_keys
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._lock = threading.Lock()

    def take(self, key: str, limit: int, now: float | None = None) -> bool:
        """Count one request; false when the sender has had ``limit`` in the last minute."""
        now = time.monotonic() if now is None else now
        window, part = divmod(now / self.seconds, 1)
        with self._lock:
            if len(self._seen) > self.most:
                self._seen = {k: v for k, v in self._seen.items() if v[0] >= int(window) - 1}
            at, count, before = self._seen.get(key, (int(window), 0, 0))
            if at != int(window):
                before, count = (count if at == int(window) - 1 else 0), 0
            if count + 1 + before * (1 - part) > limit:
                self._seen[key] = (int(window), count, before)
                return False
            self._seen[key] = (int(window), count + 1, before)
            return True
