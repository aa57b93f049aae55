"""PASI's rules, row by row: what trips each, and a near miss that does not."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.rules import faults, pasi
from pasi_connect.rules.pasi import Lists, SchoolFacts, StudentFacts, table, unchecked
from sis.rules.school_year import SchoolYear
from tests.pasi_connect.rules.situations import BORN, YEAR, expected, numbers, record, stay


def test_a_plain_enrolment_expects_nothing():
    assert expected() == []


def test_what_is_deleted_expects_nothing():
    assert expected(record(deleted=True, grants_program_codes="500 550 600 640", exit_date=dt.date(2040, 1, 1))) == []


# (number, ending year, what trips it, a near miss)
CODES = [
    ("10002", 2027, {"grants_program_codes": "301 301"}, {"grants_program_codes": "301"}),
    ("10006", 2027, {"enrolment_type_codes": "416 417"}, {"enrolment_type_codes": "415 416"}),
    ("10007", 2027, {"grants_program_codes": "140"}, {"grants_program_codes": "140 500"}),
    ("10010", 2027, {"grants_program_codes": "230"}, {"grants_program_codes": "230", "french_hours": "95"}),
    ("10013", 2016, {"grants_program_codes": "500 550"}, {"grants_program_codes": "550"}),
    ("10014", 2027, {"grants_program_codes": "140 500 612"}, {"grants_program_codes": "140 500 620"}),
    ("10015", 2027, {"grants_program_codes": "110 145"}, {"grants_program_codes": "145 500"}),
    ("10026", 2027, {"grants_program_codes": "211 401"}, {"grants_program_codes": "401 402"}),
    ("10030", 2027, {"grants_program_codes": "623 640"}, {"grants_program_codes": "500 640"}),
    ("10032", 2027, {"grants_program_codes": "110", "grade": "EC"}, {"grants_program_codes": "110"}),
    ("10033", 2024, {"grants_program_codes": "620 621"}, {"grants_program_codes": "600 620"}),
    ("10040", 2027, {"grants_program_codes": "140", "resident_board": ""}, {"grants_program_codes": "140"}),
    ("10043", 2027, {"grants_program_codes": "110"}, {"grants_program_codes": "110", "exception_codes": "57"}),
    ("10051", 2025, {"grants_program_codes": "600 620"}, {"grants_program_codes": "600"}),
    ("10054", 2016, {"grants_program_codes": "500"}, {"grants_program_codes": "500", "exception_codes": "57"}),
    ("10055", 2016, {"exception_codes": "57"}, {"exception_codes": "57", "grants_program_codes": "500"}),
    ("10071", 2027, {"grants_program_codes": "145"}, {"grants_program_codes": "145", "francophone_board": "1800"}),
    ("10072", 2027, {"francophone_board": "1800"}, {"francophone_board": "1800", "grants_program_codes": "145"}),
    ("10078", 2027, {"exception_codes": "57 57"}, {"exception_codes": "56 57"}),
    ("10081", 2027, {"grants_program_codes": "301 302"}, {"grants_program_codes": "302 307"}),
    ("10081", 2027, {"grants_program_codes": "303 307"}, {"grants_program_codes": "303 306"}),
    ("10092", 2027, {"french_hours": "95"}, {"french_hours": "95", "grants_program_codes": "221"}),
    ("10095", 2019, {"grants_program_codes": "612", "program_percentage": 49}, {"grants_program_codes": "612", "program_percentage": 50}),
    ("10095", 2020, {"grants_program_codes": "610", "program_percentage": 0}, {"grants_program_codes": "610", "program_percentage": 0, "grade": "10"}),
    ("10110", 2027, {"enrolment_type_codes": "121 418"}, {"enrolment_type_codes": "418 600"}),
    ("10136", 2027, {"grants_program_codes": "620", "resident_board": ""}, {"grants_program_codes": "620"}),
    ("10136", 2027, {"grants_program_codes": "620", "resident_board": ""}, {"grants_program_codes": "620", "resident_board": "", "enrolment_type_codes": "501"}),
    # Refused: these stop before sending, by the table of the SIS.
    ("9013", 2027, {"grants_program_codes": "610", "program_percentage": 101}, {"grants_program_codes": "610", "program_percentage": 100}),
    ("10016", 2027, {"exit_date": dt.date(2026, 8, 31)}, {"exit_date": dt.date(2026, 9, 1)}),
    ("10064", 2027, {"program_percentage": 60}, {"program_percentage": 60, "grants_program_codes": "612"}),
    ("10088", 2027, {"exit_date": dt.date(2028, 1, 1)}, {"exit_date": dt.date(2027, 12, 31)}),
    ("10133", 2027, {"grade": "10", "grants_program_codes": "413"}, {"grade": "09", "grants_program_codes": "413"}),
]  # fmt: skip


@pytest.mark.parametrize(("number", "ending", "trips", "misses"), CODES)
def test_codes_and_values(number, ending, trips, misses):
    assert number in numbers(record(ending, **trips))
    assert number not in numbers(record(ending, **misses))


@pytest.mark.parametrize(
    ("number", "codes", "inside", "outside"),
    [
        ("10011", {"grants_program_codes": "211", "french_hours": "150", "grade": "11"}, 2021, 2020),
        ("10013", {"grants_program_codes": "500 550"}, 2016, 2017),
        ("10033", {"grants_program_codes": "620 621"}, 2024, 2025),
        ("10051", {"grants_program_codes": "620 621"}, 2025, 2024),
        ("10054", {"grants_program_codes": "500"}, 2016, 2017),
        ("10055", {"exception_codes": "57"}, 2016, 2017),
        ("10095", {"grants_program_codes": "610", "program_percentage": 40}, 2019, 2018),
        ("10095", {"grants_program_codes": "610", "program_percentage": 40}, 2020, 2021),
        ("10110", {"enrolment_type_codes": "121 418"}, 2013, 2012),
    ],
)
def test_rules_hold_between_their_years(number, codes, inside, outside):
    assert number in numbers(record(inside, **codes))
    assert number not in numbers(record(outside, **codes))


# --- Dates and calendar ---


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"start_date": dt.date(2026, 8, 31)}, ["10003", "10035"]),
        ({"exit_date": dt.date(2027, 6, 30)}, ["10003"]),
        ({"start_date": dt.date(2027, 6, 30), "exit_date": dt.date(2027, 6, 30)}, ["10003", "10035"]),
        ({"start_date": dt.date(2026, 8, 31), "programming_timeframe": "Evening"}, []),
        ({"start_date": dt.date(2026, 8, 31), "programming_type": "HomeEducation"}, []),
    ],
)
def test_the_calendar_of_the_school(changes, found):
    assert numbers(record(**changes)) == found
    assert numbers(record(**changes), calendar=None) == []


def test_rules_about_open_schools_skip_pre_registrations():
    """Next year's enrolment before its school has opened the year: nothing now."""
    early = record(start_date=dt.date(2026, 8, 24))
    assert numbers(early, now=YEAR - 1) == []
    assert numbers(early, now=YEAR) == ["10003", "10035"]
    assert numbers(early, now=YEAR + 1) == ["10003", "10035"]


