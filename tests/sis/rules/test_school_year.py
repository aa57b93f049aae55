import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sis.rules.school_year import SchoolYear

days = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))


@pytest.mark.parametrize(
    ("day", "ending"),
    [
        (dt.date(2026, 8, 31), 2026),
        (dt.date(2026, 9, 1), 2027),
        (dt.date(2026, 12, 31), 2027),
        (dt.date(2027, 1, 1), 2027),
        (dt.date(2028, 2, 29), 2028),
    ],
)
def test_a_day_lies_in_the_year_that_ends_in(day, ending):
    assert SchoolYear.of(day) == SchoolYear(ending)


@given(days)
def test_a_day_lies_between_the_first_and_the_last_day_of_its_year(day):
    year = SchoolYear.of(day)
    assert year.first_day <= day <= year.last_day
    assert year.calendar_years[0] <= day <= year.calendar_years[1]
    assert year.last_day + dt.timedelta(days=1) == (year + 1).first_day


@given(st.integers(1901, 2199))
def test_a_year_reads_what_it_writes(ending):
    year = SchoolYear(ending)
    assert SchoolYear.parse(str(year)) == year
    assert SchoolYear.parse(f" {year} ") == year
    assert (year + 1) - 1 == year
    assert year < year + 1


@pytest.mark.parametrize(
    "text", ["2026", "2026-2028", "2027-2026", "26-27", "2026/2027", "", "2026-2027-2028", "9998-9999"]
)
def test_what_is_no_school_year_is_refused(text):
    with pytest.raises(ValueError, match=r"school year"):
        SchoolYear.parse(text)


@pytest.mark.parametrize("ending", [1899, 2201, 27, 0])
def test_a_year_outside_of_the_range_is_refused(ending):
    with pytest.raises(ValueError, match=f"ends in {ending}"):
        SchoolYear(ending)
