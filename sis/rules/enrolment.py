"""What a school enrolment must fulfil before it is saved here. Pure: a table of rows, read by one function.

The limits are PASI's, so that a person learns of a fault while the form is open and not a minute later.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.rules.words import gettext_noop
from sis.rules.school_year import SchoolYear

COMPLETION = "CompletionDate"
WITHDRAWAL = "WithdrawalDate"
EXIT_DATE_TYPES = (COMPLETION, WITHDRAWAL)
GRADES = ("EC", *(f"{grade:02d}" for grade in range(1, 13)))

PERCENTAGE_PROGRAMS = {"610", "612"}
# Language and culture programs that end with grade 9 (rule 10133).
LANGUAGE_PROGRAMS_TO_GRADE_9 = {
    "413", "414", "416", "417", "418", "419", "420", "422", "424", "426", "427", "429", "430", "432", "434", "436",
    "438", "440", "442", "443", "445", "447", "449", "451", "452", "454", "456", "457", "459", "460",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One row: PASI's number ("" for our own), the field it is shown at, the source page, the test, the message."""

    number: str
    field: str
    source: str
    broken: Callable[[Mapping[str, Any]], bool]
    message: str


@dataclass(frozen=True)
class Fault:
    rule: Rule
    message: str


def codes(text: str) -> list[str]:
    """The codes in "500, 610" or "500 610", each once, in order: the one form in which they are stored and compared."""
    return sorted(set(text.replace(",", " ").split()))


def canonical_codes(text: str) -> str:
    return " ".join(codes(text))


def _outside_years(day: dt.date | None, year: SchoolYear | None) -> bool:
    return bool(day and year and not year.calendar_years[0] <= day <= year.calendar_years[1])


def _whole(text: str, digits: int, least: int, most: int, fixed: bool = False) -> bool:
    """True when `text` is empty or a number in the limits, of exactly `digits` digits when `fixed`."""
    if not text:
        return True
    return (
        text.isascii()
        and text.isdigit()
        and (len(text) == digits if fixed else len(text) <= digits)
        and least <= int(text) <= most
    )


PAGE = "Student School Enrolment (business object)"
KEYS = "ExtendedSchoolEnrolmentInfo (V2019)"

AT_MOST = {2: gettext_noop("Enter at most two codes."), 3: gettext_noop("Enter at most three codes.")}


def at_most(most: Mapping[str, int]) -> tuple[Rule, ...]:
    """Rules of the fields that hold several codes, by name: so many at most."""
    return tuple(_at_most(name, number) for name, number in most.items())


def _at_most(name: str, most: int) -> Rule:
    return Rule("", name, KEYS, lambda record: len(codes(record[name])) > most, AT_MOST[most])


RULES: tuple[Rule, ...] = (
    Rule("", "start_date", PAGE, lambda r: not r["start_date"], gettext_noop("Enter the start date.")),
    Rule(
        "",
        "exit_date",
        PAGE,
        lambda r: not r["exit_date"],
        gettext_noop("Enter the exit date: the planned last day, or the last day attended."),
    ),
    Rule(
        "",
        "exit_date_type",
        PAGE,
        lambda r: r["exit_date_type"] not in EXIT_DATE_TYPES,
        gettext_noop("Choose what the exit date means: CompletionDate or WithdrawalDate."),
    ),
    Rule(
        "",
        "grade",
        PAGE,
        lambda r: bool(r["grade"]) and r["grade"] not in GRADES,
        gettext_noop("Enter a grade of EC or 01 to 12."),
    ),
    Rule(
        "", "programming_type", PAGE, lambda r: not r["programming_type"], gettext_noop("Choose the programming type.")
    ),
    Rule(
        "",
        "programming_timeframe",
        PAGE,
        lambda r: not r["programming_timeframe"],
        gettext_noop("Choose the programming timeframe."),
    ),
    Rule(
        "10016",
        "exit_date",
        "Rule 10016",
        lambda r: bool(r["exit_date"] and r["start_date"] and r["exit_date"] < r["start_date"]),
        gettext_noop("The exit date is before the start date."),
    ),
    Rule(
        "10088",
        "exit_date",
        "Rule 10088",
        lambda r: _outside_years(r["exit_date"], r["school_year"]),
        gettext_noop("The exit date is outside the two calendar years of the school year."),
    ),
    Rule(
        "10088",
        "start_date",
        "Rule 10088 (the same rule for the start date)",
        lambda r: _outside_years(r["start_date"], r["school_year"]),
        gettext_noop("The start date is outside the two calendar years of the school year."),
    ),
    Rule(
        "10064",
        "program_percentage",
        "Rule 10064",
        lambda r: (
            r["program_percentage"] is not None and not PERCENTAGE_PROGRAMS & set(codes(r["grants_program_codes"]))
        ),
        gettext_noop("A program percentage is allowed only with grants program code 610 or 612."),
    ),
    Rule(
        "9013",
        "program_percentage",
        "Rule 9013",
        lambda r: r["program_percentage"] is not None and not 0 <= r["program_percentage"] <= 100,
        gettext_noop("Enter a percentage between 0 and 100."),
    ),
    Rule(
        "10133",
        "grants_program_codes",
        "Rule 10133",
        lambda r: (
            r["grade"] in ("10", "11", "12")
            and bool(LANGUAGE_PROGRAMS_TO_GRADE_9 & set(codes(r["grants_program_codes"])))
        ),
        gettext_noop("This language program ends with grade 9."),
    ),
    Rule(
        "",
        "local_student_id",
        KEYS,
        lambda r: len(r["local_student_id"]) > 15,
        gettext_noop("The local student number has at most 15 characters."),
    ),
    Rule(
        "",
        "resident_board",
        KEYS,
        lambda r: not _whole(r["resident_board"], 4, 1, 9999, fixed=True),
        gettext_noop("The resident board is a four-digit authority code."),
    ),
    Rule(
        "",
        "francophone_board",
        KEYS,
        lambda r: not _whole(r["francophone_board"], 4, 1, 9999, fixed=True),
        gettext_noop("The francophone board is a four-digit authority code."),
    ),
    Rule(
        "",
        "french_hours",
        KEYS,
        lambda r: not _whole(r["french_hours"], 4, 1, 9999),
        gettext_noop("Enter French hours from 1 to 9999."),
    ),
)


def faults(record: Mapping[str, Any], most: Mapping[str, int]) -> list[Fault]:
    """Every broken rule. `record` holds all fields of a school enrolment by name; `school_year` is a SchoolYear.

    `most`: how many codes at most, of each field that holds several (ExtendedSchoolEnrolmentInfo V2019).
    """
    return [
        Fault(rule, f"{rule.message} (rule {rule.number})" if rule.number else rule.message)
        for rule in (*RULES, *at_most(most))
        if rule.broken(record)
    ]
