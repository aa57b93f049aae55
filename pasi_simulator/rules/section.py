"""Why PASI refuses a section: the rejections of SubmitSection, as one table, and the days that follow from a term.

Not here, because what they look at is not simulated: 40125 and 40136 (course enrolments and their approved marks), 40143 and
40144 (territories), 40614 (words not seen).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pasi_simulator.rules.case import Facts, Rule

COURSE_CODE = re.compile(r"[A-Z]{3}[0-9]{4}\Z", re.ASCII)
# Month and day, with the calendar year as distance from the school year's. [Source: Section Date Deriver Logic]
TERM_DAYS: dict[str, tuple[tuple[int, str], tuple[int, str]]] = {
    "S1": ((-1, "09-01"), (0, "01-31")),
    "S2": ((0, "02-01"), (0, "06-30")),
    "FY": ((-1, "09-01"), (0, "06-30")),
    "Q1": ((-1, "09-01"), (-1, "11-14")),
    "Q2": ((-1, "11-15"), (0, "01-31")),
    "Q3": ((0, "02-01"), (0, "04-14")),
    "Q4": ((0, "04-15"), (0, "06-30")),
    "SU": ((0, "07-01"), (0, "08-31")),
    "CO": ((-1, "01-01"), (0, "12-31")),
}
# What must differ between two live sections (Rule 40104): neither days nor credits nor courses.
UNIQUE = (
    "SchoolYear", "SchoolCode", "SectionTerm", "PrimaryDeliveryMethod", "InstructionalLanguage", "DeliverySchedule",
    "Description", "LocalSectionId",
)  # fmt: skip
NO_FACTS: Facts = {}


@dataclass(frozen=True, slots=True)
class SectionCase:
    """One submitted section and the facts about it that PASI holds.

    `current` is the stored section or None; `others` the live sections of the school and year without it. `mark_year` is the
    current school year for marks; `owns_submitted` and `owns_current`: whether the caller's organization represents the school
    of each.
    """

    section: Mapping[str, Any]
    current: Mapping[str, Any] | None
    others: Sequence[Mapping[str, Any]]
    accepted_years: Sequence[int]
    mark_year: int
    owns_submitted: bool
    owns_current: bool

    @property
    def deleting(self) -> bool:
        return bool(self.section.get("IsDeleted"))

    @property
    def codes(self) -> list[str]:
        return list(self.section.get("CourseCodes") or ())


def derived_days(section: Mapping[str, Any]) -> tuple[str, str]:
    """Its own first and last day, else those of the term. [Source: Section Date Deriver Logic]"""
    year = section["SchoolYear"]
    first, last = TERM_DAYS[section["SectionTerm"]]
    start = section.get("StartDate") or f"{year + first[0]:04d}-{first[1]}"
    return start, section.get("EndDate") or f"{year + last[0]:04d}-{last[1]}"


def unique_key(section: Mapping[str, Any]) -> tuple[Any, ...]:
    """A missing language is English, as on PASIprep's screen."""
    return tuple(section.get(name) or ("EN" if name == "InstructionalLanguage" else "") for name in UNIQUE)


def _school_not_authorized(case: SectionCase) -> Facts | None:
    if case.owns_submitted and case.owns_current:
        return None
    foreign = case.current if case.owns_submitted and case.current else case.section
    return {"school": foreign.get("SchoolCode")}


def _year_too_old(case: SectionCase) -> Facts | None:
    first = case.mark_year - 4
    return {"object": "Section", "first": first, "second": first + 1} if case.section["SchoolYear"] <= first else None


def _year_not_accepted(case: SectionCase) -> Facts | None:
    year, accepted = case.section["SchoolYear"], case.accepted_years
    return None if year in accepted else {"year": year, "first": accepted[0], "last": accepted[-1]}


def _changed(member: str, case: SectionCase) -> Facts | None:
    before = case.current.get(member) if case.current else None
    return {"before": before} if before is not None and before != case.section[member] else None


def _school_changed(case: SectionCase) -> Facts | None:
    return _changed("SchoolCode", case)


def _year_changed(case: SectionCase) -> Facts | None:
    return _changed("SchoolYear", case)


