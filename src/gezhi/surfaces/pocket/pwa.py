"""What makes the pages installable: manifest and service worker."""

from __future__ import annotations

import base64

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from .shell import actor


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest."""
    home = reverse("pocket:home")
    icon = {"src": static("icons/gezhi.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    answer = JsonResponse({
        "name": str(_("格治 · 小屏")), "short_name": str(_("格治")), "lang": "zh-CN", "start_url": home, "scope": home,
        "id": home, "display": "standalone", "background_color": "#f4f6f9", "theme_color": "#0b2f6b",
        "icons": [icon],
    }, json_dumps_params={"ensure_ascii": False})
    answer["Content-Type"] = "application/manifest+json"
    return answer


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. It stands under the pages it serves, so that its scope is theirs."""
    scope = request.path.rpartition("/")[0] + "/"
    body = f'self.SCOPE = "{scope}"; importScripts("{static("islands/worker.js")}");'
    return HttpResponse(body, content_type="text/javascript",
                        headers={"Service-Worker-Allowed": scope, "Cache-Control": "no-cache"})


@never_cache
@require_GET
def key(request: HttpRequest) -> HttpResponse:
    """The secret from which a phone derives the key of what waits on it: the signed-in person's own, and nobody else's.

    It is derived from the installation's secret, so it is the same on the next sign-in and stored nowhere.
    """
    me = actor(request)
    if me.kind != "staff" or me.user_id is None:
        return JsonResponse({"detail": _("请重新登录后继续提交")}, status=401)
    secret = salted_hmac("gezhi.pocket.key", str(me.user_id), algorithm="sha256").digest()
    return JsonResponse({"owner": str(me.user_id), "secret": base64.b64encode(secret).decode()})
