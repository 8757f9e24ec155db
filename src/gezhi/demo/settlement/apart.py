"""What a further process of the registers' stage runs: it starts without Django, so this imports nothing of it yet."""

from __future__ import annotations

from typing import Any

_hand: Any = None


def begin(city_id: int) -> None:
    """Set Django up and a writer of the city's batches, once a process."""
    global _hand
    import django

    django.setup()
    from .stage import Hand

    _hand = Hand(city_id)


def write(batch: tuple[str, tuple[str, ...], int]) -> int:
    """Write a batch; returns its size."""
    written: int = _hand.write(batch)
    return written
