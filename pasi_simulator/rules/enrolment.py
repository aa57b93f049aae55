"""Why PASI refuses a school enrolment: the rejections of SubmitStudentSchoolEnrolment, as one table.

The published list of this service's rejections is not complete; rows whose number is ours say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pasi_simulator.rules.case import Case, Facts, Rule
from pasi_simulator.rules.extended import KEYS, LIST_NAME

# Numbers that no public page gives: ours, from gaps near their kin.
YEAR_NOT_ACCEPTED = "10001"
START_OUTSIDE_YEAR = "10087"
UNKNOWN_KEY = "10130"
TOO_MANY_VALUES = "10131"
VALUE_NOT_ALLOWED = "10134"

# [Source: Grants Program Codes, rule 10133]
LANGUAGES_BELOW_HIGH_SCHOOL = frozenset(
    str(code)
    for code in (
        *(413, 414, 416, 417, 418, 419, 420, 422, 424, 426, 427, 429, 430, 432, 434, 436, 438, 440, 442, 443, 445),
        *(447, 449, 451, 452, 454, 456, 457, 459, 460),
    )
)
PERCENTAGE_PROGRAMS = frozenset({"610", "612"})
NO_FACTS: Facts = {}


def content(enrolment: Mapping[str, Any]) -> dict[str, Any]:
    """What a person would call the content of an enrolment: without what PASI sets, lists without order."""
    plain = {
        name: value
        for name, value in enrolment.items()
        if name not in ("PASICoreVersion", "EffectiveUtc", "LastUpdate", "RefId", "ExtendedSchoolEnrolmentInfo")
        and value is not None
    }
    extended = enrolment.get("ExtendedSchoolEnrolmentInfo") or {}
    plain["ExtendedSchoolEnrolmentInfo"] = sorted(
        (pair["Key"], pair["Value"]) for pair in extended.get("KeyValues") or ()
    )
    return plain


def _student_unknown(case: Case) -> Facts | None:
    return None if case.student else NO_FACTS


def _school_unknown(case: Case) -> Facts | None:
    return None if case.school else {"school": case.enrolment["SchoolCode"]}


def _deactivated(case: Case) -> Facts | None:
    return NO_FACTS if case.student and case.student.get("IsDeactivated") else None


def _secondary(case: Case) -> Facts | None:
    primary = case.student and case.student.get("PrimaryStateProvinceId")
    return {"primary": primary} if primary and primary != case.enrolment["StateProvinceId"] else None


def _percentage_out_of_range(case: Case) -> Facts | None:
    percentage = case.enrolment.get("SchoolProvidedProgramPercentage")
    return None if percentage is None or 0 <= percentage <= 100 else {"percentage": percentage}


def _nothing_changed(case: Case) -> Facts | None:
    return NO_FACTS if case.current and content(case.current) == content(case.enrolment) else None


def _year_not_accepted(case: Case) -> Facts | None:
    year = case.enrolment["SchoolYear"]
    if year in case.accepted_years:
        return None
    return {"year": year, "first": case.accepted_years[0], "last": case.accepted_years[-1]}


def _exit_before_start(case: Case) -> Facts | None:
    start, end = case.enrolment["RegistrationStartDate"], case.enrolment["RegistrationExitDate"]
    return {"start": start, "exit": end} if end < start else None


def _school_not_authorized(case: Case) -> Facts | None:
    if case.owns_submitted and case.owns_current:
        return None
    school = case.enrolment["SchoolCode"]
    if case.owns_submitted and case.current:
        school = case.current.get("SchoolCode", school)
    return {"school": school}


def _percentage_without_program(case: Case) -> Facts | None:
    if case.enrolment.get("SchoolProvidedProgramPercentage") is None:
        return None
    return None if PERCENTAGE_PROGRAMS & set(case.values("GrantsProgramCodes")) else NO_FACTS


def _outside_calendar_years(case: Case, member: str) -> Facts | None:
    day, year = case.enrolment[member], case.enrolment["SchoolYear"]
    if f"{year - 1:04d}-01-01" <= day <= f"{year:04d}-12-31":
        return None
    return {"day": day, "first": year - 1, "last": year}


def _start_outside_year(case: Case) -> Facts | None:
    return _outside_calendar_years(case, "RegistrationStartDate")


def _exit_outside_year(case: Case) -> Facts | None:
    return _outside_calendar_years(case, "RegistrationExitDate")


def _unknown_key(case: Case) -> Facts | None:
    extended = case.enrolment.get("ExtendedSchoolEnrolmentInfo") or {}
    unknown = sorted({key for key, _ in case.pairs()} - set(KEYS))
    if extended.get("Name", LIST_NAME) != LIST_NAME:
        unknown.insert(0, f"list {extended['Name']}")
    return {"keys": ", ".join(unknown)} if unknown else None


def _too_many_values(case: Case) -> Facts | None:
    over = [f"{key.name} (at most {key.most})" for key in KEYS.values() if len(case.values(key.name)) > key.most]
    return {"keys": ", ".join(over)} if over else None


def _value_not_allowed(case: Case) -> Facts | None:
    wrong = [
        f"{key} must be {KEYS[key].words}"
        for key, value in case.pairs()
        if key in KEYS and not KEYS[key].accepts(value)
    ]
    return {"problems": "; ".join(dict.fromkeys(wrong))} if wrong else None


def _language_in_high_school(case: Case) -> Facts | None:
    if case.enrolment.get("Grade") not in ("10", "11", "12"):
        return None
    refused = sorted(LANGUAGES_BELOW_HIGH_SCHOOL & set(case.values("GrantsProgramCodes")))
    return {"codes": ", ".join(refused), "grade": case.enrolment["Grade"]} if refused else None


NUMBER_OURS = "the number"
COMMON = "Validation Rules between 0 and 9999"
ENROLMENT = "Validation Rules between 10000 and 19999"
EXTENDED = "ExtendedSchoolEnrolmentInfo"
SUBMIT = "Submit Student School Enrolment"

REJECTIONS: tuple[Rule[Case], ...] = (
    Rule("9002", "Invalid ASN", "The Alberta Student Number does not exist or is not accessible",
         COMMON, "StateProvinceId", _student_unknown, when_deleting=True),
    Rule("9003", "Invalid school code", "School code {school} is not valid",
         COMMON, "SchoolCode", _school_unknown, when_deleting=True),
    Rule("9009", "Deactivated ASN", "The Alberta Student Number is deactivated",
         COMMON, "StateProvinceId", _deactivated),
    Rule("9011", "Secondary ASN used", "The Alberta Student Number is secondary; use the primary number {primary}",
         COMMON, "StateProvinceId", _secondary),
    Rule("9013", "Invalid percentage", "Percentage {percentage} is not between 0 and 100",
         COMMON, "SchoolProvidedProgramPercentage", _percentage_out_of_range, inferred="the bounds"),
    Rule(YEAR_NOT_ACCEPTED, "School year not accepted", "School year {year} is not between {first} and {last}",
         "Obtaining PASI Code Values; Accepted Registration Statuses", "SchoolYear", _year_not_accepted,
         inferred=NUMBER_OURS),
    Rule("10016", "Exit before start", "Exit date {exit} must be after start date {start}",
         ENROLMENT, "RegistrationExitDate", _exit_before_start),
    Rule("10058", "School not authorized", "The caller is not authorized for school {school}",
         SUBMIT, "SchoolCode", _school_not_authorized, when_deleting=True),
    Rule("10064", "Percentage without program", "A percentage is allowed only with grants program code 610 or 612",
         ENROLMENT, "SchoolProvidedProgramPercentage", _percentage_without_program),
    Rule(START_OUTSIDE_YEAR, "Start outside the school year", "Start date {day} is not in {first} or {last}",
         ENROLMENT, "RegistrationStartDate", _start_outside_year, inferred=NUMBER_OURS),
    Rule("10088", "Exit outside the school year", "Exit date {day} is not in {first} or {last}",
         ENROLMENT, "RegistrationExitDate", _exit_outside_year),
    Rule(UNKNOWN_KEY, "Unknown key", "Unknown in the extended information: {keys}",
         EXTENDED, "ExtendedSchoolEnrolmentInfo", _unknown_key, inferred=NUMBER_OURS),
    Rule(TOO_MANY_VALUES, "Too many values", "Too many values in the extended information: {keys}",
         EXTENDED, "ExtendedSchoolEnrolmentInfo", _too_many_values, inferred=NUMBER_OURS),
    Rule(VALUE_NOT_ALLOWED, "Value not allowed", "Not allowed in the extended information: {problems}",
         EXTENDED, "ExtendedSchoolEnrolmentInfo", _value_not_allowed, inferred=NUMBER_OURS),
    Rule("10133", "Language program in grades 10 to 12", "Grants program code {codes} is not allowed in grade {grade}",
         "Grants Program Codes", "ExtendedSchoolEnrolmentInfo", _language_in_high_school),
    Rule("9023", "Empty update", "The update changes nothing",
         COMMON, "StudentSchoolEnrolment", _nothing_changed, when_deleting=True),
)  # fmt: skip
