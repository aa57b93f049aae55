import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sis.rules.terms import WORDS, Mismatch, TermShape, mismatches, same_term

FIRST = TermShape("Semester 1", "1/2", dt.date(2026, 9, 1), dt.date(2027, 1, 29), "S1")
SECOND = TermShape("Semester 2", "1/2", dt.date(2027, 2, 1), dt.date(2027, 6, 26), "S2")
SUMMER = TermShape("Summer", "1", dt.date(2027, 7, 2), dt.date(2027, 7, 31), "SU", is_summer=True)


def changed(term, **given):
    return dataclasses.replace(term, **given)


def test_the_same_terms_match_in_any_order_and_summer_does_not_count():
    assert mismatches([FIRST, SECOND], [SUMMER, SECOND, FIRST]) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([changed(FIRST, last_day=dt.date(2027, 1, 22)), SECOND],
         [Mismatch("last_day", "Semester 1", "2027-01-29", "2027-01-22")]),
        ([changed(FIRST, first_day=dt.date(2026, 8, 31)), SECOND],
         [Mismatch("first_day", "Semester 1", "2026-09-01", "2026-08-31")]),
        ([changed(FIRST, store_code=""), SECOND], [Mismatch("store_code", "Semester 1", "S1", "–")]),
        ([changed(FIRST, name="Fall"), SECOND], [Mismatch("name", "Semester 1", "Semester 1", "Fall")]),
        ([changed(FIRST, name="Fall", store_code="F"), SECOND],
         [Mismatch("name", "Semester 1", "Semester 1", "Fall"), Mismatch("store_code", "Semester 1", "S1", "F")]),
        ([FIRST, changed(SECOND, portion="1/4")], [Mismatch("portion", "Semester 2", "1/2", "1/4")]),
        ([FIRST], [Mismatch("missing_there", "Semester 2")]),
        ([FIRST, SECOND, changed(SECOND, name="Continuous", portion="1", store_code="C")],
         [Mismatch("missing_here", "Continuous")]),
        ([], [Mismatch("missing_there", "Semester 1"), Mismatch("missing_there", "Semester 2")]),
        (None, [Mismatch("no_calendar")]),
    ],
)  # fmt: skip
def test_each_difference_is_named(other, expected):
    assert mismatches([FIRST, SECOND], other) == expected


def test_the_words_take_the_parameters():
    for mismatch in (
        *mismatches([FIRST], [changed(FIRST, name="Fall", store_code="F")]),
        Mismatch("missing_here", "Fall"),
    ):
        assert "Fall" in (WORDS[mismatch.what] % mismatch.params) or mismatch.what == "store_code"
    assert WORDS["store_code"] % Mismatch("store_code", "T", "S1", "F1").params == (
        "T: the Final Mark Store Code is S1 at one school and F1 at the other."
    )


def test_a_section_goes_on_in_a_term_of_the_same_name_and_portion():
    assert same_term(FIRST, changed(FIRST, last_day=dt.date(2027, 1, 20), store_code="X"))
    assert not same_term(FIRST, SECOND)
    assert not same_term(FIRST, changed(FIRST, portion="1"))


days = st.dates(dt.date(2026, 9, 1), dt.date(2027, 6, 30))
shapes = st.builds(
    TermShape,
    st.sampled_from("ABC"),
    st.sampled_from(["1", "1/2"]),
    days,
    days,
    st.sampled_from(["", "S1", "S2"]),
    st.booleans(),
)
calendars = st.lists(shapes, max_size=4, unique_by=lambda term: term.name)


@given(calendars, calendars)
def test_nothing_is_said_exactly_when_the_terms_are_the_same(home, other):
    def compared(terms):
        return {term for term in terms if not term.is_summer}

    assert (mismatches(home, other) == []) == (compared(home) == compared(other))


@given(calendars, calendars)
def test_both_ways_name_as_many_differences(home, other):
    there = [one for one in mismatches(home, other) if one.what.startswith("missing")]
    back = [one for one in mismatches(other, home) if one.what.startswith("missing")]
    assert len(there) == len(back)
