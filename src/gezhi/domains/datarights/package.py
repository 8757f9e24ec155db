"""The copy for the resident: everything held of them, in files a person and a program can read. Made when it is handed
over and kept nowhere; each making is a look at sensitive data and stands in the list of looks."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gezhi.engines.privacy.reveal_log import keep
from gezhi.kernel.access import permits
from gezhi.kernel.actors import Actor
from gezhi.kernel.door import door, moment
from gezhi.kernel.errors import Conflict, Missing, Refused
from gezhi.kernel.kinds import LinkKind
from gezhi.kernel.kinds.sealed import SecretKind
from gezhi.kernel.registers import Register
from gezhi.kernel.registry import registry

from . import gathering
from .part import DataPart
from .request import DataRequest

SKIPPED = frozenset({"id", "version", "seal", "custom"})
CASE = ("case_no", "title", "status", "reported_at", "closed_at")
"""Of a report only what the citizen sees anyway; its other columns are the work of officials and of third persons."""


def package(record: Any, actor: Actor) -> tuple[str, bytes]:
    """Name and content of the copy of a request or of a unit's part.

    Raises:
        Missing: the record has no copy. Refused, Conflict: not by this actor, not now.
    """
    if isinstance(record, DataRequest):
        move, ready, unit_id = "answer", record.status == "gathered" and record.kind == "copy", None
    elif isinstance(record, DataPart):
        move, ready, unit_id = "answer", record.status == "waiting" and record.kind == "copy", record.unit_id
    else:
        raise Missing
    register = registry.register_of(type(record))
    assert register is not None
    if not permits(register, actor, move, record):
        raise Refused
    if isinstance(record, DataRequest) and not actor.strong and actor.kind == "staff":
        raise Refused(_("导出个人信息副本需要先完成二次验证"))
    if not ready or record.person is None:
        raise Conflict(_("现在没有可以交付的副本"))
    code = record.query_code if isinstance(record, DataRequest) else record.code
    content = _zip(record.person, unit_id, code)
    with door(actor) as session:
        session.change(record, {"handed_at": session.now}, verb="copy", trusted=True)
        keep(session, register, record, "copy", _("交付个人信息副本 %s") % code)
    return f"{code}.zip", content


def _zip(person: Any, unit_id: int | None, code: str) -> bytes:
    out = io.BytesIO()
    listing = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for register, rows in gathering.records(person, unit_id):
            told = [_told(register, one) for one in rows[:gathering.MOST]]
            if told:
                archive.writestr(f"{register.name}.json", json.dumps(told, ensure_ascii=False, indent=1))
                listing.append(f"{register.name}.json  {register.label}  {len(told)}")
        archive.writestr("README.txt", "\n".join([
            _("个人信息副本 %s") % code, timezone.localtime(moment()).strftime("%Y-%m-%d %H:%M"), "", *listing, ""]))
    return out.getvalue()


def _told(register: Register, record: Any) -> dict[str, Any]:
    """A record by labels, whole values; links by their (masked) names, for they may be other people's."""
    out: dict[str, Any] = {}
    names = CASE if register.name == "case" else [n for n in register.kinds if n not in SKIPPED]
    for name in names:
        kind = register.kinds[name]
        if isinstance(kind, SecretKind) or kind.field is None or hasattr(kind.field, "derive"):
            continue
        value = kind.value(record)
        text = str(value) if isinstance(kind, LinkKind) and value is not None else kind.show(value)
        if text:
            out[str(kind.label)] = text
    return out
