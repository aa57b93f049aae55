"""Moments at which clocks and calendars differ, and the tests with their clock moved there.

`TEST_MOMENT=2027-09-01 pytest …` moves the clock of the whole run; the name of a moment below, a date or a date with time does.
What no test can move keeps the machine's time: OpenSSL, the file system, and processes that a test starts.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import time_machine

ALBERTA = ZoneInfo("America/Edmonton")
FIXED_DAY = dt.date(2026, 11, 20)  # an ordinary school day: on it stand all tests that say a date
NOON = dt.time(12)


def moment(text: str) -> dt.datetime:
    """`2027-09-01` (noon) or `2026-11-01T01:30`, in Alberta's time."""
    naive = dt.datetime.fromisoformat(text)
    if len(text) <= len("2027-09-01"):
        naive = dt.datetime.combine(naive.date(), NOON)
    return naive.replace(tzinfo=ALBERTA)


MOMENTS = {
    "the hour that comes twice": moment("2026-11-01T01:30"),
    "the last minutes of a year": moment("2026-12-31T23:50"),
    "the first minutes of a year": moment("2027-01-01T00:10"),
    "a last day of February": moment("2027-02-28"),
    "the last day of most calendars": moment("2027-06-30"),
    "summer": moment("2027-07-15"),
    "the last day of a school year": moment("2027-08-31"),
    "the first day of a school year": moment("2027-09-01"),
    "the day of a leap year": moment("2028-02-29"),
}


def days_ago(number: int) -> dt.date:
    """So many days before FIXED_DAY, also while tests are still being collected."""
    return FIXED_DAY - dt.timedelta(days=number)


def at(text: str) -> time_machine.travel:
    """Inside of it every clock that Python reads shows this moment and goes on from there."""
    return time_machine.travel(MOMENTS.get(text) or moment(text), tick=True)


def move_to(text: str) -> None:
    """As `at`, for the rest of the process."""
    at(text).start()


def machine_now() -> dt.datetime:
    """The machine's own time, which no test moves: by it OpenSSL judges a certificate."""
    is_moved = time_machine.escape_hatch.is_travelling()
    return (time_machine.escape_hatch.datetime if is_moved else dt).datetime.now(dt.UTC)
