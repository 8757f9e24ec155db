"""Pages of the account that allauth does not have, or not with what we show."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from gezhi.foundation.units.actors import actor_of_request, posts_of
from gezhi.foundation.units.signin import SignIn, log

from .adapter import origin


def demo_sign_ins() -> list[dict[str, str]]:
    """Sign-ins of the demo city, kept beside its data; none in a real installation."""
    try:
        return json.loads((settings.GEZHI_HOME / "demo.json").read_text())["sign_ins"]
    except (OSError, ValueError, KeyError):
        return []


class SignInView(LoginView):
    """Sign-in, with the demo city's accounts when there is a demo city."""

    def get_context_data(self, **kw: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kw), "hints": demo_sign_ins()}


class FactorView(AuthenticateView):
    """Second factor. For an invented person of the demo city the code of the moment is shown."""

    def get_context_data(self, **kw: Any) -> dict[str, Any]:
        user = self.stage.login.user
        code = None
        if getattr(user, "invented", False) and demo_sign_ins():
            found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
            if found is not None:
                now = list(totp.yield_hotp_counters_from_time())
                code = totp.format_hotp_value(totp.hotp_value(decrypt(found.data["secret"]), now[len(now) // 2]))
        return {**super().get_context_data(**kw), "demo_code": code}

    def form_invalid(self, form: Any) -> Any:
        user = self.stage.login.user
        log(user.username, "factor", staff_id=user.pk, **origin(self.request))
        return super().form_invalid(form)


@login_required
def me(request: HttpRequest) -> HttpResponse:
    """My account: posts, password, second factor, sessions, last sign-ins."""
    actor = actor_of_request(request)
    return render(request, "account/me.html", {
        "actor": actor, "posts": posts_of(request.user.pk),  # type: ignore[arg-type]
        "factors": Authenticator.objects.filter(user=request.user),  # type: ignore[misc]
        "sign_ins": SignIn.objects.filter(staff_id=request.user.pk).order_by("-id")[:10],
    })


def home(request: HttpRequest) -> HttpResponse:
    """The bare address: citizens to the public pages, staff to the desk, or on a phone to the pocket."""
    if not request.user.is_authenticated:
        return redirect("/public/")
    agent = request.headers.get("User-Agent", "")
    return redirect("/pocket/" if "Mobile" in agent else "/desk/")
