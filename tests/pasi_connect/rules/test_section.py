"""What PASI will refuse of a section that may be saved here."""

import pytest

from pasi_connect.rules import faults, section
from pasi_connect.rules.pasi import SchoolFacts
from sis.rules.school_year import SchoolYear

NOW = SchoolYear.parse("2026-2027")


def numbers(*, codes="MAT3791", deleted=False, year=NOW, may_write=True):
    record = {"course_codes": codes, "deleted": deleted}
    case = section.Case(record, SchoolFacts("2001", may_write=may_write), year, NOW)
    return [one.number for _field, one in section.expected(case)]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, []),
        ({"codes": "MAT379"}, ["9015"]),
        ({"codes": "MAT3791 GED1234"}, ["40609"]),
        ({"codes": "PAT1234"}, ["40609"]),
        ({"codes": "UCR9991"}, ["40613"]),
        ({"year": NOW - 3}, []),
        ({"year": NOW - 4}, ["9030"]),
        ({"may_write": False, "codes": "MAT379"}, ["9020", "9015"]),
        ({"may_write": False, "codes": "MAT379", "year": NOW - 4, "deleted": True}, ["9020", "9030"]),
    ],
)
def test_each_rule(case, expected):
    assert numbers(**case) == expected


def test_the_words_are_those_of_the_refusal_itself():
    assert all(row.number in faults.REJECTIONS for row in section.TABLE)
