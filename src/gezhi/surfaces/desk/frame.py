"""What every page of the desk stands in: the person, the menu, and how errors are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from time import monotonic
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gezhi.engines.layers import atlas
from gezhi.foundation.territory import outlines
from gezhi.foundation.units.actors import actor_of_request
from gezhi.kernel.access import sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import DeclarationError, GezhiError, Invalid, Missing
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .rail import optional_url, rail


class DeskRequest(HttpRequest):
    """A request to a page of the desk: :func:`desk` has put its actor there."""

    actor: Actor
    live_topic: str


def desk(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page of the desk: signed in, with an actor in ``request.actor``; errors become pages with a way on.

    A ``register`` argument in the address becomes the register, or 404 when the actor holds nothing there.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponseBase:
        actor = actor_of_request(request, via="desk")
        request.actor = actor  # type: ignore[attr-defined]
        if actor.kind != "staff":
            return _sign_in(request)
        try:
            if "register" in kw:
                kw["register"] = register_seen(actor, kw["register"])
            return view(request, *args, **kw)
        except GezhiError as error:
            return trouble(request, error)

    return page


def _sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in and back to the page the person is on; a part of a page sends the whole page there.

    What was about to be written is not repeated: the way back leads to the page with the form, not to its act.
    """
    here = request.get_full_path()
    if fragment(request) or request.method != "GET":
        page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
        own = page.path.startswith(reverse("desk:home")) and page.netloc in ("", request.get_host())
        here = urlunsplit(("", "", page.path, page.query, "")) if own else reverse("desk:home")
    answer = redirect_to_login(here)
    if not fragment(request):
        return answer
    return HttpResponse(status=401, headers={"HX-Redirect": answer["Location"]})


def register_seen(actor: Actor, name: str) -> Register:
    """The register of that name, if the actor may view anything in it.

    Raises:
        Missing: there is none, or none for this actor.
    """
    register = registry.registers.get(name)
    if register is None or not actor.may(f"{name}.view"):
        raise Missing(_("没有找到这个页面，或您当前的岗位不能使用"))
    return register


def record_seen(register: Register, actor: Actor, pk: int, *, related: bool = True) -> Any:
    """One record within the actor's sight.

    Raises:
        Missing: it does not exist or is out of sight; both look the same.
    """
    rows = register.model.objects.filter(sight(register, actor), pk=pk)
    if related and register.related:
        rows = rows.select_related(*register.related)
    record = rows.first()
    if record is None:
        raise Missing
    return record


def trouble(request: HttpRequest, error: GezhiError) -> HttpResponse:
    """An error as a page (or a fragment) with the words, what to do, and an id to quote."""
    kind = "denied" if error.status == 403 else "error"
    lines = [str(m) for ms in error.errors.values() for m in ms] if isinstance(error, Invalid) else [str(error)]
    context = {"kind": kind, "title": str(error), "text": str(error.hint) or " ".join(lines[1:]) or _("请返回后重试"),
               "back": request.path if isinstance(error, Invalid) and request.method == "GET" else reverse("desk:home")}
    name = "desk/parts/trouble.html" if fragment(request) else "desk/trouble.html"
    return render(request, name, context, status=error.status)


def fragment(request: HttpRequest) -> str:
    """The id of the part asked for by htmx, or ``""`` when the whole page is wanted."""
    if request.headers.get("HX-Request") != "true" or request.headers.get("HX-History-Restore-Request") == "true":
        return ""
    return request.headers.get("HX-Target", "") or "page"


def addresses(type_: str, spec: Mapping[str, Any]) -> str:
    """Where forms ask for choices of links and areas."""
    if type_ == "area":
        return reverse("desk:areas")
    if not spec.get("register"):
        return ""
    where = "&".join(f"{k}={v}" for k, v in (spec.get("where") or {}).items())
    return reverse("desk:options", args=[spec["register"]]) + (f"?{where}" if where else "")


def port_or(name: str, default: Any, *args: Any) -> Any:
    """What a port says, or ``default`` when no room provides it."""
    try:
        call = registry.port(name)
    except DeclarationError:
        return default
    return call(*args)


def topic(request: HttpRequest) -> str:
    """The register whose events this page listens to."""
    match = request.resolver_match
    named = getattr(request, "live_topic", "") or (match.kwargs.get("register", "") if match else "")
    return named if named in registry.registers else "none"


GROUND = {"base": atlas.outlined("/api/v1/tiles/{name}/{z}/{x}/{y}.mvt")}
"""What lies under every map of the desk: our own outlines, by zoom; no map from outside is needed."""
HOME_SECONDS = 600
_homes: dict[str, tuple[float, list[float] | None]] = {}


def ground(actor: Actor) -> dict[str, Any]:
    """What maps share: the ground, and the box they open on, which is the area of the actor's post."""
    area = actor.area[:12]
    until, box = _homes.get(area, (0.0, None))
    if until < monotonic():
        box = outlines.bounds(area)
        _homes[area] = (monotonic() + HOME_SECONDS, box)
    return {**atlas.site(), **GROUND, **({"bounds": box} if box else {})}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what ``desk/base.html`` shows around the pages of the desk."""
    actor = getattr(request, "actor", None)
    if actor is None or not request.path.startswith("/desk"):
        return {}
    posts = getattr(request, "gezhi_posts", [])
    current = next((p for p in posts if p.pk == actor.post_id), None)
    return {"shell": {
        "home": reverse("desk:home"), "search_url": reverse("desk:search"), "queue_url": reverse("desk:home"),
        "rail": rail(actor, request.path),
        "person": {"id": actor.user_id, "name": actor.name, "unit": str(current.unit) if current else ""},
        "posts": [{"id": p.pk, "label": f"{p.unit} · {p.role}", "current": p is current} for p in posts],
        "post_url": reverse("desk:post"),
        "preferences_url": optional_url("account_me"), "signout_url": optional_url("account_logout"),
        "alerts_url": reverse("desk:alerts"),
        "alerts": port_or("unread", 0, actor),
        "mode": port_or("mode", "normal"),
        "live_url": f"{settings.GEZHI_LIVE_URL}/live/events" if settings.GEZHI_LIVE_URL else "",
        "live_topics": topic(request), "map": ground(actor),
    }}
