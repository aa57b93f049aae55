import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.rules import window
from sis.rules.school_year import SchoolYear


def endings(years):
    return sorted(year.ending for year in years)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 8, 31), [2024, 2025, 2026, 2027]),
        (dt.date(2026, 9, 1), [2024, 2025, 2026, 2027]),
        (dt.date(2026, 12, 31), [2024, 2025, 2026, 2027]),
        (dt.date(2027, 1, 1), [2025, 2026, 2027, 2028]),
    ],
)
def test_pasis_window_moves_on_the_first_of_january(day, expected):
    assert endings(window.possible(day)) == expected


@pytest.mark.parametrize(
    ("history", "expected"), [(0, [2027, 2028]), (1, [2026, 2027, 2028]), (2, [2025, 2026, 2027, 2028])]
)
def test_synchronized_are_the_current_and_the_next_year_and_the_chosen_history(history, expected):
    assert endings(window.synchronized(SchoolYear(2027), history)) == expected


def test_nothing_is_synchronized_before_pasi_told_its_year():
    assert window.synchronized(None, 2) == frozenset()


@given(st.dates(dt.date(2000, 1, 1), dt.date(2150, 12, 31)), st.integers(0, 2))
def test_the_current_year_is_always_possible_and_the_next_one_from_january_on(day, history):
    current = SchoolYear.of(day)
    both = window.synchronized(current, history) & window.possible(day)
    assert current in both
    assert (current + 1 in both) is (day.month < 9)


@pytest.mark.parametrize(
    ("told", "first", "oldest"),
    [
        ([], None, None),  # PASI has told nothing: nothing is known to be too old
        ([], SchoolYear(2017), None),
        ([2025, 2026, 2027], None, SchoolYear(2025)),
        ([2025, 2026, 2027], SchoolYear(2017), SchoolYear(2017)),
        ([2025, 2026, 2027], SchoolYear(2026), SchoolYear(2025)),
    ],
)
def test_the_oldest_year_that_pasi_takes(told, first, oldest):
    assert window.oldest_taken(told, first) == oldest


def test_historical_is_what_lies_before_every_synchronized_year():
    years = frozenset({SchoolYear(2026), SchoolYear(2027)})
    found = [ending for ending in range(2024, 2030) if window.historical(SchoolYear(ending), years)]
    assert found == [2024, 2025]
    assert not window.historical(SchoolYear(2010), frozenset())