def _code_list(codes: Sequence[str]) -> Facts | None:
    return {"codes": ", ".join(dict.fromkeys(codes))} if codes else None


def _course_code_invalid(case: SectionCase) -> Facts | None:
    return _code_list([code for code in case.codes if not COURSE_CODE.match(code)])


def _test_code(case: SectionCase) -> Facts | None:
    return _code_list([code for code in case.codes if code.startswith(("GED", "PAT"))])


def _unallocated(case: SectionCase) -> Facts | None:
    return _code_list([code for code in case.codes if code.startswith("UCR999")])


def _course_twice(case: SectionCase) -> Facts | None:
    return _code_list([code for code in case.codes if case.codes.count(code) > 1])


def _end_not_after_start(case: SectionCase) -> Facts | None:
    start, end = derived_days(case.section)
    return {"start": start, "end": end} if end <= start else None


def _outside_calendar_years(case: SectionCase, member: str) -> Facts | None:
    day, year = case.section.get(member), case.section["SchoolYear"]
    first, last = f"{year - 1:04d}-01-01", f"{year:04d}-12-31"
    return None if not day or first <= day <= last else {"first": first, "last": last, "year": year}


def _start_outside_years(case: SectionCase) -> Facts | None:
    return _outside_calendar_years(case, "StartDate")


def _end_outside_years(case: SectionCase) -> Facts | None:
    return _outside_calendar_years(case, "EndDate")


def _twin(case: SectionCase) -> Facts | None:
    own = unique_key(case.section)
    return NO_FACTS if any(unique_key(other) == own for other in case.others) else None


SECTION = "Section"
COURSE_DATA = "Validation Rules between 40000 and 49999"
SUBMIT = "Submit Section"

# In the order in which PASI lists them (INFERRED).
REJECTIONS: tuple[Rule[SectionCase], ...] = (
    Rule("9020", "Organization not authorized", "The caller is not authorized for school {school}",
         SUBMIT, "SchoolCode", _school_not_authorized, when_deleting=True),
    Rule("9030", "School year too far back", "{object}: school years up to {first} cannot be changed; the first is {second}",
         SUBMIT, "SchoolYear", _year_too_old, inferred="which of the two years is the first that is taken",
         when_deleting=True),
    Rule("40112", "School changed", "The school of a section does not change; it is {before}",
         COURSE_DATA, "SchoolCode", _school_changed, when_deleting=True),
    Rule("40115", "School year changed", "The school year of a section does not change; it is {before}",
         COURSE_DATA, "SchoolYear", _year_changed, when_deleting=True),
    Rule("40102", "School year not accepted", "School year {year} is not between {first} and {last}",
         COURSE_DATA, "SchoolYear", _year_not_accepted, inferred="the range, that of school enrolments"),
    Rule("9015", "Invalid course code", "Not a course code: {codes}",
         "Rule 9015", "CourseCodes", _course_code_invalid, lacks="the catalogue: only the form is looked at"),
    Rule("40609", "Course code of a test", "Not allowed on a section: {codes}",
         COURSE_DATA, "CourseCodes", _test_code, inferred="which codes: those that begin with GED or PAT"),
    Rule("40613", "Unallocated credits", "Not allowed on a section: {codes}",
         COURSE_DATA, "CourseCodes", _unallocated, inferred="which codes: those that begin with UCR999"),
    Rule("40135", "The same course twice", "More than once on the section: {codes}",
         COURSE_DATA, "CourseCodes", _course_twice),
    Rule("40108", "End not after start", "End date {end} must be after start date {start}",
         COURSE_DATA, "EndDate", _end_not_after_start, inferred="a day that is missing is that of the term"),
    Rule("40113", "Start outside the calendar years of the school year",
         "The start date must be between {first} and {last} for school year {year}",
         COURSE_DATA, "StartDate", _start_outside_years),
    Rule("40114", "End outside the calendar years of the school year",
         "The end date must be between {first} and {last} for school year {year}",
         COURSE_DATA, "EndDate", _end_outside_years),
    Rule("40104", "Another section is the same",
         "Another section of the school has the same year, term, delivery, language, schedule, description and local id",
         "Rule 40104", SECTION, _twin),
)  # fmt: skip
