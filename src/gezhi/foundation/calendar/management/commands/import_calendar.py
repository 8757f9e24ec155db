"""``gezhi manage import_calendar``: holidays of a year from the package or a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from gezhi.foundation.calendar.load import load_days, plan_days
from gezhi.foundation.calendar.source import BadHolidayFile, known_years, national_days, read_csv
from gezhi.kernel.actors import SYSTEM
from gezhi.kernel.errors import GezhiError


class Command(BaseCommand):
    """Import holidays and made-up working days; shows what changes, and changes nothing with --dry-run."""

    help = _("导入节假日与调休：--year 2026（内置数据）或 --file 2027.csv（日期,类型,名称）")

    def add_arguments(self, parser: CommandParser) -> None:
        """Either a year or a file."""
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--year", type=int, nargs="+", help=_("年份，可多个"))
        group.add_argument("--file", type=Path, help=_("CSV 文件，UTF-8 或 GB 18030"))
        parser.add_argument("--source", default="", help=_("依据，如国务院通知文号"))
        parser.add_argument("--dry-run", action="store_true", help=_("只显示将要做的修改"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, compare, write."""
        try:
            days = list(national_days(options["year"])) if options["year"] else _read(options)
            reason = options["source"] or "import_calendar"
            if options["dry_run"]:
                self.stdout.write(str(plan_days(days)))
                return
            plan, version = load_days(SYSTEM, days, reason)
        except LookupError:
            raise CommandError(
                _("内置数据只有 %(first)d–%(last)d 年，请用 --file 导入")
                % {"first": known_years().start, "last": known_years().stop - 1}
            ) from None
        except BadHolidayFile as error:
            raise CommandError(
                "\n".join(_("第 %(line)d 行：%(text)s") % {"line": line, "text": text} for line, text in error.errors)
            ) from None
        except GezhiError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{plan}" + (f"；{version}" if version else ""))
        if version:
            self.stdout.write(_("在办期限尚未重算：请在“日历版本”中确认"))


def _read(options: dict[str, Any]) -> list[Any]:
    path: Path = options["file"]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(_("无法读取 %(path)s：%(why)s") % {"path": path, "why": error.strerror}) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    return read_csv(text, options["source"] or path.name)
