"""Numbers with a check: every valid one is taken, and no single wrong sign passes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gezhi.kernel import identifiers as ids
from gezhi.kernel.kinds import masks
from gezhi.kernel.registry import registry

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2025, 12, 31))
CITIZENS = st.builds(
    lambda area, day, seq: (body := f"{area}{day:%Y%m%d}{seq:03d}") + ids.id_check(body),
    st.integers(110000, 659999), DAYS, st.integers(0, 999))
CREDIT = st.text(ids.CREDIT_LETTERS, min_size=9, max_size=9)
CODES = st.builds(
    lambda head, area, rest: (body := f"{head}{area}{rest}") + ids.credit_check(body),
    st.text(ids.CREDIT_LETTERS, min_size=2, max_size=2), st.integers(110000, 659999), CREDIT)


def test_textbook_numbers():
    assert ids.id_number("11010519491231002x") == "11010519491231002X"  # example of GB 11643
    assert ids.credit_code("91350100M000100Y43") == "91350100M000100Y43"  # example of GB 32100
    assert ids.born_of("11010519491231002X") == dt.date(1949, 12, 31)
    assert ids.sex_of("11010519491231002X") == "2"


@given(CITIZENS)
def test_every_citizens_number_that_adds_up_is_taken(number):
    assert ids.id_number(f" {number.lower()} ") == number
    assert f"{ids.born_of(number):%Y%m%d}" == number[6:14]


@given(CITIZENS, st.integers(0, 17), st.data())
def test_one_wrong_sign_in_a_citizens_number_is_refused(number, at, data):
    others = [c for c in ("0123456789X" if at == 17 else "0123456789") if c != number[at]]
    wrong = number[:at] + data.draw(st.sampled_from(others)) + number[at + 1:]
    with pytest.raises(ValueError, match="公民身份号码"):
        ids.id_number(wrong)


@given(CITIZENS, st.integers(0, 15))
def test_two_neighbours_exchanged_are_noticed(number, at):
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2:]
    if swapped != number:
        with pytest.raises(ValueError, match="公民身份号码"):
            ids.id_number(swapped)


@pytest.mark.parametrize("day", ["19490229", "20261301", "20250431", "18991231", "29990101"])
def test_a_day_that_was_not_is_refused(day):
    body = f"110105{day}002"
    with pytest.raises(ValueError, match="出生日期"):
        ids.id_number(body + ids.id_check(body))


@given(CODES)
def test_every_credit_code_that_adds_up_is_taken(code):
    assert ids.credit_code(code.lower()) == code


@given(CODES, st.integers(0, 17), st.data())
def test_one_wrong_sign_in_a_credit_code_is_refused(code, at, data):
    others = [c for c in (ids.CREDIT_LETTERS if not 2 <= at < 8 else "0123456789") if c != code[at]]
    with pytest.raises(ValueError, match="统一社会信用代码"):
        ids.credit_code(code[:at] + data.draw(st.sampled_from(others)) + code[at + 1:])


@pytest.mark.parametrize(("text", "plate"), [
    ("黑a 12345", "黑A12345"), ("黑AD12345", "黑AD12345"), ("苏E·88888", "苏E88888"), ("黑A12345D", "黑A12345D"),
    ("京AF00001", "京AF00001"), ("粤Z1234港", "粤Z1234港"), ("沪A1234学", "沪A1234学")])
def test_plates(text, plate):
    assert ids.plate(text) == plate


@pytest.mark.parametrize("text", ["", "黑I12345", "黑AO2345", "A12345", "黑A1234", "黑AE123456",
                                  "X黑A12345", "黑AI1234O"])
def test_what_is_no_plate(text):
    with pytest.raises(ValueError, match="号牌"):
        ids.plate(text)


@pytest.mark.parametrize(("text", "digits"), [
    ("138-0000-1234", "13800001234"), ("0512-66778899", "051266778899"), ("0451 8888 7777", "045188887777"),
    ("66778899-801", "66778899-801"), ("12345", "12345"), ("110", "110"), ("4008001234", "4008001234"),
    ("+86 13800001234", "+8613800001234"), ("+1 212 555 0100", "+12125550100")])
def test_phones(text, digits):
    assert ids.phone(text) == digits


@pytest.mark.parametrize("text", ["abc", "1234", "2380000123456", "12800001234", "1380000123"])
def test_what_is_no_phone(text):
    with pytest.raises(ValueError, match="电话"):
        ids.phone(text)


def test_documents_are_checked_by_their_kind():
    assert ids.document("414", "e12345678") == "E12345678"
    assert ids.document("516", "H12345678") == "H12345678"
    for kind, text in (("111", "E12345678"), ("516", "12345678"), ("511", "1234"), ("990", "")):
        with pytest.raises(ValueError, match="号码"):
            ids.document(kind, text)


def test_codes_of_components_and_areas():
    assert ids.component_code("32050801001000001") == "32050801001000001"
    assert ids.region_code("320508") == "320508000000"
    for wrong in ("3205080100100001", "32050801001000001X"):
        with pytest.raises(ValueError, match="17 位"):
            ids.component_code(wrong)
    with pytest.raises(ValueError, match="12 位"):
        ids.region_code("32")


@pytest.mark.parametrize(("how", "text", "shown"), [
    ("name", "张三", "张*"), ("name", "王小明", "王**"), ("name", "欧阳娜娜", "欧阳**"),
    ("phone", "13800005678", "138****5678"),
    ("id_number", "230103198501010014", "230*************14"), ("plate", "黑A12345", "黑A***45"),
    ("birth", "1985-03-02", "1985-**-**"), ("address", "道里区安和社区友谊路5号3幢2单元601室", "道里区安和社区***"),
    ("address", "友谊路5号", "友谊路***")])
def test_masks(how, text, shown):
    assert masks.MASKS[how](text) == shown


def test_every_sensitive_field_of_the_house_is_masked_whole_or_by_a_known_rule():
    seen = 0
    for register in registry.registers.values():
        for name, kind in register.kinds.items():
            if kind.sensitivity in ("sensitive", "high") and kind.field is not None:
                seen += 1
                how = getattr(kind.field, "mask_as", "") or getattr(kind.field, "form", "")
                assert how in {"", "text", "name", *masks.MASKS}, f"{register.name}.{name}"
    assert seen > 20
