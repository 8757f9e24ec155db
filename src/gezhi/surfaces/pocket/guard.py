"""What goes wrong becomes a page a person understands, or an answer the phone's outbox understands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from gezhi.kernel.errors import GezhiError

from .shell import actor

View = Callable[..., HttpResponse]


def by_outbox(request: HttpRequest) -> bool:
    """Whether the phone's outbox asks, not a page."""
    return request.headers.get("X-Outbox") == "1"


def refusal(request: HttpRequest, error: GezhiError) -> HttpResponse:
    """The answer to an error: JSON for the outbox, a page for a person."""
    if by_outbox(request):
        return JsonResponse({**error.as_dict(), "detail": str(error)}, status=error.status)
    known = error.status if error.status in (400, 403, 404, 409, 503) else 400
    context = {"message": str(error), "hint": str(error.hint)}
    return render(request, f"{known}.html", context, status=error.status)


def guarded(view: View) -> View:
    """A page anybody may ask for; errors become pages."""
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
        try:
            return view(request, *args, **kw)
        except GezhiError as error:
            return refusal(request, error)
    return inner


def signed_in(view: View) -> View:
    """A page for staff; others are led to the sign-in and back."""
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
        me = actor(request)
        if by_outbox(request) and request.headers.get("X-Outbox-Owner", str(me.user_id)) != str(me.user_id):
            return JsonResponse({"detail": _("这是另一人填写的内容，须由本人登录后提交")}, status=401)
        if me.kind != "staff":
            if by_outbox(request):
                return JsonResponse({"detail": _("请重新登录后继续提交")}, status=401)
            return redirect(f"{reverse('account_login')}?next={quote(request.get_full_path())}")
        return guarded(view)(request, *args, **kw)
    return inner
