"""allauth's hooks: nobody signs up, lock-out, and every sign-in is logged."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from gezhi.foundation.units.models import Post
from gezhi.foundation.units.signin import locked_for, log
from gezhi.kernel import seal

NEEDS_FACTOR = "gezhi_needs_factor"


def origin(request: Any) -> dict[str, Any]:
    """Address and agent of a request, for the log."""
    return {"address": request.META.get("REMOTE_ADDR") or "", "agent": request.META.get("HTTP_USER_AGENT", "")}


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators; sign-in by user name."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def pre_authenticate(self, request: Any, **credentials: Any) -> None:
        """Refuse before the (costly) password check while the name or the address is locked out."""
        name = credentials.get("username") or ""
        minutes = locked_for(name, request.META.get("REMOTE_ADDR"))
        if minutes:
            log(name, "locked", **origin(request))
            raise ValidationError(_("连续输错次数过多，请 %d 分钟后再试，或联系管理员") % minutes)
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: Any, **credentials: Any) -> None:
        log(credentials.get("username") or "", "wrong", **origin(request))
        super().authentication_failed(request, **credentials)

    def login(self, request: Any, user: Any) -> None:
        super().login(request, user)
        log(user.username, "ok", staff_id=user.pk, **origin(request))
        privileged = Post.objects.filter(staff=user, active=True, role__privileged=True).exists()
        request.session[NEEDS_FACTOR] = privileged and not Authenticator.objects.filter(user=user).exists()

    def logout(self, request: Any) -> None:
        if request.user.is_authenticated:
            log(request.user.username, "out", staff_id=request.user.pk, **origin(request))
        super().logout(request)


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are kept encrypted like every sensitive field."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal.encrypt(text)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return seal.decrypt(base64.b64decode(encrypted_text))

    def get_totp_issuer(self) -> str:
        return str(_("格治"))
