"""Today and the school years that follow from it. A school year is named by the year in which it ENDS.

[Source: Synchronizing Data with PASI; Obtaining PASI Code Values; Accepted Registration Statuses]
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

try:
    ALBERTA: ZoneInfo | None = ZoneInfo("America/Edmonton")
except ZoneInfoNotFoundError:  # a machine without time zone data: its own clock will do
    ALBERTA = None


def real_today() -> date:
    return datetime.now(ALBERTA).date()


def utc_now() -> str:
    """The moment as ISO text in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def current_school_year(today: date) -> int:
    """1 September to 31 August."""
    return today.year + (today.month >= 9)


def accepted_school_years(today: date) -> range:
    """Years for which enrolments may be submitted: two before the current one to the next (range INFERRED)."""
    current = current_school_year(today)
    return range(current - 2, current + 2)


HISTORICAL_YEARS = 8  # before the accepted ones; how far back PASI goes is INFERRED


def written_school_years(today: date) -> range:
    """Years for which the submit service takes enrolments: historical ones as well, which are not synchronized.

    [Source: Managing School Enrolment Information; Obtaining PASI Code Values]
    """
    accepted = accepted_school_years(today)
    return range(accepted[0] - HISTORICAL_YEARS, accepted[-1] + 1)


def synchronized_school_years(today: date) -> range:
    """The window follows the CALENDAR year, so it moves on 1 January in mid school year."""
    return range(today.year - 2, today.year + 2)


def twelve_months_before(today: date) -> date:
    try:
        return today.replace(year=today.year - 1)
    except ValueError:  # 29 February
        return today.replace(year=today.year - 1, day=28)
