"""What can be wrong with an upload, in the user's words and with a stable code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gezhi.kernel.errors import GezhiError

__all__ = [
    "ActiveContent",
    "Bomb",
    "Damaged",
    "DocumentError",
    "Empty",
    "HashMismatch",
    "NotStored",
    "StoreFull",
    "TooLarge",
    "TooLong",
    "TooMany",
    "TooManyPixels",
    "WrongType",
]


class DocumentError(GezhiError):
    """Base of everything that refuses or loses a document; says it in class attributes `text` and `advice`."""

    code = "document"
    status = 422
    text: str | Promise = _("文件无法处理")
    advice: str | Promise = ""

    def __init__(self, message: str | Promise = "", *, hint: str | Promise = "") -> None:
        super().__init__(message or self.text, hint=hint or self.advice)


class Empty(DocumentError):
    """No bytes at all."""

    code = "document_empty"
    text = _("文件是空的")
    advice = _("请重新选择文件后上传")


class TooLarge(DocumentError):
    """More bytes than this kind may have."""

    code = "document_too_large"
    status = 413
    advice = _("请压缩后上传，或分成几个文件")

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(_("文件太大（%(size)s），最大 %(limit)s") % {"size": mib(size), "limit": mib(limit)})


class WrongType(DocumentError):
    """Content of a type that is not accepted."""

    code = "document_type"
    status = 415
    text = _("不支持的文件类型")
    advice = _("可上传照片、录音、视频，以及 PDF、OFD、文本和办公文档")


class ActiveContent(WrongType):
    """A page, an SVG, a script or a macro: something that runs when opened."""

    code = "document_active"
    text = _("不接受网页、SVG、程序和含宏的文件")


class Damaged(DocumentError):
    """Cut off or broken content."""

    code = "document_damaged"
    text = _("文件已损坏或不完整")
    advice = _("请重新拍摄或重新选择文件后上传")


class TooManyPixels(DocumentError):
    """A picture whose decoded size would exhaust memory."""

    code = "document_pixels"
    status = 413
    text = _("图片尺寸过大")
    advice = _("请降低相机分辨率后重新拍摄")


class Bomb(DocumentError):
    """A packed file that unpacks to far more than it says."""

    code = "document_bomb"
    text = _("文件压缩内容异常，已拒绝")


class HashMismatch(DocumentError):
    """What arrived is not what was announced."""

    code = "document_hash"
    text = _("文件校验不一致，传输中可能已损坏")
    advice = _("请重新上传")


class TooLong(DocumentError):
    """A recording beyond the limit of its kind."""

    code = "document_too_long"
    status = 413
    advice = _("请剪短后上传，或分成几段")

    def __init__(self, seconds: float, limit: int) -> None:
        super().__init__(
            _("录音或视频太长（%(length)d 秒），最长 %(limit)d 秒") % {"length": round(seconds), "limit": limit}
        )


class TooMany(DocumentError):
    """More documents than one record, or one sender in an hour, may have."""

    code = "document_too_many"
    status = 429


class NotStored(DocumentError):
    """The store does not have this content."""

    code = "document_missing"
    status = 404
    text = _("文件不存在或已清理")


class StoreFull(DocumentError):
    """The disk or the bucket refuses more."""

    code = "document_store_full"
    status = 507
    text = _("存储空间不足，文件未保存")
    advice = _("请联系系统管理员清理存储后重试")


def mib(size: int) -> str:
    """A size for people: "3.4 MB" (binary megabytes, as phones show them), small ones in KB or bytes."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KB"
    return f"{size / 1024 / 1024:.1f} MB"
