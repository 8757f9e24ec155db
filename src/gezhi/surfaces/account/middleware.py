"""Privileged posts set up a second factor, and new accounts a password of their own, before anything else."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .adapter import NEEDS_FACTOR

FREE = ("/account/", "/static/", "/healthz", "/readyz", "/i18n/", "/jsi18n/")


class FirstThings:
    """Redirects pages (and refuses API calls) until what the account lacks is done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(FREE) or not request.user.is_authenticated:
            return self.get_response(request)
        if request.user.must_change_password:  # type: ignore[union-attr]
            return self._send(request, "account_change_password", _("首次登录请先修改密码"))
        if request.session.get(NEEDS_FACTOR):
            if not Authenticator.objects.filter(user=request.user).exists():
                return self._send(request, "mfa_activate_totp", _("您的岗位需要二次验证，请先绑定动态口令"))
            request.session[NEEDS_FACTOR] = False
        return self.get_response(request)

    @staticmethod
    def _send(request: HttpRequest, view: str, why: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse({"code": "refused", "message": why, "hint": ""}, status=403)
        messages.warning(request, why)
        return redirect(view)
