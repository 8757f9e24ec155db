"""The page for what went wrong outside every page's own care."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

AGAIN = "5"
"""Seconds after which asking again is worth it: PostgreSQL is back by then if it only lost a process."""


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: 503 when the database went away under the request, else 500."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html", {"request": request}), status=503,
                            headers={"Retry-After": AGAIN})
    return defaults.server_error(request)
