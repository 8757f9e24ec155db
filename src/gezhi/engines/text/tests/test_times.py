"""What people call a time becomes a span, against the moment they said it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from gezhi.engines.text.times import MOST, number, read

SAID = dt.datetime(2026, 11, 21, 16, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(("text", "start", "end"), [
    ("昨天晚上八点半有人放炮", "11-20 20:30", "11-20 21:30"), ("上周五下午3点", "11-13 15:00", "11-13 16:00"),
    ("三天前开始停水", "11-18 00:00", "11-19 00:00"), ("11月3日14:30左右", "11-03 14:30", "11-03 15:30"),
    ("两个小时前发生", "11-21 14:00", "11-21 15:00"), ("今早就这样", "11-21 06:00", "11-21 09:00"),
    ("十一月五号夜里12点", "11-06 00:00", "11-06 01:00"), ("刚才", "11-21 16:17", "11-21 16:22")])
def test_a_named_time_is_a_span(text, start, end):
    (found,) = read(text, SAID)
    assert (found.start.strftime("%m-%d %H:%M"), found.end.strftime("%m-%d %H:%M")) == (start, end)
    assert found.start.tzinfo == SAID.tzinfo and found.words in text


@pytest.mark.parametrize("text", ["", "每天晚上都吵", "2025年2月31日", "13月1日", "今天晚上八点", "请三天内答复"])
def test_no_time_no_real_date_and_the_future_say_nothing(text):
    assert read(text, SAID) == []


def test_a_date_without_its_year_is_the_last_one():
    assert read("12月1日", SAID)[0].start.year == 2025


def test_times_come_in_the_order_of_the_text_and_not_without_end():
    assert [w.words for w in read("昨天报修，11月3日也报过", SAID)] == ["昨天", "11月3日"]
    assert len(read("，".join(f"11月{n}日" for n in range(1, 20)), SAID)) == MOST
    assert len(read("昨天停水，昨天报修", SAID)) == 1


@pytest.mark.parametrize(("text", "value"), [("十", 10), ("二十三", 23), ("两", 2), ("07", 7)])
def test_numerals(text, value):
    assert number(text) == value
