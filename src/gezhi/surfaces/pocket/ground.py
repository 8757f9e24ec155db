"""The ground of every map on the phone: our own outlines, since no outside map is asked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from gezhi.engines.layers.atlas import site
from gezhi.foundation.territory import outlines

GROUND_SECONDS = 3600


@require_GET
def ground(request: HttpRequest, area: str) -> HttpResponse:
    """Outlines of the areas below one, the ground of every map here; they are open to the public."""
    code = "" if area == "0" or not area.isdecimal() else area[:12]
    answer = JsonResponse(outlines.below(code))
    answer["Cache-Control"] = f"public, max-age={GROUND_SECONDS}"
    return answer


def site_map(prefix: str, area: str = "") -> dict[str, Any]:
    """Props that every map of a page shares: our own outlines as the ground, and where to begin.

    Args:
        prefix: namespace of the addresses. area: the area to show at first.
    """
    def layer(name: str, code: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "geometry": "polygon", "url": reverse(f"{prefix}:ground", args=[code or "0"]),
                "inert": True, "label_field": "name", "opacity": 0.06, "colour": "#1677ff", "legend": False, **more}

    layers = [layer("ground", "", max_zoom=12)]
    if len(area) >= 6:
        layers = [layer("ground", area[:6]), *([layer("ground-near", area[:9], min_zoom=12)] if len(area) >= 9 else [])]
    bounds = outlines.bounds(area)
    return {**site(), "ground": layers, **({"bounds": bounds} if bounds else {})}
