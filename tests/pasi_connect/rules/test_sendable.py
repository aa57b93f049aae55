"""What PASI would refuse of a record as it goes out, by kind."""

import datetime as dt

import pytest

from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.rules import school_enrolment, sendable
from pasi_connect.rules.sendable import Refused
from sis.rules.school_year import SchoolYear

YEAR = SchoolYear(2027)
GOOD = {
    "grade": "08",
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 25),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
    "program_percentage": None,
    "local_student_id": "",
    "resident_board": "",
    "francophone_board": "",
    "fnmi_declaration": "",
    "french_hours": "",
    "enrolment_type_codes": "",
    "exception_codes": "",
    "grants_program_codes": "",
    "deleted": False,
}
UNKNOWN = {("EnrolmentTypeCode", "999"), ("EnrolmentTypeCode", "998"), ("Grade", "13")}


@pytest.mark.parametrize(
    ("given", "undecided", "refused"),
    [
        ({}, (), Refused()),
        ({"local_student_id": "Łódź"}, (), Refused(texts="local_student_id")),
        ({"local_student_id": "a  b"}, (), Refused(texts="local_student_id")),
        ({"local_student_id": "a\x1ab"}, (), Refused(texts="local_student_id")),
        ({"local_student_id": "Łódź"}, ("local_student_id",), Refused(undecided="local_student_id")),
        ({"local_student_id": "Łódź"}, ("grade",), Refused(texts="local_student_id")),
        ({"enrolment_type_codes": "110 999 998"}, (), Refused(unknown="enrolment_type_codes:998, enrolment_type_codes:999")),
        ({"exception_codes": "999"}, (), Refused()),  # the same text in another list
        ({"enrolment_type_codes": "999"}, ("enrolment_type_codes",), Refused(undecided="enrolment_type_codes")),
        ({"exit_date": None}, (), Refused(broken="exit_date:")),
        ({"start_date": None}, ("start_date",), Refused(undecided="start_date")),
        ({"exit_date": dt.date(2026, 8, 1)}, (), Refused(broken="exit_date:10016")),
        ({"exit_date": dt.date(2026, 8, 1)}, ("start_date",), Refused(undecided="start_date")),
        ({"exit_date": dt.date(2026, 8, 1)}, ("start_date", "exit_date"), Refused(undecided="start_date, exit_date")),
        ({"exit_date": dt.date(2028, 1, 1)}, (), Refused(broken="exit_date:10088")),
        ({"start_date": "0001-01-01"}, (), Refused(broken="start_date:10088")),
        ({"exit_date": "0001-01-01"}, ("exit_date",), Refused(undecided="exit_date")),
        ({"programming_type": ""}, (), Refused(broken="programming_type:")),
        ({"program_percentage": 40}, (), Refused(broken="program_percentage:10064")),
        ({"program_percentage": 40}, ("grants_program_codes",), Refused(undecided="grants_program_codes")),
        # Of a record that goes out deleted PASI looks only at what every message must have.
        ({"deleted": True, "exit_date": dt.date(2026, 8, 1), "program_percentage": 40}, (), Refused()),
        ({"deleted": True, "exit_date": None}, (), Refused(broken="exit_date:")),
        ({"deleted": True, "local_student_id": "Łódź"}, (), Refused(texts="local_student_id")),
    ],
)  # fmt: skip
def test_what_pasi_would_refuse(given, undecided, refused):
    record = {**GOOD, **given}
    broken = SCHOOL_ENROLMENT.broken(record, YEAR)
    assert sendable.refused(SCHOOL_ENROLMENT.compared_fields, record, UNKNOWN, broken, undecided) == refused


def test_every_broken_rule_is_found_again_by_its_key():
    assert all(SCHOOL_ENROLMENT.rule(key).field == key.partition(":")[0] for key in school_enrolment._ROWS)
    assert SCHOOL_ENROLMENT.rule("exception_codes:").message == "Enter at most two codes."
    assert SCHOOL_ENROLMENT.rule("exit_date:77") is None


def test_only_what_goes_out_of_ours_counts():
    theirs, ours = {"grade": "08", "local_student_id": "Lodz"}, {"grade": "09", "local_student_id": "Łódź"}
    assert sendable.overlaid(theirs, ours, ("grade",)) == {"grade": "09", "local_student_id": "Lodz"}