SUMMER = {
    "start_date": dt.date(2027, 7, 2),
    "exit_date": dt.date(2027, 7, 31),
    "programming_type": "SummerSchool",
    "programming_timeframe": "Summer",
}


@pytest.mark.parametrize(
    ("ending", "changes", "checks"),
    [
        (2027, {}, 0),  # the closing year
        (2028, {}, 1),  # the year that begins after it
        (2028, {"programming_type": "Summer School"}, 1),  # by its words
        (2028, {"programming_type": "Regular"}, 1),  # by its timeframe
        (2027, {"exit_date": dt.date(2027, 8, 20)}, 0),  # summer school that runs into August
        (2027, {"programming_type": "Regular", "programming_timeframe": "Day"}, 1),  # the type was forgotten
        (2027, {"programming_type": "HomeEducation", "programming_timeframe": "Day"}, 0),
    ],
)
def test_summer_school_belongs_to_the_closing_year(ending, changes, checks):
    made = {**record(ending), **SUMMER, **changes}
    found = [row for row in expected(made) if row.level == pasi.CHECK]
    assert len(found) == checks
    assert all(row.number == "" for row in found)


def test_summer_school_is_not_measured_by_the_calendar_of_the_year():
    assert numbers({**record(), **SUMMER}) == []


# --- Age and grade ---

