"""Each row of the rules between a student's stays once broken and once kept, at its limits."""

import datetime as dt
from dataclasses import replace

import pytest

from sis.rules import stays
from sis.rules.school_year import SchoolYear
from sis.rules.stays import Case, Stay

TODAY = dt.date(2026, 11, 20)
YEAR = SchoolYear(2027)
RECORD = {
    "school_year": YEAR,
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 26),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
    "deleted": False,
}
OTHER = Stay("4101", YEAR, dt.date(2026, 10, 5), dt.date(2026, 10, 23), "Regular", "Day", 7)
LEFT = {**RECORD, "exit_date": dt.date(2026, 10, 2), "exit_date_type": "WithdrawalDate"}
DELETED = {**RECORD, "deleted": True}


def broken(after, before=None, others=(), guided=True, reason=""):
    case = Case(before and {**RECORD, **before}, {**RECORD, **(before or {}), **after}, "4101", others, TODAY, reason)
    return [fault.row.code for fault in stays.faults(case, guided=guided)]


@pytest.mark.parametrize(
    ("after", "before", "codes"),
    [
        ({}, None, []),
        ({"deleted": True}, None, ["born_deleted"]),
        ({"exit_date_type": "WithdrawalDate", "exit_date": TODAY}, None, ["born_withdrawn"]),
        ({"school_year": YEAR + 2}, None, []),
        ({"school_year": YEAR + 3}, None, ["year_ahead"]),
        ({"grade": "09"}, {"school_year": YEAR + 30}, []),  # it is there; its year is no edit
        ({"exit_date": TODAY, "exit_date_type": "WithdrawalDate"}, RECORD, []),
        ({"exit_date": TODAY + dt.timedelta(days=1), "exit_date_type": "WithdrawalDate"}, RECORD, ["withdrawn_ahead"]),
        ({"exit_date": TODAY + dt.timedelta(days=1)}, LEFT, ["withdrawn_ahead"]),
        ({"grade": "09"}, {"exit_date_type": "WithdrawalDate"}, []),  # ahead already, and not by this edit
        ({"deleted": True}, RECORD, ["deleted_without_reason"]),
    ],
)
def test_a_record_by_itself(after, before, codes):
    assert broken({"grade": "08", **after}, before and {"grade": "08", **before}) == codes


def test_a_reason_deletes():
    assert broken({"deleted": True}, RECORD, reason="A duplicate.") == []
    assert broken({"deleted": True}, RECORD, reason="  ") == ["deleted_without_reason"]


@pytest.mark.parametrize(
    ("after", "before", "action"),
    [
        ({"exit_date_type": "WithdrawalDate", "exit_date": TODAY}, RECORD, "withdraw"),
        ({"exit_date_type": "CompletionDate"}, LEFT, "withdrawal-was-a-mistake"),
        ({"exit_date": dt.date(2026, 9, 25)}, LEFT, "correct-last-day"),
        ({"deleted": True}, RECORD, "entered-in-error"),
        ({"deleted": False}, DELETED, "undelete"),
        ({"grade": "09"}, DELETED, "undelete"),
        ({"start_date": dt.date(2026, 9, 8)}, LEFT, ""),
        ({"exit_date": dt.date(2027, 6, 24)}, RECORD, ""),
    ],
)
def test_an_edit_that_is_an_action(after, before, action):
    case = Case({"grade": "08", **before}, {"grade": "08", **before, **after}, "4101", (), TODAY, "Because.")
    assert next((fault.row.action for fault in stays.faults(case, guided=False)), "") == action
    assert stays.faults(case, guided=True) == []


@pytest.mark.parametrize(
    ("start", "exit_", "codes"),
    [
        ((2026, 9, 1), (2026, 10, 4), []),
        ((2026, 9, 1), (2026, 10, 5), ["ends_within"]),
        ((2026, 10, 5), (2026, 10, 23), ["starts_within"]),  # the exact twin
        ((2026, 10, 23), (2027, 6, 26), ["starts_within"]),  # the day on which the other ends
        ((2026, 10, 24), (2027, 6, 26), []),
        ((2026, 9, 1), (2027, 6, 26), ["ends_within"]),
    ],
)
def test_days_beside_another_stay(start, exit_, codes):
    after = {"start_date": dt.date(*start), "exit_date": dt.date(*exit_)}
    assert broken(after, others=[OTHER]) == codes
    assert broken({"deleted": False}, {**after, "deleted": True}, [OTHER]) == codes  # brought back
    assert broken(after, {"start_date": dt.date(2026, 9, 1), "exit_date": dt.date(2026, 9, 4)}, [OTHER]) == codes


@pytest.mark.parametrize(
    "change",
    [
        {"school": "4102"},
        {"school_year": YEAR - 1},
        {"programming_type": "Outreach"},
        {"programming_timeframe": "Evening"},
    ],
)
def test_another_place_or_program_is_no_twin(change):
    assert broken({}, others=[replace(OTHER, **change)]) == []


def test_what_overlapped_before_is_not_refused_again():
    assert broken({"exit_date": dt.date(2027, 6, 24)}, RECORD, [OTHER]) == []
    second = replace(OTHER, start_date=dt.date(2027, 6, 28), exit_date=dt.date(2027, 6, 30), enrolment_id=8)
    assert broken({"exit_date": dt.date(2027, 6, 28)}, RECORD, [OTHER, second]) == ["ends_within"]


def test_every_row_says_what_is_wrong_and_the_next_step():
    assert len({row.code for row in stays.ROWS}) == len(stays.ROWS)
    for row in stays.ROWS:
        assert row.message.endswith(".")
        assert row.next_step.endswith(".")
        assert not row.action or "“" in row.next_step
