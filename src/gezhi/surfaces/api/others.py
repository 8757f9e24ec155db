"""The rest of the API: who I am, metrics, tiles, documents, uploads, keys."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from gezhi.engines.layers import tiles
from gezhi.engines.metrics import evaluate, shape
from gezhi.engines.notify import message
from gezhi.foundation.documents import serve, uploads
from gezhi.foundation.documents.receive import receive
from gezhi.foundation.units.actors import choose_post, posts_of
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Invalid, Missing, Refused
from gezhi.kernel.registry import registry

from . import app_key, shapes
from .http import BadRequest, address_of, answer, body_of
from .records import register_of

MOST_METRICS = 40
RESERVED = ("names", "board", "area", "period", "by", "zoom", "at")


def me(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``GET /me``: who acts, in which post, and which posts there are to choose from."""
    posts = posts_of(actor.user_id) if actor.user_id else []
    return {"kind": actor.kind, "name": actor.name, "role": actor.role, "post": actor.post_id, "unit": actor.unit_id,
            "area": actor.area, "strong": actor.strong, "unread": message.unread(actor),
            "posts": [{"id": p.pk, "role": p.role.code, "role_name": p.role.name, "unit": str(p.unit),
                       "area": p.area_code} for p in posts]}


def post(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``POST /me/post``: act in another of one's posts."""
    wanted = body_of(request).get("post")
    if actor.kind != "staff" or not isinstance(wanted, int) or isinstance(wanted, bool) or not choose_post(
            request, wanted):
        raise Invalid({"post": [_("不是您的岗位")]})
    return {"post": wanted}


def read_messages(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``POST /me/messages/read``: mark one's messages as read, ``{"ids": […]}`` or all of them."""
    ids = body_of(request).get("ids")
    if ids is not None and not (isinstance(ids, list) and all(type(i) is int and 0 < i < 2 ** 63 for i in ids)):
        raise Invalid({"ids": [_("应为消息编号的列表")]})
    if actor.kind != "staff":
        raise Refused
    done = message.mark_read(actor, ids)
    return {"read": done, "unread": message.unread(actor)}


def metrics(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """``GET /metrics?names=a,b`` or ``?board=``: figures with their links."""
    get = request.GET
    board = get.get("board", "")
    if get.get("names"):
        wanted = [evaluate.metric_of(n) for n in get["names"].split(",")[:MOST_METRICS] if n]
    else:
        wanted = [m for m in registry.metrics.values() if not board or board in m.boards]
    wanted = list({m.name: m for m in wanted if actor.may(f"{m.of}.view")}.values())[:MOST_METRICS]
    found = evaluate.board(wanted, actor, area=_area(request), period=get.get("period", ""))
    return {"items": [f.as_dict() for f in found]}


def metric(request: HttpRequest, actor: Actor, name: str) -> dict[str, Any]:
    """``GET /metrics/<name>?by=``: one figure with its series, or its table by a dimension."""
    found = evaluate.metric_of(name)
    if not actor.may(f"{found.of}.view"):
        raise Refused
    given: dict[str, Any] = {"area": _area(request), "period": request.GET.get("period", "")}
    out = evaluate.evaluate(found, actor, **given).as_dict()
    by = request.GET.get("by", "")
    if by:
        out["table"] = shape.table(found, actor, by, **given)
    elif found.at:
        out["series"] = shape.series(found, actor, **given)
    return out


def _area(request: HttpRequest) -> str:
    area = request.GET.get("area", "")
    if area and not (area.isascii() and area.isdecimal() and len(area) <= 15):
        raise Invalid({"area": [_("区域代码只能是数字")]})
    return area


def _params(request: HttpRequest) -> dict[str, str]:
    return {k: str(v) for k, v in request.GET.items() if k not in RESERVED and v}


def tile(request: HttpRequest, actor: Actor, name: str, z: int, x: int, y: int) -> HttpResponse:
    """``GET /tiles/<register>/<z>/<x>/<y>.mvt``: a vector tile of the register's layer."""
    data = tiles.tile(name, actor, min(z, 99), x, y, _params(request))
    tag = tiles.etag(data)
    steady = not tiles.is_points(registry.register(name))
    age = 300 if steady else 5
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={age}", "Vary": "Cookie, Authorization"}
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(data, content_type="application/vnd.mapbox-vector-tile", headers=headers)


def cells(request: HttpRequest, actor: Actor, name: str) -> dict[str, Any]:
    """``GET /cells/<register>?zoom=``: points counted by cells."""
    raw = request.GET.get("zoom", "10")
    if not (raw.isascii() and raw.isdecimal() and int(raw[:4]) <= tiles.MAX_ZOOM):
        raise Invalid({"zoom": [_("缩放级别为 0 至 %d") % tiles.MAX_ZOOM]})
    return {"items": tiles.cells(name, actor, int(raw), _params(request))}


def upload(request: HttpRequest, actor: Actor) -> HttpResponse:
    """``POST /documents`` (multipart, part ``file``): keep a file; it is tied to a record by a move."""
    try:
        file = request.FILES.get("file")
    except Exception as error:  # Django raises several kinds for a broken multipart body
        raise BadRequest(_("上传内容没有收全：%s") % error) from None
    if file is None:
        raise Invalid({"file": [_("请用 multipart/form-data 的 file 部分上传文件")]})
    made = receive(actor, cast(BinaryIO, file.file), file.name or "", sha256=str(request.POST.get("sha256", ""))[:64],
                   caption=str(request.POST.get("caption", ""))[:200], visitor=_visitor(request, actor),
                   upload_id=request.POST.get("upload_id") or None)
    return answer(_document(made), 201)


def _visitor(request: HttpRequest, actor: Actor) -> str:
    return address_of(request) if actor.kind == "public" else ""


def _document(made: Any) -> dict[str, Any]:
    register = registry.register("document")
    return {**shapes.row(register, made, list(register.column_names)), "name": made.name, "size": made.size,
            "mime": made.mime, "url": f"/api/v1/documents/{made.pk}"}


def document(request: HttpRequest, actor: Actor, pk: int, variant: str = "") -> HttpResponseBase:
    """``GET /documents/<id>[/small]``: the content, to whom its record may be seen by."""
    if pk >= 2 ** 63:
        raise Missing
    return serve.respond(request, actor, pk, variant)


def begin(request: HttpRequest, actor: Actor, upload_id: Any) -> dict[str, Any]:
    """``PUT /uploads/<uuid>``: announce a large file, or learn how much of it has arrived."""
    body = body_of(request)
    size = body.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size >= 2 ** 62:
        raise Invalid({"size": [_("请给出文件的字节数")]})
    made = uploads.begin(actor, upload_id, str(body.get("name", "")), size, str(body.get("sha256", "")),
                         visitor=_visitor(request, actor))
    return {"offset": made.offset, "size": size}


def piece(request: HttpRequest, actor: Actor, upload_id: Any) -> dict[str, Any]:
    """``PATCH /uploads/<uuid>`` with ``Upload-Offset``: the next piece as raw bytes."""
    raw = request.headers.get("Upload-Offset", "")
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 16):
        raise Invalid({"Upload-Offset": [_("请给出分片的起始位置")]})
    return {"offset": uploads.append(actor, upload_id, int(raw), request.body, visitor=_visitor(request, actor))}


def finish(request: HttpRequest, actor: Actor, upload_id: Any) -> HttpResponse:
    """``POST /uploads/<uuid>``: all pieces are there; make the document."""
    return answer(_document(uploads.finish(actor, upload_id, visitor=_visitor(request, actor))), 201)


def issue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """``POST /keys``: a new app key, shown this once."""
    if not actor.may("app_key.issue"):
        raise Refused
    made, secret = app_key.issue(actor, body_of(request))
    return answer({**shapes.row(register_of("app_key"), made, list(register_of("app_key").column_names)),
                   "key": secret}, 201)
