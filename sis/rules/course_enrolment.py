"""What a course enrolment must fulfil before it is saved here, and what a challenged course needs. Pure."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.rules.words import gettext_noop

REGISTERED, ACTIVE, COMPLETED, WITHDRAWN = "Registered", "Active", "Completed", "Withdrawn"
OPEN = (REGISTERED, ACTIVE)
OVER = (COMPLETED, WITHDRAWN)

PAGE = "Course Enrolment (business object)"


@dataclass(frozen=True)
class Rule:
    """One row: PASI's number ("" for our own), the field it is shown at, the source page, the test, the message."""

    number: str
    field: str
    source: str
    broken: Callable[[Mapping[str, Any]], bool]
    message: str


def _before(first: dt.date | None, second: dt.date | None) -> bool:
    return bool(first and second and first < second)


RULES: tuple[Rule, ...] = (
    Rule("", "entry_date", PAGE, lambda r: not r["entry_date"], gettext_noop("Enter the first day in the section.")),
    Rule(
        "",
        "status",
        PAGE,
        lambda r: r["status"] not in (*OPEN, *OVER),
        gettext_noop("Choose the status: Registered, Active, Completed or Withdrawn."),
    ),
    Rule(
        "40263",
        "exit_date",
        "Rule 40263",
        lambda r: r["status"] in OVER and not r["exit_date"],
        gettext_noop("A completed or withdrawn course enrolment needs an exit date. Enter one."),
    ),
    Rule(
        "",
        "exit_date",
        PAGE,
        lambda r: _before(r["exit_date"], r["entry_date"]),
        gettext_noop("The exit date is before the entry date."),
    ),
    Rule(
        "40226",
        "exit_date",
        "Rule 40226",
        lambda r: bool(
            r["exit_date"] and not r["school_year"].calendar_years[0] <= r["exit_date"] <= r["school_year"].calendar_years[1]
        ),
        gettext_noop("The exit date is outside the two calendar years of the school year."),
    ),
    Rule(
        "",
        "entry_date",
        PAGE,
        lambda r: _before(r["entry_date"], r["section_start"]) or _before(r["section_end"], r["entry_date"]),
        gettext_noop("The entry date is outside the dates of the section."),
    ),
    Rule(
        "",
        "exit_date",
        PAGE,
        lambda r: _before(r["section_end"], r["exit_date"]),
        gettext_noop("The exit date is after the last day of the section."),
    ),
    Rule(
        "40214",
        "entry_date",
        "Rule 40214",
        lambda r: _before(r["entry_date"], r["enrolment_start"]) or _before(r["enrolment_exit"], r["entry_date"]),
        gettext_noop("The entry date is outside the school enrolment."),
    ),
    Rule(
        "40214",
        "exit_date",
        "Rule 40214",
        lambda r: _before(r["enrolment_exit"], r["exit_date"]),
        gettext_noop("The exit date is after the end of the school enrolment."),
    ),
    Rule(
        "",
        "section",
        "Submit Course Enrolment",
        lambda r: r["section_school"] != r["enrolment_school"] or r["school_year"] != r["enrolment_year"],
        gettext_noop("The section belongs to a different school or school year than the enrolment."),
    ),
)  # fmt: skip


def faults(record: Mapping[str, Any]) -> list[Rule]:
    """Every broken rule.

    `record` holds entry_date, exit_date and status; of the section section_start, section_end, section_school and
    school_year; of the school enrolment enrolment_start, enrolment_exit, enrolment_school and enrolment_year.
    """
    return [rule for rule in RULES if rule.broken(record)]


def open_status(entry: dt.date, today: dt.date) -> str:
    """The status of a course enrolment that is not over: registered until its first day."""
    return REGISTERED if entry > today else ACTIVE


def overlap(first: tuple[dt.date, dt.date], second: tuple[dt.date, dt.date]) -> bool:
    """Whether two spans of days, both ends counted, share a day."""
    return first[0] <= second[1] and second[0] <= first[1]


# What a challenged course needs AT THE SCHOOL WHERE IT IS TAKEN (Concurrent Enrollments with PASI Direct Connect).
CHALLENGE = {
    "course": gettext_noop("The course cannot be used: it must exist and be active."),
    "section": gettext_noop("The school has no section of the course in this school year."),
    "course_enrolment": gettext_noop("The student has no course enrolment in a section of the course at this school."),
    "mark": gettext_noop("No mark is stored for this course enrolment."),
}


def challenge_lacks(present: Mapping[str, bool]) -> list[str]:
    """The missing keys of CHALLENGE, in the order of creation; `present` says of each whether it exists."""
    return [name for name in CHALLENGE if not present.get(name)]
