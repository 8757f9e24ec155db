"""Django's PostGIS connection, which notices before a request or a round of work that the server has hung up.

A thread keeps its connection for ever. When PostgreSQL was restarted, or ended one of its processes, every thread would
answer its next request with an error. Django can ask the server before each (``CONN_HEALTH_CHECKS``): a round trip, a
tenth of a report's time. But a server that hangs up says so, and what it said lies at our end of the line: looking
whether anything lies there takes 3 µs.
"""

from __future__ import annotations

import select

import psycopg
from django.contrib.gis.db.backends.postgis import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but a connection that the server has closed is not used again."""

    def close_if_unusable_or_obsolete(self) -> None:
        """Called for every connection of a thread before each request and each round of the worker."""
        if self.connection is not None and not self.in_atomic_block and _hung_up(self.connection):
            self.close()
        super().close_if_unusable_or_obsolete()


def _hung_up(connection: psycopg.Connection) -> bool:
    """Whether the server has closed a connection on which nothing is under way; asks nobody."""
    if connection.closed:
        return True
    line = connection.pgconn
    look = select.poll()
    look.register(line.socket, select.POLLIN)
    if not look.poll(0):
        return False
    try:
        line.consume_input()  # its last words, or a notice; at the end of the line this fails
        look.register(line.socket, select.POLLIN)
        if look.poll(0):
            line.consume_input()
    except psycopg.OperationalError:
        return True
    return connection.closed
