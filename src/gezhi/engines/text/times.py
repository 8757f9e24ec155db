"""When something happened, as people say it: 昨天晚上八点, 上周五, 三天前, against the time it was said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

DAY = dt.timedelta(days=1)
MOST = 5
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "半": 0}
_N = r"(\d{1,4}|[一二两三四五六七八九十]{1,3})"
_PARTS: dict[str, tuple[int, int]] = {
    "凌晨": (0, 6), "清晨": (5, 8), "早上": (6, 9), "早晨": (6, 9), "一早": (6, 9), "早": (6, 9), "上午": (8, 12),
    "中午": (11, 14), "下午": (12, 18), "傍晚": (17, 20), "晚上": (18, 24), "晚间": (18, 24), "夜里": (20, 24),
    "夜间": (20, 24), "半夜": (22, 24), "深夜": (22, 24), "晚": (18, 24), "夜": (20, 24)}
_PART = "(" + "|".join(_PARTS) + ")?"
_CLOCK = rf"(?:{_N}(?:点|时)(半|{_N}分?)?|(\d{{1,2}})[:：](\d{{2}}))?"
_DAYS = {"今天": 0, "今日": 0, "今": 0, "昨天": -1, "昨日": -1, "昨": -1, "前天": -2, "前日": -2, "大前天": -3}
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6}


@dataclass(frozen=True)
class When:
    """A time named in a text: the words, and the span they mean in the zone of the moment they were said."""

    words: str
    start: dt.datetime
    end: dt.datetime


def number(text: str) -> int:
    """A whole number below a hundred in digits or Chinese numerals: 12, 十二, 三十."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(_DIGITS[c]) for c in text))
    tens, _ten, ones = text.partition("十")
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _hours(day: dt.datetime, part: str | None, clock: tuple[str | None, ...]) -> tuple[dt.datetime, dt.datetime]:
    """The span within a day: a clock time is an hour long, a part of the day as long as it is."""
    hour, half, minute, h24, m24 = clock
    low, high = _PARTS.get(part or "", (0, 24))
    if hour is None and h24 is None:
        return day + dt.timedelta(hours=low), day + dt.timedelta(hours=high)
    at = number(hour) if hour is not None else int(h24 or 0)
    least = int(m24 or 0) if hour is None else 30 if half == "半" else number(minute) if minute else 0
    if low >= 11 and at < low and at + 12 <= 24:
        at += 12
    if at > 24 or least > 59:
        raise ValueError(at, least)
    start = day + dt.timedelta(hours=at, minutes=least)
    return start, start + dt.timedelta(hours=1)


def _day(found: re.Match[str], said: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    word, part, *clock = found.groups()
    return _hours(said + _DAYS[word] * DAY, part, tuple(clock))


def _week(found: re.Match[str], said: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    which, weekday, part, *clock = found.groups()
    weeks = -1 if which == "上" else -2 if which == "上上" else 0
    day = said - said.weekday() * DAY + (weeks * 7 + _WEEKDAYS[weekday]) * DAY
    return _hours(day, part, tuple(clock))


def _ago(found: re.Match[str], said: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    count, unit = found.groups()
    days = {"天": 1, "日": 1, "周": 7, "星期": 7, "个星期": 7, "个月": 30, "年": 365}[unit]
    day = said - number(count) * days * DAY
    wide = (days // 2) * DAY
    return day - wide, day + DAY + wide


def _date(found: re.Match[str], said: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    year, month, day, part, *clock = found.groups()
    at = said.replace(year=int(year) if year else said.year, month=number(month), day=number(day))
    if not year and at > said + DAY:
        at = at.replace(year=at.year - 1)
    return _hours(at, part, tuple(clock))


Reader = Callable[[re.Match[str], dt.datetime], tuple[dt.datetime, dt.datetime]]
_FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(rf"(?:(\d{{4}})年)?{_N}月{_N}[日号]{_PART}{_CLOCK}"), _date),
    (re.compile(rf"(大前天|前天|前日|昨天|昨日|今天|今日|昨(?=[晚夜早])|今(?=[晚早])){_PART}{_CLOCK}"), _day),
    (re.compile(rf"(上上|上|本|这)(?:个)?(?:周|星期|礼拜)([一二三四五六日天]){_PART}{_CLOCK}"), _week),
    (re.compile(rf"{_N}(天|日|周|星期|个星期|个月|年)(?:以)?前"), _ago),
)
_SHORT = re.compile(rf"(?:{_N}个?(小时|钟头|分钟)|(半)个?(?:小时|钟头))(?:以)?前|刚刚|刚才")


def _short(found: re.Match[str], now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    count, unit, half = found.groups()
    minutes = 30 if half else 10 if not count else number(count) * (1 if unit == "分钟" else 60)
    middle = now - dt.timedelta(minutes=minutes)
    return middle - dt.timedelta(minutes=minutes / 4), min(now, middle + dt.timedelta(minutes=minutes / 4))


def read(text: str, said_at: dt.datetime) -> list[When]:
    """Times named in a text, each once, in the order of the text, at most five.

    Args:
        text: what was said.
        said_at: when it was said (aware); its zone is that of the answer. What would lie in the future is left out.
    """
    day = said_at.replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[tuple[int, When]] = []
    taken: list[tuple[int, int]] = []
    for form, reader in (*_FORMS, (_SHORT, _short)):
        for match in form.finditer(text):
            if any(match.start() < high and low < match.end() for low, high in taken):
                continue
            try:
                start, end = reader(match, said_at if form is _SHORT else day)
            except (ValueError, OverflowError):  # 13月, 31 of a short month, 25点
                continue
            if start <= said_at and not any((w.start, w.end) == (start, end) for _at, w in found):
                taken.append(match.span())
                found.append((match.start(), When(match.group(), start, end)))
    return [when for _at, when in sorted(found, key=lambda pair: pair[0])][:MOST]
