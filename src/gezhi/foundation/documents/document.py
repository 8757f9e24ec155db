"""Documents: photos, audio, video and files that belong to a record (附件).

A document is seen by whoever may see the record it belongs to; one that belongs to nothing yet is seen by its
uploader alone. Its content lies in the store under its hash and may be shared by several documents.
"""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import PointField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.access import NOTHING, Reach, SameReach, permits, sight
from gezhi.kernel.actors import Actor
from gezhi.kernel.fields import AreaCodeField, HashField
from gezhi.kernel.records import Record
from gezhi.kernel.registers import Layer, Register
from gezhi.kernel.registry import registry

from .errors import mib
from .policy import TYPES, Kind

KINDS = [
    (Kind.IMAGE.value, _("照片")),
    (Kind.AUDIO.value, _("录音")),
    (Kind.VIDEO.value, _("视频")),
    (Kind.FILE.value, _("文件")),
]
ROLES = [
    ("attachment", _("附件")),
    ("report", _("上报")),
    ("before", _("处置前")),
    ("after", _("处置后")),
    ("verify", _("核实")),
    ("inspect", _("核查")),
    ("result", _("办理结果")),
    ("opinion", _("意见")),
    ("audio", _("录音")),
    ("callback", _("回访")),
    ("signature", _("签名")),
]
LOOSE = Q(owner_type="")


class Document(Record):
    """One file of one record: what it is, what it shows, where and when it was taken, who sent it."""

    sha256 = models.CharField(_("内容校验值"), max_length=64, editable=False, db_index=True)
    name = models.CharField(_("文件名"), max_length=160)
    mime = models.CharField(_("文件类型"), max_length=100, choices=[(m, m) for m in TYPES], editable=False)
    kind = models.CharField(_("类别"), max_length=8, choices=KINDS, editable=False)
    size = models.BigIntegerField(_("大小（字节）"), editable=False)
    width = models.IntegerField(_("宽（像素）"), null=True, blank=True, editable=False)
    height = models.IntegerField(_("高（像素）"), null=True, blank=True, editable=False)
    seconds = models.FloatField(_("时长（秒）"), null=True, blank=True, editable=False)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True, blank=True, editable=False)
    taken_point = PointField(_("拍摄位置"), null=True, blank=True, editable=False)
    caption = models.CharField(_("说明"), max_length=200, default="", blank=True)
    role = models.CharField(_("用途"), max_length=12, choices=ROLES, default="attachment", blank=True)
    public = models.BooleanField(_("可对外公开"), default=False)
    uploader = models.ForeignKey(
        "units.Staff",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("上传人"),
    )
    uploader_key = HashField(_("外部上传者"), max_length=64)
    area_code = AreaCodeField(_("区域"), editable=False)
    owner_type = models.CharField(_("所属登记簿"), max_length=40, default="", blank=True, editable=False)
    owner_id = models.BigIntegerField(_("所属记录"), null=True, blank=True, editable=False)
    upload_id = models.UUIDField(_("上传编号"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload_id"], name="document_upload", condition=~Q(upload_id=None)),
        ]
        indexes = [
            models.Index(fields=["owner_type", "owner_id", "role"], name="document_owner"),
            models.Index(fields=["created_at"], name="document_loose", condition=LOOSE),
            models.Index(fields=["uploader", "created_at"], name="document_uploader"),
        ]

    def __str__(self) -> str:
        return self.caption or self.name

    @property
    def owner(self) -> Record | None:
        """The record it belongs to, or None."""
        if self.owner_id is None or self.owner_type not in registry.registers:
            return None
        return registry.register(self.owner_type).model.objects.filter(pk=self.owner_id).first()

    @property
    def size_text(self) -> str:
        """Its size for people."""
        return mib(self.size)


def _seen(actor: Actor) -> Q:
    """Documents of records the actor may view, and his or her own that belong to none yet."""
    q = LOOSE & Q(uploader_id=actor.user_id) if actor.user_id else NOTHING
    for register in registry.registers.values():
        if register.model is Document or not actor.reaches(f"{register.name}.view"):
            continue
        rows = register.model.objects.filter(sight(register, actor)).values("pk")
        mine = Q(owner_type=register.name, owner_id__in=rows)
        q = mine if q is NOTHING else q | mine
    return q


def may_view(actor: Actor, document: Document) -> bool:
    """Whether the actor may see a document: as its uploader while it is loose, else as its owner may be seen."""
    if actor.kind == "system":
        return True
    if not document.owner_type:
        return actor.user_id is not None and document.uploader_id == actor.user_id
    owner = document.owner
    return owner is not None and permits(registry.register(document.owner_type), actor, "view", owner)


class Documents(Register):
    """Everybody uploads; who may see the owning record sees its documents; nobody edits content."""

    model = Document
    label = _("附件")
    icon = "files"
    group = "records"
    columns = "name kind role caption size uploader owner_type area_code created_at"
    filters = "kind role uploader owner_type owner_id area_code taken_at created_at public"
    search = "name^2 caption"
    form = ("name caption role public",)
    reaches = {
        "owner": Reach(_seen, may_view),
        "own": SameReach("uploader_id", "user_id"),
        "loose": Reach(lambda _actor: LOOSE, lambda _actor, document: not document.owner_type),
    }
    grants = {
        "view": "*:owner public:owner",
        "upload": "*:loose public:loose",
        "change": "*:own admin:all",
        "remove": "*:own admin:all",
        "export": "admin:all",
    }
    writable = False

    def says(self, record: Any, name: str) -> str | None:
        """The owner's register by name."""
        if name == "owner_type" and record.owner_type in registry.registers:
            return str(registry.register(record.owner_type).label)
        return None
    layer = Layer("taken_point", icon="files", colour="kind", title="name")

    def clean(self, record: Any, actor: Actor, changed: set[str]) -> None:
        """A name keeps the extension of its content, whatever somebody renames it to."""
        if "name" in changed:
            from .sniff import safe_name

            record.name = safe_name(record.name, TYPES[record.mime][1])
