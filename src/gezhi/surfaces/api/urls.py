"""Addresses of the API, below ``/api/v1/``."""

from django.urls import path, re_path

from gezhi.kernel.errors import Missing

from . import atlas, connections, openapi, others, public, records
from .http import endpoint

NAME = r"(?P<name>[a-z][a-z0-9_]{0,39})"
MOVE = r"(?P<move>[a-z][a-z0-9_]{0,39})"
PK = r"(?P<pk>\d{1,19})"


def _nothing(_request, _actor, **_parts):  # type: ignore[no-untyped-def]
    raise Missing


def _numbered(view):  # type: ignore[no-untyped-def]
    """The same view with its id as a number."""
    def numbered(request, actor, **parts):  # type: ignore[no-untyped-def]
        for part in ("pk", "z", "x", "y"):
            if part in parts:
                parts[part] = int(parts[part])
        return view(request, actor, **parts)

    numbered.__doc__ = view.__doc__
    return numbered


urlpatterns = [
    path("openapi.json", endpoint(open_to_all=True, get=openapi.document)),
    path("public/reports", endpoint(open_to_all=True, post=public.report)),
    path("public/reports/<str:code>", endpoint(open_to_all=True, get=public.progress)),
    path("me", endpoint(get=others.me)),
    path("me/post", endpoint(post=others.post)),
    path("me/messages/read", endpoint(post=others.read_messages)),
    path("registers", endpoint(get=records.about)),
    re_path(rf"^registers/{NAME}$", endpoint(get=records.describe)),
    re_path(rf"^options/{NAME}$", endpoint(get=records.options)),
    path("connections", endpoint(get=connections.connections)),
    path("metrics", endpoint(get=others.metrics)),
    re_path(r"^metrics/(?P<name>[a-z0-9_.\-]{1,60})$", endpoint(get=others.metric)),
    re_path(rf"^tiles/{NAME}/(?P<z>\d{{1,2}})/(?P<x>\d{{1,8}})/(?P<y>\d{{1,8}})\.mvt$",
            endpoint(get=_numbered(others.tile))),
    re_path(rf"^cells/{NAME}$", endpoint(get=others.cells)),
    path("map/select", endpoint(get=atlas.select)),
    path("map/shade", endpoint(get=atlas.shade)),
    path("documents", endpoint(open_to_all=True, post=others.upload)),
    re_path(rf"^documents/{PK}$", endpoint(open_to_all=True, get=_numbered(others.document))),
    re_path(rf"^documents/{PK}/(?P<variant>[a-z]{{1,12}})$",
            endpoint(open_to_all=True, get=_numbered(others.document))),
    path("uploads/<uuid:upload_id>", endpoint(open_to_all=True, put=others.begin, patch=others.piece,
                                              post=others.finish)),
    path("keys", endpoint(post=others.issue)),
    re_path(rf"^{NAME}$", endpoint(get=records.listing, post=records.create)),
    re_path(rf"^{NAME}/{PK}$", endpoint(get=_numbered(records.read), patch=_numbered(records.change),
                                        delete=_numbered(records.remove))),
    re_path(rf"^{NAME}/{PK}/moves$", endpoint(get=_numbered(records.moves))),
    re_path(rf"^{NAME}/{PK}/history$", endpoint(get=_numbered(records.past))),
    re_path(rf"^{NAME}/{PK}/{MOVE}$", endpoint(post=_numbered(records.do))),
    re_path(rf"^{NAME}/{MOVE}$", endpoint(post=records.start)),
    re_path(r"^.*$", endpoint(open_to_all=True, get=_nothing, post=_nothing, put=_nothing, patch=_nothing,
                              delete=_nothing)),
]
