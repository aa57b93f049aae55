"""Which concurrent enrolments the year end closes, with which dates, and why the others stay as they are.

Source: Concurrent Enrollments with PASI Direct Connect (Closing Concurrent Enrollments); Summer School with PASI Direct Connect.
Closing sets the exit code, which is never sent, and the exit date only where it lies behind the closing date; the exit date's
type stays, since an enrolment with a completion date ends by itself in PASI.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.rules.words import gettext_noop
from sis.rules import enrolment
from sis.rules.school_year import SchoolYear

SUMMER = "SummerSchool"  # the programming type
MOST_HISTORICAL_YEARS = 2  # Set Up Data Synchronization: 0 to 2


@dataclass(frozen=True)
class Case:
    """`record` holds all fields of an enrolment by name. `closing_date` is None where the school has no calendar of that year.

    `most`: how many codes at most, of each field that holds several.
    """

    record: Mapping[str, Any]
    closing_date: dt.date | None
    today: dt.date
    early: bool
    exit_code: str
    most: Mapping[str, int]

    @property
    def closed(self) -> dict[str, Any]:
        """The record as closing would leave it."""
        assert self.closing_date is not None
        exit_date = min(self.record["exit_date"], self.closing_date)
        return {**self.record, "exit_code": self.exit_code, "exit_date": exit_date}


@dataclass(frozen=True)
class Reason:
    """Why a concurrent enrolment does not close. The first that holds is shown."""

    code: str
    holds: Callable[[Case], bool]
    message: str
    next_step: str


def _starts_after(case: Case) -> bool:
    assert case.closing_date is not None
    return bool(case.record["start_date"] > case.closing_date)


REASONS: tuple[Reason, ...] = (
    Reason(
        "deleted",
        lambda case: case.record["deleted"],
        gettext_noop("The enrolment is deleted."),
        gettext_noop("Nothing to do."),
    ),
    Reason(
        "has_exit_code",
        lambda case: bool(case.record["exit_code"]),
        gettext_noop("It has an exit code, so it is already closed."),
        gettext_noop("Nothing to do."),
    ),
    Reason(
        "withdrawn",
        lambda case: case.record["exit_date_type"] == enrolment.WITHDRAWAL,
        gettext_noop("The student was withdrawn."),
        gettext_noop("Nothing to do."),
    ),
    Reason(
        "no_calendar",
        lambda case: case.closing_date is None,
        gettext_noop("The school has no calendar for this school year, so its last day is not known."),
        gettext_noop("Enter the school's calendar, then rehearse again."),
    ),
    Reason(
        "starts_after_closing",
        _starts_after,
        gettext_noop("It starts after the closing date."),
        gettext_noop("Check the start date and the school year, then rehearse again."),
    ),
    Reason(
        "not_ended",
        lambda case: not case.early and not _is_over(case.closing_date, case.today),
        gettext_noop("Its school year is not over."),
        gettext_noop("Rehearse again after the closing date."),
    ),
    Reason(
        "breaks_rule",
        lambda case: bool(enrolment.faults(case.closed, case.most)),
        gettext_noop("The record breaks a rule, so it cannot be saved."),
        gettext_noop("Open the enrolment and correct it, then rehearse again."),
    ),
)
# Where the run finds a record changed since the rehearsal.
CHANGED_SINCE = "changed_since"
NEW_SINCE = "new_since"

BY_CODE = {reason.code: reason for reason in REASONS}
# With one of these an enrolment is active, and the year is not closed while there is one.
STILL_ACTIVE = ("", "no_calendar", "not_ended", "breaks_rule")


@dataclass(frozen=True)
class Verdict:
    """`reason` is empty for one that closes. `exit_date` is the new one; None: it is kept, and nothing is sent."""

    reason: str
    closing_date: dt.date | None
    exit_date: dt.date | None = None


def judge(case: Case) -> Verdict:
    reason = next((reason.code for reason in REASONS if reason.holds(case)), "")
    if reason:
        return Verdict(reason, case.closing_date)
    exit_date = case.closed["exit_date"]
    return Verdict("", case.closing_date, exit_date if exit_date != case.record["exit_date"] else None)


def summer_end(year: SchoolYear) -> dt.date:
    """Summer belongs to the school year that closes; its term ends on 31 July."""
    return dt.date(year.ending, 7, 31)


def closing_date(year: SchoolYear, programming_type: str, last_day: dt.date | None) -> dt.date | None:
    """`last_day` of the school's calendar, None where there is no calendar."""
    return summer_end(year) if programming_type == SUMMER else last_day


def _is_over(closing: dt.date | None, today: dt.date) -> bool:
    return closing is not None and closing < today


def has_ended(year: SchoolYear, last_days: Iterable[dt.date], today: dt.date) -> bool:
    """One of the schools, whose calendars end on `last_days`, has passed its closing date; by August all have."""
    return any(_is_over(day, today) for day in (*last_days, summer_end(year)))


def historical_years(present: int) -> int:
    """How many historical years are synchronized after a year has been closed."""
    return min(present + 1, MOST_HISTORICAL_YEARS)
