"""Who looks at a wall: a person signed in, or a screen without a keyboard that was given a pass."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gezhi.foundation.units.actors import LIVE, WALL, actor_of_request
from gezhi.kernel.actors import Actor
from gezhi.kernel.errors import Refused


def viewer(request: HttpRequest) -> Actor | None:
    """The actor of a wall's request; ``None`` when nobody is signed in and there is no pass.

    Raises:
        Refused: the pass is wrong, too old, or its post has ended.
    """
    text = request.GET.get("pass", "")
    if not text:
        actor = actor_of_request(request, via="wall")
        return actor if actor.kind == "staff" and actor.post_id else None
    try:
        found = WALL.actor(text)
    except signing.BadSignature:
        raise Refused(_("大屏通行码无效或已过期"), hint=_("请由指挥人员登录后重新生成大屏地址")) from None
    if found is None:
        raise Refused(_("大屏通行码对应的岗位已停用"), hint=_("请由指挥人员登录后重新生成大屏地址"))
    return found


def live_of(actor: Actor) -> str:
    """The address of the actor's event stream, ``""`` when there is no live process."""
    base = getattr(settings, "GEZHI_LIVE_URL", "")
    return f"{base}/live/events?token={LIVE.given(actor)}" if base else ""
