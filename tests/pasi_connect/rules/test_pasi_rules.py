"""PASI's rules, row by row: what trips each, and a near miss that does not."""

import datetime as dt
import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasi_connect.rules import faults, pasi
from pasi_connect.rules.pasi import Calendar, Lists, SchoolFacts, Stay, StudentFacts, table, unchecked
from sis.rules.school_year import SchoolYear

YEAR = SchoolYear(2027)
CALENDAR = Calendar(dt.date(2026, 9, 1), dt.date(2027, 6, 29))
HERE = SchoolFacts("4801", "1750")
BORN = dt.date(2013, 3, 4)  # 13 on 1 September 2026

PLAIN = {
    "grade": "08",
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 25),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
    "program_percentage": None,
    "local_student_id": "12",
    "resident_board": "1750",
    "francophone_board": "",
    "fnmi_declaration": "",
    "french_hours": "",
    "enrolment_type_codes": "",
    "exception_codes": "",
    "grants_program_codes": "",
    "deleted": False,
}


def record(ending: int = 2027, **changes):
    """A plain enrolment of the school year, its dates moved with it."""
    years = ending - 2027
    dates = {name: PLAIN[name].replace(year=PLAIN[name].year + years) for name in ("start_date", "exit_date")}
    return {**PLAIN, **dates, "school_year": SchoolYear(ending), **changes}


def stay(**changes) -> Stay:
    return Stay(
        **{
            "school_code": "4801",
            "authority_code": "1750",
            "school_year": YEAR,
            "start_date": PLAIN["start_date"],
            "exit_date": PLAIN["exit_date"],
            "programming_type": "Regular",
            "programming_timeframe": "Day",
            "grade": "08",
            **changes,
        }
    )


def expected(made=None, others=(), *, now=YEAR, student=None, calendar=CALENDAR, school=HERE, lists=None):
    """What is expected; age and grade play no part outside of the current year, so most cases stand in it."""
    return pasi.expected(made or record(), others, student or StudentFacts(BORN), calendar, now, school, lists)


def numbers(*args, **kwargs) -> list[str]:
    return [row.number for row in expected(*args, **kwargs)]


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


# --- Other stays ---


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, ["10069"]),
        ({"start_date": dt.date(2027, 6, 25), "exit_date": dt.date(2027, 6, 26)}, ["10069"]),  # one day
        ({"start_date": dt.date(2027, 6, 26), "exit_date": dt.date(2027, 6, 28)}, []),
        ({"deleted": True}, []),
        ({"school_year": YEAR + 1}, []),
        ({"programming_type": "HomeEducation"}, []),
        ({"programming_timeframe": "Evening"}, []),
        ({"school_code": "4802"}, []),  # another school of the authority
        ({"school_code": "4901", "authority_code": "1751"}, ["10085"]),
        ({"school_code": "4977", "authority_code": ""}, ["10085"]),  # a school that PASI has not named to us
        ({"school_code": "4901", "authority_code": "1751", "enrolment_type_codes": "600"}, []),
        ({"school_code": "0099", "authority_code": "1751"}, []),
        ({"school_code": "1363", "authority_code": "1751"}, []),
        ({"school_code": "4901", "authority_code": "1751", "deleted": True}, []),
        ({"school_code": "4901", "authority_code": "1751", "school_year": YEAR - 1}, []),
    ],
)
def test_overlaps(other, found):
    assert numbers(others=[stay(**other)]) == found


def codes(*args, **kwargs) -> list[str]:
    return [row.code for row in expected(*args, **kwargs)]


def test_a_second_main_stay_at_another_of_our_schools_is_named():
    there = stay(school_code="4802", concurrent=False)
    (found,) = expected(others=[there])
    assert (found.level, found.code, found.others, found.stays) == ("check", "second_main_stay", (there,), ())
    assert codes(record(concurrent=True), [there]) == []
    assert codes(others=[replace(there, concurrent=True)]) == []
    assert codes(others=[replace(there, authority_code="1751")]) == ["10085"]
    assert codes(others=[replace(there, start_date=dt.date(2027, 6, 26), exit_date=dt.date(2027, 6, 26))]) == []
    assert codes(others=[replace(there, school_year=YEAR - 1)]) == []


