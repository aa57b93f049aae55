"""Each rule once fulfilled and once broken, at its limits."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sis.rules import enrolment as rules
from sis.rules.school_year import SchoolYear

MOST = {"enrolment_type_codes": 3, "exception_codes": 2, "grants_program_codes": 3}
GOOD = {
    "school_year": SchoolYear(2027),
    "grade": "08",
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 26),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
    "program_percentage": None,
    "local_student_id": "",
    "resident_board": "",
    "francophone_board": "",
    "french_hours": "",
    "enrolment_type_codes": "",
    "exception_codes": "",
    "grants_program_codes": "",
}


def broken(**changes):
    """(number, field) of each broken rule."""
    return [(fault.rule.number, fault.rule.field) for fault in rules.faults({**GOOD, **changes}, MOST)]


def test_a_plain_enrolment_breaks_no_rule():
    assert broken() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"grade": ""},
        {"grade": "EC"},
        {"grade": "12"},
        {"exit_date_type": "WithdrawalDate"},
        {"start_date": dt.date(2026, 9, 1), "exit_date": dt.date(2026, 9, 1)},
        {"start_date": dt.date(2026, 1, 1)},
        {"exit_date": dt.date(2027, 12, 31)},
        {"program_percentage": 0, "grants_program_codes": "610"},
        {"program_percentage": 100, "grants_program_codes": "301 612"},
        {"grade": "09", "grants_program_codes": "413"},
        {"grade": "10", "grants_program_codes": "415"},
        {"local_student_id": "x" * 15},
        {"resident_board": "0001"},
        {"francophone_board": "9999"},
        {"french_hours": "1"},
        {"french_hours": "9999"},
        {"french_hours": "0120"},
        {"enrolment_type_codes": "330 413 600"},
        {"enrolment_type_codes": "330, 330 330,330"},
        {"exception_codes": "57 58"},
        {"grants_program_codes": "301 500 610"},
    ],
)
def test_fulfilled_at_the_limit(changes):
    assert broken(**changes) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"start_date": None}, ("", "start_date")),
        ({"exit_date": None}, ("", "exit_date")),
        ({"exit_date_type": ""}, ("", "exit_date_type")),
        ({"exit_date_type": "Completed"}, ("", "exit_date_type")),
        ({"grade": "13"}, ("", "grade")),
        ({"grade": "1"}, ("", "grade")),
        ({"programming_type": ""}, ("", "programming_type")),
        ({"programming_timeframe": ""}, ("", "programming_timeframe")),
        ({"exit_date": dt.date(2026, 8, 31)}, ("10016", "exit_date")),
        ({"exit_date": dt.date(2028, 1, 1)}, ("10088", "exit_date")),
        ({"start_date": dt.date(2025, 12, 31)}, ("10088", "start_date")),
        ({"program_percentage": 50}, ("10064", "program_percentage")),
        ({"program_percentage": 50, "grants_program_codes": "611"}, ("10064", "program_percentage")),
        ({"program_percentage": 101, "grants_program_codes": "610"}, ("9013", "program_percentage")),
        ({"program_percentage": -1, "grants_program_codes": "610"}, ("9013", "program_percentage")),
        ({"grade": "10", "grants_program_codes": "413"}, ("10133", "grants_program_codes")),
        ({"grade": "12", "grants_program_codes": "301 460"}, ("10133", "grants_program_codes")),
        ({"local_student_id": "x" * 16}, ("", "local_student_id")),
        ({"resident_board": "0000"}, ("", "resident_board")),
        ({"resident_board": "175"}, ("", "resident_board")),
        ({"resident_board": "١٢٣٤"}, ("", "resident_board")),
        ({"francophone_board": "12345"}, ("", "francophone_board")),
        ({"french_hours": "0"}, ("", "french_hours")),
        ({"french_hours": "10000"}, ("", "french_hours")),
        ({"french_hours": "12h"}, ("", "french_hours")),
        ({"enrolment_type_codes": "330 413 600 121"}, ("", "enrolment_type_codes")),
        ({"exception_codes": "57 58 59"}, ("", "exception_codes")),
        ({"grants_program_codes": "301 500 610 230"}, ("", "grants_program_codes")),
    ],
)
def test_broken(changes, expected):
    assert broken(**changes) == [expected]


def test_every_broken_rule_is_told_with_its_number():
    faults = rules.faults({**GOOD, "exit_date": dt.date(2025, 6, 1), "program_percentage": 200}, MOST)
    assert [fault.rule.number for fault in faults] == ["10016", "10088", "10064", "9013"]
    assert all(fault.message.endswith(f"(rule {fault.rule.number})") for fault in faults)


def test_every_rule_names_a_field_a_source_and_a_sentence():
    for rule in rules.RULES:
        assert rule.field in GOOD
        assert rule.source
        assert rule.message.endswith(".")


@given(st.lists(st.from_regex(r"[0-9]{3}", fullmatch=True), max_size=5), st.sampled_from([" ", ",", ", ", "  "]))
def test_codes_have_one_form_however_they_are_typed(given_codes, between):
    canonical = rules.canonical_codes(between.join(given_codes))
    assert canonical == " ".join(sorted(set(given_codes)))
    assert rules.canonical_codes(canonical) == canonical
    assert rules.canonical_codes(between.join(reversed(given_codes))) == canonical
