"""Checks that end in fault 3002: mandatory values, formats, the content rule for text, code values.

[Source: Error Reporting; CallerInfo; Student School Enrolment (business object); Section (business object)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pasi_simulator.codes import LISTS

# The published rule for every text: no outer or double blanks, no control characters, nothing beyond Latin-1.
# The page states the ranges as written here; it does not list U+001A to U+001F, so neither does this.
CONTENT_RULE = re.compile(r"^\s|\s{2,}|\s$|[\x00-\x19]|[\x7F-\x9F]|[^\x00-\xFF]")


@dataclass(frozen=True, slots=True)
class Demand:
    """What one member of a submitted record must satisfy."""

    member: str
    mandatory: bool
    pattern: str = ""
    words: str = ""
    codes: str = ""
    least: int | None = None


ENROLMENT = "StudentSchoolEnrolment"
SECTION = "Section"
# RegistrationExitDate is mandatory from the 2019 end point on, Grade optional (business object).
ENROLMENT_DEMANDS = (
    Demand("ExitDateType", True, codes="ExitDateType"),
    Demand("Grade", False, codes="Grade"),
    Demand("ProgrammingTimeframe", True, codes="ProgrammingTimeframe"),
    Demand("ProgrammingType", True, codes="ProgrammingType"),
    Demand("RegistrationExitDate", True),
    Demand("RegistrationStartDate", True),
    Demand("SchoolCode", True, r"[0-9]{4}", "four digits"),
    Demand("SchoolYear", True),
    Demand("StateProvinceId", True, r"[0-9]{9}", "nine digits"),
)
# INFERRED: what PASIprep's screen marks as mandatory is mandatory here, except the delivery method, which it does not mark,
# the language, which it fills in, and the minutes, which other vendors send empty (business object Section; Add Section).
SECTION_DEMANDS = (
    Demand("CourseCodes", True),
    Demand("CreditsOffered", True, least=0),
    Demand("DeliverySchedule", True, codes="DeliverySchedule"),
    Demand("InstructionalLanguage", False, codes="InstructionalLanguage"),
    Demand("InstructionalMinutesOffered", False, least=0),
    Demand("LocalSectionId", True),
    Demand("PrimaryDeliveryMethod", False, codes="PrimaryDeliveryMethod"),
    Demand("SchoolCode", True, r"[0-9]{4}", "four digits"),
    Demand("SchoolYear", True),
    Demand("SectionTerm", True, codes="SectionTerm"),
)

Problem = tuple[str, str]  # member path, which check failed


def caller_problems(caller: Mapping[str, Any]) -> Iterator[Problem]:
    """Every text of CallerInfo is mandatory and follows the content rule."""
    for path, text in texts(caller, "CallerInfo"):
        if path == "CallerInfo.SentUtcTime":
            continue
        if not text:
            yield path, "mandatory value missing"
        elif CONTENT_RULE.search(text):
            yield path, CONTENT_WORDS


def enrolment_problems(enrolment: Mapping[str, Any]) -> Iterator[Problem]:
    return _problems(enrolment, ENROLMENT, ENROLMENT_DEMANDS)


def section_problems(section: Mapping[str, Any]) -> Iterator[Problem]:
    return _problems(section, SECTION, SECTION_DEMANDS)


def _problems(record: Mapping[str, Any], name: str, demands: Iterable[Demand]) -> Iterator[Problem]:
    for demand in demands:
        value = record.get(demand.member)
        path = f"{name}.{demand.member}"
        if value is None or value == "" or value == []:
            if demand.mandatory:
                yield path, "mandatory value missing"
        elif demand.pattern and not re.fullmatch(demand.pattern, value):
            yield path, f"format: {demand.words} expected"
        elif demand.codes and value not in LISTS[demand.codes]:
            yield path, f"not a code value of {demand.codes}"
        elif demand.least is not None and value < demand.least:
            yield path, f"at least {demand.least} expected"
    for path, text in texts(record, name):
        if CONTENT_RULE.search(text):
            yield path, CONTENT_WORDS


def part_problems(
    request: Mapping[str, Any], member: str, mandatory: Iterable[str], codes: Mapping[str, str]
) -> Iterator[Problem]:
    """Of a submitted part of a student: the ASN's form, texts that must not be empty, and code values by their class."""
    if not re.fullmatch(r"[0-9]{9}", request["StateProvinceId"]):
        yield "StateProvinceId", "format: nine digits expected"
    part = request.get(member) or {}
    for name in mandatory:
        if not part.get(name):
            yield f"{member}.{name}", "mandatory value missing"
    for name, code_class in codes.items():
        if part.get(name) and part[name] not in LISTS[code_class]:
            yield f"{member}.{name}", f"not a code value of {code_class}"
    for path, text in texts(part, member):
        if CONTENT_RULE.search(text):
            yield path, CONTENT_WORDS


CONTENT_WORDS = "content rule: no outer or double blanks, no control characters, only Latin-1"


def texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a nested value with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from texts(part, f"{path}.{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from texts(part, f"{path}[{number}]")
