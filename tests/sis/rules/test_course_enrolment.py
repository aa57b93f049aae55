import datetime as dt

import pytest

from sis.rules import course_enrolment as rules
from sis.rules import section as section_rules
from sis.rules.school_year import SchoolYear

SOUND = {
    "entry_date": dt.date(2026, 9, 8),
    "exit_date": None,
    "status": rules.ACTIVE,
    "section_start": dt.date(2026, 9, 1),
    "section_end": dt.date(2027, 1, 29),
    "section_school": 1,
    "school_year": SchoolYear(2027),
    "enrolment_start": dt.date(2026, 9, 1),
    "enrolment_exit": dt.date(2027, 6, 26),
    "enrolment_school": 1,
    "enrolment_year": SchoolYear(2027),
}


def broken(**given):
    return [(rule.field, rule.number) for rule in rules.faults({**SOUND, **given})]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"entry_date": dt.date(2026, 9, 1)},
        {"entry_date": dt.date(2027, 1, 29)},
        {"exit_date": dt.date(2026, 9, 8)},
        {"exit_date": dt.date(2027, 1, 29), "status": rules.COMPLETED},
        {"exit_date": dt.date(2026, 11, 20), "status": rules.WITHDRAWN},
        {"exit_date": dt.date(2026, 11, 20), "enrolment_exit": dt.date(2026, 11, 20)},
        {"enrolment_exit": dt.date(2026, 11, 20)},  # open: the end of the stay is not its own date
    ],
)
def test_sound(given):
    assert broken(**given) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"entry_date": None}, [("entry_date", "")]),
        ({"status": "Asleep"}, [("status", "")]),
        ({"status": rules.WITHDRAWN}, [("exit_date", "40263")]),
        ({"status": rules.COMPLETED}, [("exit_date", "40263")]),
        ({"exit_date": dt.date(2026, 9, 7)}, [("exit_date", "")]),
        ({"entry_date": dt.date(2026, 8, 31), "enrolment_start": dt.date(2026, 8, 1)}, [("entry_date", "")]),
        ({"entry_date": dt.date(2027, 1, 30)}, [("entry_date", "")]),
        ({"exit_date": dt.date(2027, 1, 30)}, [("exit_date", "")]),
        ({"enrolment_start": dt.date(2026, 9, 9)}, [("entry_date", "40214")]),
        ({"enrolment_exit": dt.date(2026, 9, 7)}, [("entry_date", "40214")]),
        ({"exit_date": dt.date(2026, 12, 1), "enrolment_exit": dt.date(2026, 11, 30)}, [("exit_date", "40214")]),
        (
            {"exit_date": dt.date(2028, 1, 1), "section_end": dt.date(2028, 2, 1), "enrolment_exit": dt.date(2028, 2, 1)},
            [("exit_date", "40226")],
        ),
        ({"enrolment_school": 2}, [("section", "")]),
        ({"enrolment_year": SchoolYear(2026)}, [("section", "")]),
    ],
)  # fmt: skip
def test_each_rule_breaks_alone(given, expected):
    assert broken(**given) == expected


def test_a_later_first_day_is_registered():
    day = dt.date(2026, 11, 20)
    assert rules.open_status(day, day) == rules.ACTIVE
    assert rules.open_status(day + dt.timedelta(days=1), day) == rules.REGISTERED


@pytest.mark.parametrize(
    ("present", "lacking"),
    [
        ([], ["course", "section", "course_enrolment", "mark"]),
        (["course", "section"], ["course_enrolment", "mark"]),
        (["mark", "course_enrolment", "section", "course"], []),
        (["course", "section", "course_enrolment"], ["mark"]),
    ],
)
def test_what_a_challenge_lacks(present, lacking):
    assert rules.challenge_lacks({name: name in present for name in rules.CHALLENGE}) == lacking


SECTION = {
    "number": "1",
    "course_codes": "MAT3791",
    "local_section_id": "417",
    "schedule": "REG",
    "language": "EN",
    "same_in_pasi": False,
    "course_left": False,
    "start_date": dt.date(2026, 9, 1),
    "end_date": dt.date(2027, 1, 29),
    "school_year": SchoolYear(2027),
    "deleted": False,
    "twin": False,
    "live_course_enrolments": True,
    "credits_offered": 5,
    "minutes_offered": None,
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"number": ""}, [("number", "")]),
        ({"course_codes": " "}, [("course_codes", "")]),
        ({"local_section_id": ""}, [("local_section_id", "")]),
        ({"schedule": ""}, [("schedule", "")]),
        ({"language": ""}, [("language", "")]),
        ({"twin": True}, [("number", "40104")]),
        ({"same_in_pasi": True}, [("local_section_id", "40104")]),
        ({"course_left": True}, [("course_codes", "")]),
        ({"course_left": True, "live_course_enrolments": False}, []),
        ({"end_date": dt.date(2026, 9, 1)}, [("end_date", "40108")]),
        ({"start_date": dt.date(2025, 12, 31)}, [("start_date", "40113")]),
        ({"end_date": dt.date(2028, 1, 1)}, [("end_date", "40114")]),
        ({"credits_offered": 32768}, [("credits_offered", "")]),
        ({"minutes_offered": 2147483648}, [("minutes_offered", "")]),
        ({"deleted": True}, [("deleted", "40125")]),
        ({"deleted": True, "live_course_enrolments": False}, []),
    ],
)
def test_sections(given, expected):
    assert [(rule.field, rule.number) for rule in section_rules.faults({**SECTION, **given})] == expected
