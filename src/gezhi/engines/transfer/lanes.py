"""Several threads at one import: while one waits for the database, another reckons.

Python runs one thread at a time, but much of an import is PostgreSQL's work, done by a process a thread. Each chunk is
a transaction of its own and is locked by who works on it, so that threads, and other workers, never meet on one.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

from django.db import connection
from django.utils import translation

LANES = 2
LARGE = 5_000
"""Rows from which on more than one lane is worth its thread and its connection."""


def side_by_side(count: int, work: Callable[[threading.Event], None]) -> None:
    """Run *work* in this thread and in ``count - 1`` others, in the same language; returns when all have ended.

    Args:
        work: given an event that is set once one of them has failed, so that the others end soon.

    Raises:
        Exception: the first error of any of them.
    """
    over = threading.Event()
    errors: list[BaseException] = []
    language = translation.get_language()

    def beside() -> None:
        try:
            with translation.override(language):
                work(over)
        except BaseException as error:  # handed on to who waits
            errors.append(error)
            over.set()
        finally:
            connection.close()

    # daemons: a worker that is told to stop does not wait for them; what they cut off is done again
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(beside,), name=f"import-{n}", daemon=True)
               for n in range(1, count)]
    for thread in threads:
        thread.start()
    try:
        work(over)
    except BaseException:
        over.set()
        raise
    finally:
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
