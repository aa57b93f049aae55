"""Which school years are synchronised, and which PASI can synchronise at all."""

import datetime as dt

from sis.rules.school_year import SchoolYear


def synchronised(current: SchoolYear | None, historical_years: int) -> frozenset[SchoolYear]:
    """PASI's current and next year and `historical_years` (0 to 2) before; empty until PASI has told the current one."""
    if current is None:
        return frozenset()
    return frozenset(current + step for step in range(-historical_years, 2))


def possible(today: dt.date) -> frozenset[SchoolYear]:
    """What PASI hands out: by CALENDAR year Y the years Y+1 to Y-2, so the window moves on 1 January.

    Source: Synchronizing Data with PASI.
    """
    return frozenset(SchoolYear(today.year + step) for step in range(-2, 2))
