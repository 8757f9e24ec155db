"""Codes: prefixes, levels, the state's long form, and words for what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gezhi.foundation.territory import codes
from gezhi.foundation.territory.codes import Level

steps = st.tuples(st.integers(1, 99), st.integers(1, 99), st.integers(1, 999), st.integers(1, 999), st.integers(1, 999))


@st.composite
def area_codes(draw):
    a, b, c, d, e = draw(steps)
    whole = f"32{a:02}{b:02}{c:03}{d:03}{e:03}"
    return whole[: draw(st.sampled_from([level.digits for level in codes.LEVELS]))]


@given(area_codes())
def test_every_ancestor_is_a_prefix(code):
    level = codes.validate(code)
    chain = [code]
    while (above := codes.parent_of(chain[-1])) is not None:
        chain.append(above)
    assert [codes.level_of(one) for one in chain] == list(reversed(codes.LEVELS[: codes.LEVELS.index(level) + 1]))
    assert all(codes.contains(above, code) and not codes.contains(code, above) for above in chain[1:])


@given(area_codes())
def test_long_form_and_back(code):
    long = codes.region_code(code)
    assert len(long) == 12
    assert codes.normalise(long) == code[:12]
    assert codes.normalise(code) == code


@pytest.mark.parametrize(
    ("given_code", "short"),
    [
        ("320500", "3205"),
        ("320500000000", "3205"),
        (320505, "320505"),
        (" 320505001000 ", "320505001"),
        ("320505000", "320505"),
        ("320505001002007", "320505001002007"),
    ],
)
def test_normalise(given_code, short):
    assert codes.normalise(given_code) == short


@pytest.mark.parametrize(
    "wrong", ["", "32", "320000", "32o5", "990501", "320505000002", "3205050010020077", "３２０５"]
)
def test_wrong_codes_are_refused_in_words(wrong):
    with pytest.raises(codes.CodeError, match=r"代码|位"):
        codes.normalise(wrong)


def test_children_are_numbered_without_reuse():
    community = "320505001002"
    assert codes.child_code(community, 7) == "320505001002007"
    assert codes.next_code(community, set()) == "320505001002001"
    assert codes.next_code(community, {"320505001002009", "320505001003044"}) == "320505001002010"
    with pytest.raises(codes.CodeError, match="超出范围"):
        codes.next_code(community, {"320505001002999"})
    with pytest.raises(codes.CodeError, match="更低一级"):
        codes.child_code("320505001002007", 1)


def test_levels_have_neighbours():
    assert Level.CITY.above is None
    assert Level.GRID_CELL.below is None
    assert Level.TOWN.above is Level.COUNTY
