"""Pages of the account that allauth does not have, or not with what we show."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from gezhi.foundation.units.actors import actor_of_request, posts_of
from gezhi.foundation.units.signin import SignIn, log
from gezhi.kernel.registry import registry

from .adapter import origin


class SignInView(LoginView):
    """Sign-in, with the demo city's accounts when there is a demo city."""

    def get_context_data(self, **kw: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kw), "hints": registry.port("demo_hints")().get("sign_ins")}


class FactorView(AuthenticateView):
    """Second factor. For an invented person of the demo city the code of the moment is shown."""

    def get_context_data(self, **kw: Any) -> dict[str, Any]:
        user = self.stage.login.user
        code = registry.port("demo_hints")().get("code") if getattr(user, "invented", False) else None
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
        "sign_ins": SignIn.objects.filter(staff_id=request.user.pk or 0).order_by("-id")[:10],
    })


def home(request: HttpRequest) -> HttpResponse:
    """The bare address: citizens to the public pages, staff to the desk, or on a phone to the pocket."""
    if not request.user.is_authenticated:
        return redirect("/public/")
    agent = request.headers.get("User-Agent", "")
    return redirect("/pocket/" if "Mobile" in agent else "/desk/")
