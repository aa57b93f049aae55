import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrar.rules import year_end as rules
from sis.rules.school_year import SchoolYear

YEAR = SchoolYear(2027)
LAST_DAY = dt.date(2027, 6, 26)
LATER = dt.date(2027, 7, 15)
RECORD = {
    "deleted": False, "exit_code": "", "exit_date_type": "CompletionDate", "programming_type": "Regular",
    "programming_timeframe": "Day", "start_date": dt.date(2026, 9, 1), "exit_date": LATER, "grade": "08",
    "program_percentage": None, "grants_program_codes": "", "enrolment_type_codes": "", "exception_codes": "",
    "local_student_id": "", "resident_board": "", "francophone_board": "", "french_hours": "", "school_year": YEAR,
}  # fmt: skip


def case(closing=LAST_DAY, today=dt.date(2027, 7, 2), early=False, **record):
    return rules.Case({**RECORD, **record}, closing, today, early, "10000", {})


# In the order in which they are told.
CAUSES = [
    ("deleted", {"deleted": True}),
    ("has_exit_code", {"exit_code": "10000"}),
    ("withdrawn", {"exit_date_type": "WithdrawalDate"}),
    ("no_calendar", {"closing": None}),
    ("starts_after_closing", {"start_date": dt.date(2027, 6, 27)}),
    ("not_ended", {"today": LAST_DAY}),
    ("breaks_rule", {"program_percentage": 50}),
]


@pytest.mark.parametrize(
    ("exit_date", "becomes"),
    [
        (LATER, LAST_DAY),
        (dt.date(2027, 6, 27), LAST_DAY),
        (LAST_DAY, None),
        (dt.date(2027, 2, 12), None),  # kept: it ended before
    ],
)
def test_the_exit_date_moves_only_where_it_lies_behind_the_closing_date(exit_date, becomes):
    assert rules.judge(case(exit_date=exit_date)) == rules.Verdict("", LAST_DAY, becomes)


@pytest.mark.parametrize(("code", "cause"), CAUSES)
def test_each_cause_keeps_it_open_and_changes_no_date(code, cause):
    verdict = rules.judge(case(**cause))
    assert (verdict.reason, verdict.exit_date) == (code, None)
    assert rules.BY_CODE[code].message.endswith(".")
    assert rules.BY_CODE[code].next_step.endswith(".")


def test_of_two_causes_the_earlier_is_told():
    for (code, cause), (_later, other) in pairwise(CAUSES):
        if {code, _later} != {"no_calendar", "starts_after_closing"}:
            assert rules.judge(case(**{**other, **cause})).reason == code


def test_no_reason_is_without_a_test():
    assert [reason.code for reason in rules.REASONS] == [code for code, _cause in CAUSES]


@pytest.mark.parametrize(("start", "reason"), [(LAST_DAY, ""), (LAST_DAY + dt.timedelta(1), "starts_after_closing")])
def test_what_starts_on_the_closing_date_closes(start, reason):
    assert rules.judge(case(start_date=start)).reason == reason


@pytest.mark.parametrize(
    ("today", "early", "reason"),
    [
        (LAST_DAY, False, "not_ended"),  # still a day of school
        (LAST_DAY + dt.timedelta(1), False, ""),
        (dt.date(2027, 3, 1), False, "not_ended"),
        (dt.date(2027, 3, 1), True, ""),
    ],
)
def test_before_the_year_has_ended_only_early(today, early, reason):
    assert rules.judge(case(today=today, early=early)).reason == reason


@pytest.mark.parametrize(
    ("programming_type", "last_day", "closes_on"),
    [
        ("Regular", LAST_DAY, LAST_DAY),
        ("Regular", None, None),
        ("SummerSchool", LAST_DAY, dt.date(2027, 7, 31)),
        ("SummerSchool", None, dt.date(2027, 7, 31)),
    ],
)
def test_summer_closes_on_31_july_of_the_ending_year(programming_type, last_day, closes_on):
    assert rules.closing_date(YEAR, programming_type, last_day) == closes_on


@pytest.mark.parametrize(
    ("last_days", "today", "ended"),
    [
        ([LAST_DAY], LAST_DAY, False),
        ([LAST_DAY], LAST_DAY + dt.timedelta(1), True),
        ([LAST_DAY, dt.date(2027, 6, 29)], dt.date(2027, 6, 28), True),  # one school has
        ([], dt.date(2027, 7, 31), False),
        ([], dt.date(2027, 8, 1), True),
    ],
)
def test_a_year_has_ended_once_one_school_has_passed_its_closing_date(last_days, today, ended):
    assert rules.has_ended(YEAR, last_days, today) is ended


@pytest.mark.parametrize(("present", "then"), [(0, 1), (1, 2), (2, 2)])
def test_historical_years_grow_to_two(present, then):
    assert rules.historical_years(present) == then


days = st.dates(dt.date(2026, 8, 1), dt.date(2027, 8, 31))


@given(
    start=days,
    length=st.integers(0, 400),
    closing=st.none() | days,
    today=days,
    early=st.booleans(),
    deleted=st.booleans(),
    exit_code=st.sampled_from(["", "10000", "A7"]),
    exit_type=st.sampled_from(["CompletionDate", "WithdrawalDate"]),
)
def test_closing_is_safe_and_done_once(start, length, closing, today, early, deleted, exit_code, exit_type):
    asked = case(
        closing, today, early, start_date=start, exit_date=start + dt.timedelta(length), deleted=deleted,
        exit_code=exit_code, exit_date_type=exit_type,
    )  # fmt: skip
    verdict = rules.judge(asked)
    if verdict.reason:
        assert verdict.reason in rules.BY_CODE
        assert verdict.exit_date is None
        return
    assert not deleted and not exit_code and exit_type == "CompletionDate" and closing and start <= closing
    assert early or closing < today
    after = asked.closed
    assert start <= after["exit_date"] <= closing
    assert (verdict.exit_date is None) == (after["exit_date"] == asked.record["exit_date"])
    assert {name for name in after if after[name] != asked.record[name]} <= {"exit_code", "exit_date"}
    again = rules.judge(rules.Case(after, closing, today, early, "10000", {}))
    assert again.reason == "has_exit_code"
