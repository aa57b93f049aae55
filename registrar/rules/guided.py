"""What a guided action requires of the values that a person enters. Pure: no clock, no database.

Sources: Synchronizing School Enrolment Information (withdrawal, return), Student School Enrolment (exit date and its type),
transition reasons of the responsible school (pasi-core 4.15, second source) as the list of out-reasons.
"""

import datetime as dt
from dataclasses import dataclass

from operations.rules.words import gettext_noop

# Kept here, never sent: PASI stopped taking reasons with an enrolment on 31 January 2019.
OUT_REASONS = (
    gettext_noop("Completed Grade 12"),
    gettext_noop("Deceased"),
    gettext_noop("Employment"),
    gettext_noop("Expulsion"),
    gettext_noop("Moved"),
    gettext_noop("Not Provided"),
    gettext_noop("Student's Choice"),
)
DEFAULT_PROGRAM = ("Regular", "Day")


@dataclass(frozen=True)
class Fault:
    """A value that cannot be used: the field and the sentence."""

    field: str
    message: str


def out_reason(text: str) -> str | None:
    """The reason of the list that `text` means, whatever its case and apostrophe; None: it is not in the list."""
    wanted = text.strip().casefold().replace("’", "'")
    return next((reason for reason in OUT_REASONS if reason.casefold() == wanted), None)


def last_day(day: dt.date, start: dt.date, today: dt.date, field: str) -> list[Fault]:
    """The last day attended: not before the start, not after today."""
    if day < start:
        return [
            Fault(
                field,
                gettext_noop(
                    "The last day attended is before the start date. For a student who never came, use “Never "
                    "attended”."
                ),
            )
        ]
    if day > today:
        return [Fault(field, gettext_noop("The last day attended cannot be in the future."))]
    return []


def next_school_day(day: dt.date) -> dt.date:
    """The next weekday. School holidays are not known here; the preview shows the day."""
    following = day + dt.timedelta(days=1)
    while following.weekday() >= 5:
        following += dt.timedelta(days=1)
    return following
