"""The rejections of sections as a table: one change to a good section, the codes it must bring."""

from __future__ import annotations

import dataclasses

import pytest

from pasi_simulator.codes import LISTS
from pasi_simulator.rules.case import failed
from pasi_simulator.rules.section import REJECTIONS, TERM_DAYS, SectionCase, derived_days
from pasi_simulator.rules.structure import section_problems
from tests.simulator.program import section

GOOD = SectionCase(
    section=section(),
    current=None,
    others=[],
    accepted_years=range(2017, 2029),
    mark_year=2027,
    owns_submitted=True,
    owns_current=True,
)


def codes(case: SectionCase) -> list[str]:
    return [rejection.code for rejection in failed(REJECTIONS, case)]


def with_changes(**changes) -> SectionCase:
    return dataclasses.replace(GOOD, section=GOOD.section | changes)


def test_a_good_section_passes():
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"EndDate": "2026-09-03"}, []),
        ({"EndDate": "2026-09-02"}, ["40108"]),  # the same day is none
        ({"EndDate": "2027-12-31"}, []),
        ({"EndDate": "2028-01-01"}, ["40114"]),
        ({"StartDate": "2026-01-01"}, []),
        ({"StartDate": "2025-12-31"}, ["40113"]),
        ({"StartDate": "2027-02-01", "EndDate": None}, ["40108"]),  # the term ends on 31 January
        ({"StartDate": None, "EndDate": "2026-08-31"}, ["40108"]),  # and begins on 1 September
        ({"StartDate": None, "EndDate": None}, []),
        ({"CourseCodes": ["MAT3791", "MAT3792"]}, []),
        ({"CourseCodes": ["MAT3791", "MAT3791"]}, ["40135"]),
        ({"CourseCodes": ["mat3791"]}, ["9015"]),
        ({"CourseCodes": ["MAT379"]}, ["9015"]),
        ({"CourseCodes": ["PAT1234"]}, ["40609"]),
        ({"CourseCodes": ["UCR9991"]}, ["40613"]),
        ({"SchoolYear": 2029, "StartDate": None, "EndDate": None}, ["40102"]),
        ({"SchoolYear": 2024, "StartDate": None, "EndDate": None}, []),
        ({"SchoolYear": 2023, "StartDate": None, "EndDate": None}, ["9030"]),
    ],
)
def test_days_years_and_courses(changes, expected):
    assert codes(with_changes(**changes)) == expected


@pytest.mark.parametrize(
    ("differs", "expected"),
    [
        ({}, ["40104"]),
        ({"InstructionalLanguage": None}, ["40104"]),  # English
        ({"CourseCodes": ["SST3771"], "StartDate": "2026-10-01", "CreditsOffered": 3}, ["40104"]),
        ({"Description": "Another"}, []),
        ({"LocalSectionId": "77"}, []),
        ({"PrimaryDeliveryMethod": None}, []),
        ({"SectionTerm": "Q1"}, []),
        ({"DeliverySchedule": "SUM"}, []),
        ({"InstructionalLanguage": "FR"}, []),
    ],
)
def test_what_makes_two_sections_the_same(differs, expected):
    assert codes(dataclasses.replace(GOOD, others=[GOOD.section | {"RefId": "x"} | differs])) == expected


def test_school_and_year_never_change():
    moved = dataclasses.replace(GOOD, current=section(school="9102", year=2026))
    assert codes(moved) == ["40112", "40115"]
    assert codes(dataclasses.replace(GOOD, current=GOOD.section)) == []  # an empty update is no rejection here


def test_ownership_of_either_school():
    assert codes(dataclasses.replace(GOOD, owns_submitted=False)) == ["9020"]
    [first, *_] = failed(REJECTIONS, dataclasses.replace(GOOD, current=section(school="9201"), owns_current=False))
    assert (first.code, "9201" in first.message) == ("9020", True)


def test_deleting_asks_only_for_what_still_matters():
    wrong = with_changes(CourseCodes=["x"], EndDate="2020-01-01", IsDeleted=True)
    twin = dataclasses.replace(wrong, others=[wrong.section])
    assert codes(twin) == []
    assert codes(dataclasses.replace(twin, owns_submitted=False)) == ["9020"]


@pytest.mark.parametrize(
    ("term", "days"),
    [
        ("S1", ("2026-09-01", "2027-01-31")),
        ("Q1", ("2026-09-01", "2026-11-14")),
        ("SU", ("2027-07-01", "2027-08-31")),
        ("CO", ("2026-01-01", "2027-12-31")),
    ],
)
def test_days_follow_from_the_term(term, days):
    assert derived_days({"SchoolYear": 2027, "SectionTerm": term}) == days
    assert set(TERM_DAYS) == LISTS["SectionTerm"]


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"CourseCodes": []}, "CourseCodes"),
        ({"CourseCodes": None}, "CourseCodes"),
        ({"CreditsOffered": None}, "CreditsOffered"),
        ({"CreditsOffered": -1}, "CreditsOffered"),
        ({"InstructionalMinutesOffered": -1}, "InstructionalMinutesOffered"),
        ({"SectionTerm": "S3"}, "SectionTerm"),
        ({"DeliverySchedule": ""}, "DeliverySchedule"),
        ({"PrimaryDeliveryMethod": "XXX"}, "PrimaryDeliveryMethod"),
        ({"LocalSectionId": None}, "LocalSectionId"),
        ({"SchoolCode": "91"}, "SchoolCode"),
        ({"Description": "Two  blanks"}, "Description"),
    ],
)
def test_structure_names_the_member(changes, member):
    assert [path for path, _ in section_problems(GOOD.section | changes)] == [f"Section.{member}"]


@pytest.mark.parametrize("member", ["PrimaryDeliveryMethod", "InstructionalLanguage", "InstructionalMinutesOffered"])
def test_what_may_be_left_out(member):
    assert list(section_problems(GOOD.section | {member: None})) == []


def test_the_table_is_fit_to_be_printed():
    assert len({rule.number for rule in REJECTIONS}) == len(REJECTIONS)
    for rule in REJECTIONS:
        assert rule.number.isdigit() and rule.title and rule.source and rule.member