def test_a_twin_that_pasi_alone_has_is_named_beside_the_rule():
    twin = stay(key="00000000-0000-4000-8000-000000000001")
    assert codes(others=[twin]) == ["10069", "twin_in_pasi"]
    assert codes(others=[replace(twin, programming_timeframe="Evening")]) == []


def test_a_withdrawal_to_come_and_days_outside_of_the_year_are_named():
    left = record(exit_date_type="WithdrawalDate", exit_date=dt.date(2026, 11, 21))
    situation = (left, (), StudentFacts(BORN), CALENDAR, YEAR, HERE, None)
    assert [row.code for row in pasi.expected(*situation, today=dt.date(2026, 11, 20))] == ["withdrawn_ahead"]
    assert pasi.expected(*situation, today=dt.date(2026, 11, 21)) == []
    before = {"start_date": dt.date(2026, 5, 1), "exit_date": dt.date(2026, 8, 31)}
    assert "no_day_in_year" in codes(record(**before))
    assert "no_day_in_year" not in codes(record(**{**before, "exit_date": dt.date(2026, 9, 1)}))


def test_an_overlap_at_another_authority_concerns_the_current_and_future_years():
    there = [stay(school_code="4901", authority_code="1751")]
    assert numbers(others=there, now=YEAR - 1) == ["10085"]
    assert numbers(others=there, now=YEAR + 1) == []
    assert numbers(record(enrolment_type_codes="600"), there) == []
    assert numbers(others=there, school=SchoolFacts("0099", "1750")) == []


def test_alerts_that_go_by_a_date_say_so():
    there = [stay(school_code="4901", authority_code="1751")]
    (found,) = expected(others=there)
    assert (found.level, found.clears_on) == ("advice", dt.date(2027, 9, 1))
    (same,) = expected(others=[stay()])
    assert (same.level, same.clears_on) == ("warning", None)


def test_french_hours_are_summed_over_the_year():
    made = record(grants_program_codes="211", french_hours="120", grade="10")
    second = stay(school_code="4802", grants_program_codes="211", french_hours="80")
    assert "10011" in numbers(made)
    assert "10011" not in numbers(made, [second])
    for other in ({"deleted": True}, {"school_year": YEAR - 1}, {"grants_program_codes": "221"}):
        assert "10011" in numbers(made, [replace(second, **other)])
    assert "10011" not in numbers(record(grants_program_codes="211", french_hours="120", grade="09"))


def test_additional_language_coding_follows_the_authority_before():
    def before(codes: str, authority: str = "1751") -> list[Stay]:
        days = {"start_date": dt.date(2025, 9, 1), "exit_date": dt.date(2026, 6, 26)}
        return [stay(authority_code=authority, school_year=YEAR - 1, grants_program_codes=codes, grade="07", **days)]

    coded = record(grants_program_codes="301")
    assert numbers(coded, before("")) == ["10052"]
    assert numbers(others=before("303")) == ["10053"]
    assert numbers(coded, before("303")) == numbers(others=before("")) == []
    assert numbers(coded, before("", "1750")) == numbers(coded) == []
    assert numbers(coded, before(""), now=YEAR + 1) == []


def test_additional_language_coding_does_not_depend_on_the_order_of_stays():
    """Three stays of the same days at one school, one with code 301: what an authority enters for several programs."""
    day = dt.date(2026, 8, 31)
    there = [
        stay(school_code="4901", authority_code="1751", start_date=day, exit_date=day, grants_program_codes=given)
        for given in ("", "301", "500")
    ]
    for others in permutations(there):
        assert numbers(others=others) == ["10053"]
        assert numbers(record(grants_program_codes="301"), others) == []
    for others in permutations([there[0], there[2]]):
        assert numbers(record(grants_program_codes="301"), others) == ["10052"]
    here = stay(start_date=day, exit_date=day)
    for others in permutations([*there, here]):
        assert numbers(others=others) == []  # one of them was at this authority


def test_the_grade_of_last_year_does_not_depend_on_the_order_of_stays():
    last = [
        stay(school_year=YEAR - 1, start_date=dt.date(2025, 9, 1), exit_date=dt.date(2026, 6, 26), grade=grade)
        for grade in ("06", "07")
    ]
    assert numbers(others=last) == numbers(others=last[::-1]) == []


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
    text = Path(__file__).read_text(encoding="utf-8")
    assert not [row.number for row in table.TABLE if row.number and f'"{row.number}"' not in text]
