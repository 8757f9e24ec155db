"""Pages of the style gallery. They show invented samples and read no record."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .forms import SampleForm
from .samples import samples

FRAMES = {
    "pocket": "gallery/pocket.html",
    "wall": "gallery/wall.html",
    "public": "gallery/public.html",
    "login": "account/login.html",
} | {f"error-{code}": f"{code}.html" for code in (400, 403, 404, 409, 500, 503)}


def _context() -> dict[str, object]:
    wrong = SampleForm(data={"title": "", "number": "很多"})
    return samples() | {
        "sample_form": SampleForm(),
        "wrong_form": wrong,
        "form": SampleForm(only=("title", "agreed")),
    }


def desk(request: HttpRequest) -> HttpResponse:
    """Every component in the frame of the desk."""
    return render(request, "gallery.html", _context())


def frame(request: HttpRequest, kind: str) -> HttpResponse:
    """One of the other frames (pocket, wall, public, login, error-404 …);

    Raises Http404 for an unknown *kind*.
    """
    if kind not in FRAMES:
        raise Http404(kind)
    return render(request, FRAMES[kind], _context())
