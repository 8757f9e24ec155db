"""Password rules beyond Django's own (GB/T 22239-2019 8.1.4.1: complexity)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class Length:
    """At least ten characters."""

    LEAST = 10

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` if the password is too short."""
        if len(password) < self.LEAST:
            raise ValidationError(_("密码至少 %d 位") % self.LEAST, code="password_length")

    def get_help_text(self) -> str:
        return _("至少 %d 位") % self.LEAST


class ThreeClasses:
    """At least three of: capitals, small letters, digits, other signs."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` if the password is too simple."""
        classes = (any(c.isupper() for c in password), any(c.islower() for c in password),
                   any(c.isdecimal() for c in password), any(not c.isalnum() for c in password))
        if sum(classes) < 3:
            raise ValidationError(_("密码须包含大写字母、小写字母、数字、符号中的至少三类"), code="password_classes")

    def get_help_text(self) -> str:
        return _("包含大写字母、小写字母、数字、符号中的至少三类")


class NotTheOldOne:
    """A new password differs from the present one."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` if the password is the one in use."""
        if user is not None and user.pk and user.password and user.check_password(password):
            raise ValidationError(_("新密码不能与现在的密码相同"), code="password_same")

    def get_help_text(self) -> str:
        return _("不能与现在的密码相同")
