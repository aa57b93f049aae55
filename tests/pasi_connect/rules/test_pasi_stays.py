"""PASI's rules about other stays of the student: overlaps, last year, and what is summed over a year."""

import datetime as dt
from dataclasses import replace
from itertools import permutations

import pytest

from pasi_connect.rules import pasi
from pasi_connect.rules.pasi import SchoolFacts, Stay, StudentFacts
from tests.pasi_connect.rules.situations import BORN, CALENDAR, HERE, YEAR, expected, numbers, record, stay


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
