"""Staff: people who sign in. Their posts say what they may do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.door import door
from gezhi.kernel.errors import DoorClosed
from gezhi.kernel.fields import BlindField, HashField, SealedField
from gezhi.kernel.records import Record, RecordQuerySet
from gezhi.kernel.registers import Register


class StaffManager(BaseUserManager.from_queryset(RecordQuerySet)):  # type: ignore[misc]
    """Looks users up by name for sign-in."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get(username=username)


class Staff(AbstractBaseUser, Record):
    """A person who signs in."""

    password = HashField(_("密码"))
    username = models.CharField(_("登录名"), max_length=40, unique=True)
    name = models.CharField(_("姓名"), max_length=40)
    employee_no = models.CharField(_("工号"), max_length=24, default="", blank=True)
    phone = SealedField(_("手机"), form="phone")
    phone_index = BlindField(of="phone")
    email = models.EmailField(_("邮箱"), default="", blank=True)
    is_active = models.BooleanField(_("在用"), default=True)
    must_change_password = models.BooleanField(_("下次登录须改密码"), default=False)
    password_changed_at = models.DateTimeField(_("密码修改时间"), null=True, blank=True, editable=False)
    invented = models.BooleanField(_("演示数据"), default=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    OWN_COLUMNS: ClassVar[frozenset[str]] = frozenset({"password", "last_login"})

    objects = StaffManager()  # type: ignore[misc]

    class Meta:
        indexes = [models.Index(fields=["phone_index"], name="staff_phone")]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def has_perm(self, _perm: str, _obj: Any = None) -> bool:
        """Django's own permissions are not used: posts decide (``actors``)."""
        return False

    def has_module_perms(self, _label: str) -> bool:
        return False

    def save(self, *args: Any, **kw: Any) -> None:
        """Only what Django's sign-in itself writes: the password and the last sign-in, through the door."""
        fields = set(kw.get("update_fields") or self.OWN_COLUMNS)
        if self.pk is None or not fields <= self.OWN_COLUMNS:
            raise DoorClosed("Staff: use gezhi.kernel.door")
        with door(SYSTEM) as session:
            before = type(self).objects.only("password").get(pk=self.pk).password
            models.Model.save_base(self, update_fields=fields)
            if "password" in fields and before != self.password:
                session.change(self, {"password_changed_at": session.now, "must_change_password": False},
                               verb="password")


class StaffRegister(Register):
    """Colleagues find each other; administrators keep accounts."""

    model = Staff
    name = "staff"
    label = pgettext_lazy("staff", "人员")
    icon = "users"
    group = "organisation"
    key = "username"
    columns = "name username employee_no phone is_active last_login"
    filters = "name username is_active phone"
    search = "name^3 username employee_no"
    order = "id"
    form = ("username name employee_no", "phone email is_active")
    grants = {"view": "*:all", "create": "admin:all", "change": "admin:all", "export": "admin:all",
              "import": "admin:all", "reveal": "admin:all leader:all shift_leader:all"}