AGES = [  # grade, youngest, oldest
    ("EC", 2, 5), ("01", 5, 7), ("02", 6, 8), ("03", 7, 9), ("04", 8, 10), ("05", 9, 11), ("06", 10, 12), ("07", 11, 13),
    ("08", 12, 14), ("09", 13, 15), ("10", 13, 17), ("11", 14, 18), ("12", 15, None),
]  # fmt: skip


@pytest.mark.parametrize(("grade", "youngest", "oldest"), AGES)
def test_age_on_the_first_of_september(grade, youngest, oldest):
    def fires(age: int, days: int = 0) -> bool:
        born = dt.date(2026 - age, 9, 1) + dt.timedelta(days=days)
        return "10017" in numbers(record(grade=grade), student=StudentFacts(born))

    assert fires(youngest - 1)
    assert not fires(youngest)
    assert fires(youngest, days=1)  # born a day later: a year younger on 1 September
    if oldest:
        assert not fires(oldest)
        assert not fires(oldest + 1, days=1)
        assert fires(oldest + 1)
    else:
        assert not fires(40)


def test_age_counts_in_the_current_year_alone_and_not_in_continuing_education():
    old = StudentFacts(dt.date(1990, 1, 1))
    assert numbers(student=old) == ["10017"]
    assert numbers(student=old, now=YEAR + 1) == numbers(student=old, now=YEAR - 1) == []
    for name in ("ContinuingEducation", "Continuing Education"):
        assert numbers(record(programming_type=name), student=old) == []
    assert numbers(record(grade=""), student=old) == []
    assert numbers(student=StudentFacts()) == []


def test_two_and_a_half_years_on_the_first_of_september():
    young = record(grade="")
    assert numbers(young, student=StudentFacts(dt.date(2024, 3, 1))) == []
    assert numbers(young, student=StudentFacts(dt.date(2024, 3, 2))) == ["10063"]


@pytest.mark.parametrize(
    ("before", "found"), [("07", []), ("08", []), ("06", ["10018"]), ("09", ["10019"]), ("EC", ["10018"]), ("", [])]
)
def test_the_grade_of_last_year(before, found):
    last = stay(school_year=YEAR - 1, start_date=dt.date(2025, 9, 1), exit_date=dt.date(2026, 6, 26), grade=before)
    assert numbers(others=[last]) == found
    assert numbers(others=[last], now=YEAR - 1) == []


def test_of_two_stays_last_year_the_later_tells_the_grade():
    first = stay(school_year=YEAR - 1, start_date=dt.date(2025, 9, 1), exit_date=dt.date(2025, 12, 1), grade="04")
    second = stay(school_year=YEAR - 1, start_date=dt.date(2026, 1, 5), exit_date=dt.date(2026, 6, 26), grade="07")
    assert numbers(others=[first, second]) == numbers(others=[second, first]) == []


def test_an_independent_student_is_sixteen_at_the_start():
    made = record(enrolment_type_codes="121", grade="", start_date=dt.date(2026, 9, 8))
    assert numbers(made, student=StudentFacts(dt.date(2010, 9, 8))) == []
    assert numbers(made, student=StudentFacts(dt.date(2010, 9, 9))) == ["10039"]


# --- What PASI's own lists and records say ---


def test_lists_that_were_not_read_say_nothing():
    coded = record(grants_program_codes="301", resident_board="2222")
    assert numbers(coded) == []
    lists = Lists({"301": (None, YEAR - 1), "302": (YEAR + 1, None)}, {"1750": True, "2222": False})
    assert numbers(coded, lists=lists) == ["10029", "10068"]
    assert numbers(record(grants_program_codes="302"), lists=lists) == ["10029"]
    assert numbers(record(grants_program_codes="303"), lists=lists) == []


