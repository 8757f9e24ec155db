"""What an operator reads when a command fails for a reason outside the program."""

from __future__ import annotations

import errno
from typing import Any

from .text import Trouble, _

HANDBOOK = "docs/operator.md"


def trouble_of(error: BaseException) -> Trouble | None:
    """What an operator should read for *error*; None when it is a defect that deserves its traceback."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, OSError):
        return _system(error)
    module, name = type(error).__module__, type(error).__name__
    if name == "ValidationError" and module.startswith("pydantic"):
        return Trouble(_("环境变量有误：\n%s") % "\n".join(map(_variable, error.errors())), HANDBOOK)  # type: ignore[attr-defined]
    if name == "SettingsError":  # pydantic-settings: a list or a pair that is no JSON
        field = str(error).partition('"')[2].partition('"')[0]
        should = _("应为 JSON 列表，如 [\"city.example\"]")
        return Trouble(_("环境变量有误：\n%s") % f"GEZHI_{field.upper()}: {should}", HANDBOOK)
    if name == "ProgrammingError" and type(error.__cause__).__name__ == "UndefinedTable":
        return Trouble(_("数据库结构还不是最新。"), _("请先运行 gezhi migrate。"))
    if name == "OperationalError" and module.startswith(("psycopg", "django.db")):
        from .database import unreachable

        return unreachable(error)  # type: ignore[arg-type]
    return None


def _system(error: OSError) -> Trouble | None:
    """Trouble with a file or folder; None when no file is named and the disk is not full."""
    where = error.filename2 or error.filename or ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Trouble(_("磁盘已满：%s") % where if where else _("磁盘已满。"), _("请腾出空间后重试。"))
    reasons = {
        errno.EACCES: _("没有权限"),
        errno.EPERM: _("没有权限"),
        errno.EROFS: _("文件系统是只读的"),
        errno.ENOENT: _("文件夹或文件不存在"),
        errno.ENOTDIR: _("路径中有一段不是文件夹"),
        errno.EEXIST: _("已有同名的文件"),
        errno.EISDIR: _("是文件夹，不是文件"),
    }
    if not where or error.errno not in reasons:
        return None
    return Trouble(_("无法读写 %(path)s：%(why)s。") % {"path": where, "why": reasons[error.errno]},
                   _("请检查路径和权限。"))


def _variable(found: Any) -> str:
    """One line on one wrong variable: its name and what it should be, never its value, which may be a secret."""
    name = ".".join(map(str, found["loc"])).upper()
    limits = found.get("ctx", {})
    kind = found["type"]
    if kind == "value_error":
        should = str(limits["error"])
    elif kind == "literal_error":
        should = _("应为 %s") % limits["expected"].replace(" or ", ", ")
    elif kind.startswith(("greater", "less")):
        should = _("应%(sign)s %(limit)s") % {"sign": "≥" if kind.startswith("greater") else "≤",
                                             "limit": next(iter(limits.values()))}
    else:
        pair = _("应为两个数的 JSON 列表，如 [120.585, 31.299]")
        should = {"int": _("应为整数"), "float": _("应为数"), "bool": _("应为 true 或 false"), "tuple": pair,
                  "missing": pair, "too": pair}.get(kind.partition("_")[0], found["msg"])
    return f"{name if name.endswith('DATABASE_URL') else 'GEZHI_' + name}: {should}"
