"""Requests of programs: those that bring a key of their own.

They have no session, cookie, form or page, so none of the middleware that serves people does anything for them but
take a quarter of a report's time. What is left is what every answer needs: an id, a known host, the installation's
language, the headers of safety.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.utils import translation

from .middleware import RequestContext

PREFIX = ("/api/", "/ogc/")
Environ = dict[str, Any]


class Frame:
    """What is left of the middleware of pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(settings.LANGUAGE_CODE)  # the thread's last request may have asked for another one
        request.get_host()  # raises for a host that is not ours
        request.user = AnonymousUser()
        response = self.get_response(request)
        if not response.streaming and "Content-Length" not in response:
            response["Content-Length"] = str(len(response.content))
        response["X-Frame-Options"] = "DENY"
        return response


class ProgramHandler(WSGIHandler):
    """Django's handler with the short chain; views, errors and signals are as for pages."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        chain: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # no stub has it
        for layer in (Frame, SecurityMiddleware, RequestContext):
            chain = convert_exception_to_response(layer(chain))
        self._middleware_chain = chain


class Doors:
    """The WSGI application: programs by their own way, everybody else through the pages' middleware."""

    def __init__(self, pages: Callable[..., Any]) -> None:
        self.pages, self.programs = pages, ProgramHandler()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        keyed = "HTTP_AUTHORIZATION" in environ and environ.get("PATH_INFO", "").startswith(PREFIX)
        return (self.programs if keyed else self.pages)(environ, start_response)
