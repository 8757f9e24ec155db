"""Every request gets an id: in the log, in the answer's header, and on error pages for the user to quote."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import structlog
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

log = structlog.get_logger("gezhi.request")
SLOW_SECONDS = 1.0


class RequestContext:
    """Binds the request's id and logs answers that are slow or wrong."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.gezhi_id = secrets.token_hex(6)  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request=request.gezhi_id)  # type: ignore[attr-defined]
        begin = time.perf_counter()
        try:
            response = self.get_response(request)
            took = time.perf_counter() - begin
            response["X-Request-Id"] = request.gezhi_id  # type: ignore[attr-defined]
            if response.status_code >= 500 or took > SLOW_SECONDS:
                log.warning("request", method=request.method, path=request.path, status=response.status_code,
                            seconds=round(took, 3))
            return response
        finally:
            structlog.contextvars.unbind_contextvars("request")


def trace(request: HttpRequest) -> dict[str, str]:
    """Context processor: the id of the request, to quote on error pages."""
    return {"trace": getattr(request, "gezhi_id", "")}


class PagePolicy(CSPMiddleware):
    """The content policy of pages; an answer that brought its own (the API's) is left as it is."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if HEADER in response else super().process_response(request, response)


class ChosenLanguage(LocaleMiddleware):
    """Chinese unless the person chose otherwise: a browser's own language says nothing in a city's office."""

    def process_request(self, request: HttpRequest) -> None:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
