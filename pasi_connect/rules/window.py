"""Which school years are synchronized, and which PASI can synchronize at all."""

import datetime as dt
from collections.abc import Sequence

from sis.rules.school_year import SchoolYear


def synchronized(current: SchoolYear | None, historical_years: int) -> frozenset[SchoolYear]:
    """PASI's current and next year and `historical_years` (0 to 2) before; empty until PASI has told the current one."""
    if current is None:
        return frozenset()
    return frozenset(current + step for step in range(-historical_years, 2))


def oldest_taken(years: Sequence[int], first: SchoolYear | None) -> SchoolYear | None:
    """The oldest school year whose enrolments PASI takes: historical ones are written through the service too, but not synchronized.

    `years` are the ending years of GetAcceptedRegistrationStatus, `first` the first year of the code value Accepted (School Year
    Type), None where it is not known. None: PASI has told nothing, and nothing is known to be too old.
    Source: Obtaining PASI Code Values; Managing School Enrolment Information.
    """
    if not years:
        return None
    return min(SchoolYear(min(years)), first or SchoolYear(min(years)))


def historical(year: SchoolYear, years: frozenset[SchoolYear]) -> bool:
    """Older than every year that is synchronized: `years`, empty until PASI has told its current year."""
    return bool(years) and year < min(years)


def possible(today: dt.date) -> frozenset[SchoolYear]:
    """What PASI hands out: by CALENDAR year Y the years Y+1 to Y-2, so the window moves on 1 January.

    Source: Synchronizing Data with PASI.
    """
    return frozenset(SchoolYear(today.year + step) for step in range(-2, 2))
