"""Errors that a user may meet. Each carries a message in the user's language and a stable code.

Surfaces turn them into pages and answers; nothing below the surfaces formats an HTTP response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type_text = str | Promise


class GezhiError(Exception):
    """Base of all errors that are part of the contract with the user.

    Attributes:
        code: stable machine-readable name, part of the public API.
        status: HTTP status a surface answers with.
        message: what happened, in the user's language.
        hint: what to do about it, or ``""``.
    """

    code = "error"
    status = 500

    def __init__(self, message: type_text, *, hint: type_text = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return str(self.message)

    def as_dict(self) -> dict[str, object]:
        """The error as plain data for an API answer."""
        return {"code": self.code, "message": str(self.message), "hint": str(self.hint)}


class Refused(GezhiError):
    """The actor may not do this. Never says more about the record than the actor may know."""

    code = "refused"
    status = 403

    def __init__(self, message: type_text = _("您没有进行此操作的权限"), *, hint: type_text = "") -> None:
        super().__init__(message, hint=hint or _("如需办理，请联系本单位管理员开通相应岗位权限"))


class Missing(GezhiError):
    """The record does not exist, or the actor may not know that it does."""

    code = "missing"
    status = 404

    def __init__(self, message: type_text = _("没有找到该记录，或您无权查看")) -> None:
        super().__init__(message)


class Conflict(GezhiError):
    """Somebody changed the record since the actor read it, or the move is not possible from its state."""

    code = "conflict"
    status = 409

    def __init__(self, message: type_text, *, current: Mapping[str, object] | None = None,
                 hint: type_text = "") -> None:
        super().__init__(message, hint=hint or _("请刷新后查看最新内容再操作"))
        self.current = dict(current or {})

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "current": self.current}


class Invalid(GezhiError):
    """Input is wrong. ``errors`` maps a field name (or ``""`` for the whole) to messages."""

    code = "invalid"
    status = 422

    def __init__(self, errors: Mapping[str, Sequence[type_text] | type_text] | type_text) -> None:
        if not isinstance(errors, Mapping):
            errors = {"": [errors]}
        self.errors: dict[str, list[type_text]] = {
            k: [v] if isinstance(v, str | Promise) else list(v) for k, v in errors.items()
        }
        first = next((m for ms in self.errors.values() for m in ms), _("填写内容有误"))
        super().__init__(first)

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "errors": {k: [str(m) for m in v] for k, v in self.errors.items()}}


class Unavailable(GezhiError):
    """A part that is needed does not answer (database, disk, outside system)."""

    code = "unavailable"
    status = 503


class DeclarationError(Exception):
    """A declaration is wrong; raised at start-up with the file and line of the declaration."""


class DoorClosed(Exception):
    """Code tried to write a record without going through the write door. A programmer's error."""
