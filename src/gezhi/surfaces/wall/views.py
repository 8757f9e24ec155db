"""Pages and data of the wall."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from gezhi.foundation.territory import outlines
from gezhi.foundation.units.actors import WALL
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door
from gezhi.kernel.errors import GezhiError, Missing, Refused
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from .board import allowed, board
from .models import Taken
from .subject import subjects
from .who import live_of, viewer

SHAPES_SECONDS = 300
BLUES = ("#10264a", "#143a6e", "#18509a", "#2169c9", "#4b93f0")
LIGHTS = {"green": "#3fbf6e", "yellow": "#ffc53d", "red": "#ff6b6b", "grey": "#97a4b3", "blue": "#6aa8ff"}


def watched(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view for who may look at a wall; errors become a page, or JSON for the wall's own requests."""
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponse:
        wants_page = "text/html" in request.headers.get("Accept", "")
        try:
            actor = viewer(request)
            if actor is not None:
                return view(request, actor, *args, **kw)
            if wants_page:
                return redirect(f"{reverse('account_login')}?next={quote(request.get_full_path())}")
            return JsonResponse({"detail": _("登录已过期，请重新登录")}, status=401)
        except GezhiError as error:
            if wants_page:
                known = error.status if error.status in (403, 404, 409, 503) else 400
                context = {"message": str(error), "hint": str(error.hint)}
                return render(request, f"{known}.html", context, status=error.status)
            return JsonResponse({**error.as_dict(), "detail": str(error)}, status=error.status)
    return inner


def _subject(actor: Actor, name: str) -> Register:
    found = subjects(actor)
    if not found:
        raise Refused(_("没有可以上屏的内容"), hint=_("当前岗位看不到任何有时限的事项，请切换岗位"))
    return next((r for r in found if r.name == name), found[0])


@require_GET
@watched
def situation(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The situation board (态势总览) of the last 24 hours."""
    register = _subject(actor, request.GET.get("of", ""))
    data = _data(request, actor, register)
    kept = {k: v for k in ("pass", "of") if (v := request.GET.get(k))}
    props = {"data": data, "keep": urlencode(kept), "zone": settings.TIME_ZONE, "urls": {
        "data": reverse("wall:data"), "shapes": reverse("wall:shapes", args=["0"])[:-2]}}
    return render(request, "wall/situation.html", {
        "data": data, "props": props, "map": _map(data), "kept": kept, "boards": _boards(actor, register, kept),
        "shell": {"live_url": data["live"], "live_topics": register.name},
        "map_url": f"{reverse('wall:map')}?{urlencode({k: v for k, v in kept.items() if k == 'pass'})}",
        "screen_url": f"{reverse('wall:situation')}?{urlencode({'pass': WALL.given(actor)})}"})


def _map(data: dict[str, Any]) -> dict[str, Any]:
    """Props of the map: child areas shaded by their share of what is open, and the points of the day."""
    areas = {"id": "areas", "geometry": "polygon", "opacity": 0.75,
             "line": "#3d6fb5", "key_field": "id",
             "shade": {"field": "step", "values": {str(n): paint for n, paint in enumerate(BLUES)}}}
    points = {"id": "points", "geometry": "point", "cluster": False, "radius": 4, "opacity": 0.85, "inert": True,
              "shade": {"field": "light", "values": LIGHTS}}
    names = {"id": "names", "geometry": "name", "label_field": "label", "label_size": 18, "cluster": False,
             "inert": True}
    empty = {"type": "FeatureCollection", "features": []}
    props = {"layers": [{**areas, "data": empty}, {**points, "data": empty},
                        {**names, "data": empty}], "legend": False}
    return {**props, "bounds": data["bounds"]} if data["bounds"] else props


def _boards(actor: Actor, register: Register, kept: dict[str, str]) -> list[dict[str, Any]]:
    return [{"label": r.label, "url": f"?{urlencode({**kept, 'of': r.name})}", "current": r is register}
            for r in subjects(actor)]


def _data(request: HttpRequest, actor: Actor, register: Register) -> dict[str, Any]:
    area = allowed(actor, request.GET.get("area", ""))
    return {**board(register, actor, area), "live": live_of(actor), "root": actor.area[:12]}


@require_GET
@watched
def data(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same board as data: what the wall asks for when something happens, and when it drills."""
    answer = JsonResponse(_data(request, actor, _subject(actor, request.GET.get("of", ""))))
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@watched
def shapes(request: HttpRequest, actor: Actor, area: str) -> HttpResponse:
    """Outlines of the areas below one (``0``: of the whole city)."""
    answer = JsonResponse(outlines.below("" if area == "0" else allowed(actor, area)))
    answer["Cache-Control"] = f"private, max-age={SHAPES_SECONDS}"
    return answer


@csrf_exempt  # a screen without a session has no cookie to forge; the pass, or the check below, stands for it
@require_POST
@watched
def take(request: HttpRequest, actor: Actor, register: str, pk: int) -> HttpResponse:
    """Somebody takes an urgent matter: its bubble falls on every wall, and the stream says who took it."""
    if "pass" not in request.GET and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused
    declared = registry.registers.get(register)
    record = declared.model.objects.filter(pk=pk).first() if declared else None
    if declared is None or record is None or not permits(declared, actor, "view", record):
        raise Missing
    try:
        with transaction.atomic():
            taken = Taken.objects.create(
                register=register, record_id=pk, user_id=actor.user_id, name=actor.name, at=timezone.now())
    except IntegrityError:
        taken = Taken.objects.get(register=register, record_id=pk)
    else:
        with door(actor) as session:
            session.emit(f"{register}.taken", record, {"by": actor.name})
    return JsonResponse({"by": taken.name, "at": timezone.localtime(taken.at).isoformat()})