def test_what_pasi_refuses_by_its_own_records():
    assert numbers(student=StudentFacts(BORN, deactivated=True)) == ["9009"]
    assert numbers(student=StudentFacts(BORN, primary_asn="411111111")) == ["9011"]
    assert numbers(school=SchoolFacts("4801", "1751", may_write=False)) == ["10058"]


# --- The table ---


def test_every_row_says_what_and_what_next():
    for row in table.TABLE:
        assert row.message.endswith(".")
        assert row.next_step.endswith(".")
        assert row.source
        assert row.level in ("rejection", "warning", "advice", "check")
        assert bool(row.number) == (row.level != "check")


def test_rejections_are_those_of_the_sis_and_have_their_meaning_in_words():
    assert {row.number for row in table.REJECTIONS} <= set(faults.REJECTIONS)


def test_no_number_stands_twice_and_none_is_left_out():
    """The published lists of the status services, and the later additions."""
    warned = [row.number for row in table.WARNINGS]
    left = [row.number for row in unchecked.NOT_CHECKED]
    together = [*warned, *left, *unchecked.WITHOUT_TEXT]
    assert len(together) == len(set(together))
    assert set(together) == PUBLISHED


def _published(text: str) -> set[str]:
    found = set()
    for first, last in re.findall(r"(\d{5})(?:–(\d{5}))?", text):
        found |= {str(number) for number in range(int(first), int(last or first) + 1)}
    return found


PUBLISHED = _published(
    "10002–10008, 10010–10015, 10017–10019, 10021, 10023–10032, 10035, 10037–10050, 10052–10055, 10060, 10063, 10065, "
    "10067–10072, 10074, 10076–10078, 10081, 10082, 10085, 10086, 10090–10093, 10100, 10102, 10106, 10108, 10110–10114, "
    "10116, 10119–10125, 10128, 10129, 10135, 10142, 10009, 10033, 10051, 10095, 10105, 10136"
)

CODE_TEXTS = st.lists(
    st.sampled_from(["110", "140", "145", "211", "221", "230", "301", "302", "306", "401", "500", "550", "600", "612", "620", "640"]),
    max_size=3,
).map(" ".join)  # fmt: skip
DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31))


@given(
    st.sampled_from(["", "EC", "01", "08", "12"]), DAYS, DAYS, CODE_TEXTS, CODE_TEXTS,
    st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2026, 12, 31)), st.integers(2010, 2028),
    st.lists(st.tuples(DAYS, DAYS, st.sampled_from(["4801", "4802", "4901"]), CODE_TEXTS), max_size=4),
)  # fmt: skip
def test_the_order_of_the_others_does_not_matter_and_nothing_raises(
    grade, first, second, codes, types, born, ending, rows
):
    start, end = sorted((first, second))
    made = record(2027, grade=grade, start_date=start, exit_date=end, grants_program_codes=codes, exception_codes=types)
    made["school_year"] = SchoolYear(ending)
    others = [
        stay(
            start_date=min(a, b),
            exit_date=max(a, b),
            school_code=code,
            authority_code="17" + code[:2],
            grants_program_codes=text,
        )
        for a, b, code, text in rows
    ]
    found = numbers(made, others, student=StudentFacts(born))
    assert found == numbers(made, list(reversed(others)), student=StudentFacts(born))


@given(DAYS, DAYS, DAYS, DAYS)
def test_an_overlap_is_one_for_both(a, b, c, d):
    """What warns at the one enrolment warns at the other."""
    (start, end), (other_start, other_end) = sorted((a, b)), sorted((c, d))
    one, other = stay(start_date=start, exit_date=end), stay(start_date=other_start, exit_date=other_end)
    here = "10069" in numbers(record(start_date=start, exit_date=end), [other])
    there = "10069" in numbers(record(start_date=other_start, exit_date=other_end), [one])
    assert here == there == (start <= other_end and other_start <= end)


def test_no_row_of_the_table_goes_untested():
    files = (Path(__file__), Path(__file__).with_name("test_pasi_stays.py"))
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert not [row.number for row in table.TABLE if row.number and f'"{row.number}"' not in text]
