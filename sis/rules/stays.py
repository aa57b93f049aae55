"""What a student's stays must fulfil beside each other, and which edits are a guided action. Pure: one table, read by `faults`.

It holds for every way in: pages, guided actions, the API, loads, the year end, and undoing. What PASI holds
already is accepted as it is, with the same faults shown before a person accepts it.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.rules.words import gettext_noop
from sis.rules.enrolment import WITHDRAWAL
from sis.rules.school_year import SchoolYear

YEARS_AHEAD = 2  # nobody plans further ahead: a later year is a typing error

# Guided actions, as their addresses name them.
WITHDRAW = "withdraw"
CORRECT_LAST_DAY = "correct-last-day"
WITHDRAWAL_WAS_A_MISTAKE = "withdrawal-was-a-mistake"
ENTERED_IN_ERROR = "entered-in-error"
UNDELETE = "undelete"

# A change of anything else concerns no other stay and no guided action.
LOOKED_AT = frozenset(
    {"start_date", "exit_date", "exit_date_type", "programming_type", "programming_timeframe", "concurrent", "deleted"}
)

Days = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Stay:
    """What the rules compare of a student's enrolments."""

    school: str
    school_year: SchoolYear
    start_date: dt.date
    exit_date: dt.date
    programming_type: str
    programming_timeframe: str
    enrolment_id: int | None = None
    concurrent: bool = False

    @property
    def days(self) -> Days:
        return self.start_date, self.exit_date


def second_main(new: Stay, others: Sequence[Stay]) -> list[Stay]:
    """The student's other main stays at other schools that share a day with `new`, a main stay too."""
    if new.concurrent:
        return []
    return [
        other
        for other in others
        if not other.concurrent
        and other.school != new.school
        and other.school_year == new.school_year
        and other.start_date <= new.exit_date
        and new.start_date <= other.exit_date
    ]


@dataclass(frozen=True)
class Case:
    """A record before and after, by field; `before` is None for a new one. `others`: the student's other live stays.

    `school` is the code of the record's school. `reason`: why it is done.
    """

    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    school: str
    others: Sequence[Stay]
    today: dt.date
    reason: str = ""

    def changes(self, name: str) -> bool:
        return self.before is None or self.before[name] != self.after[name]

    @property
    def is_deleted(self) -> bool:
        return self.before is not None and not self.before["deleted"] and bool(self.after["deleted"])

    def twins(self) -> list[Stay]:
        """Stays that the record would newly share a day with: a new fault is refused, an old one is not."""
        now, then = self._stay(self.after), self._stay(self.before)
        return [other for other in self.others if now and is_twin(now, other) and not (then and is_twin(then, other))]

    def _stay(self, record: Mapping[str, Any] | None) -> Stay | None:
        if record is None or record["deleted"] or not (record["start_date"] and record["exit_date"]):
            return None
        return Stay(
            self.school,
            record["school_year"],
            record["start_date"],
            record["exit_date"],
            record["programming_type"],
            record["programming_timeframe"],
        )


def overlap(first: Days, second: Days) -> bool:
    """Two stays, each from its first to its last day, share a day."""
    return first[0] <= second[1] and second[0] <= first[1]


def is_twin(one: Stay, other: Stay) -> bool:
    """PASI's rule 10069: the same school, school year, programming type and timeframe, with a day in common."""
    return (
        (one.school, one.school_year) == (other.school, other.school_year)
        and one.programming_type == other.programming_type
        and one.programming_timeframe == other.programming_timeframe
        and overlap(one.days, other.days)
    )


@dataclass(frozen=True)
class Row:
    """`broken` is true where the rule is broken, or gives the other stay that it is about. `field`: where it is shown.

    `action`: the guided action that does what the edit stands in for; such a row holds for edits that no guided action makes.
    The sentences take `start` and `exit` of the other stay, `last_year`, the last school year that can be entered, and `today`.
    """

    code: str
    field: str
    broken: Callable[[Case], "Stay | bool | None"]
    message: str
    next_step: str
    action: str = ""


@dataclass(frozen=True)
class Fault:
    row: Row
    words: Mapping[str, str] = field(default_factory=dict)
    enrolment_id: int | None = None


def _starts_within(case: Case) -> Stay | None:
    start = case.after["start_date"]
    return next((twin for twin in case.twins() if twin.start_date <= start), None)


def _ends_within(case: Case) -> Stay | None:
    start = case.after["start_date"]
    return next((twin for twin in case.twins() if start < twin.start_date), None)


def _withdrawn_ahead(case: Case) -> bool:
    after = case.after
    moved = case.changes("exit_date") or case.changes("exit_date_type")
    return bool(
        moved and after["exit_date_type"] == WITHDRAWAL and after["exit_date"] and after["exit_date"] > case.today
    )


def _type_changes(case: Case, to_withdrawal: bool) -> bool:
    if case.before is None or not case.changes("exit_date_type"):
        return False
    return (case.after if to_withdrawal else case.before)["exit_date_type"] == WITHDRAWAL


def _last_day_changes(case: Case) -> bool:
    return (
        case.before is not None
        and case.before["exit_date_type"] == case.after["exit_date_type"] == WITHDRAWAL
        and case.changes("exit_date")
    )


ROWS: tuple[Row, ...] = (
    Row(
        "born_deleted",
        "deleted",
        lambda c: c.before is None and bool(c.after["deleted"]),
        gettext_noop("A new enrolment cannot be added as deleted."),
        gettext_noop("Leave this out. To delete an enrolment later, with a reason, use “Entered in error”."),
    ),
    Row(
        "born_withdrawn",
        "exit_date_type",
        lambda c: c.before is None and c.after["exit_date_type"] == WITHDRAWAL,
        gettext_noop("A new enrolment starts with a planned last day, which is a completion date."),
        gettext_noop("Enter the planned last day. Then use “Withdraw”, which asks for the last day attended and the "
                     "reason."),
    ),
    Row(
        "year_ahead",
        "school_year",
        lambda c: c.before is None and c.after["school_year"] > _last_year(c),
        gettext_noop("This school year is too far ahead: you can enter enrolments up to %(last_year)s."),
        gettext_noop("Check the school year."),
    ),
    Row(
        "deleted_without_reason",
        "reason",
        lambda c: c.is_deleted and not c.reason.strip(),
        gettext_noop("Give a reason to delete an enrolment. It is saved in the history."),
        gettext_noop("Give a reason."),
    ),
    # What changes the meaning of a stay is a guided action with a reason, not an edit of a field.
    Row(
        "revive",
        "deleted",
        lambda c: c.before is not None and bool(c.before["deleted"]),
        gettext_noop("This enrolment is deleted."),
        gettext_noop("Use “Undelete” first: it restores the enrolment here and in PASI, with its courses."),
        UNDELETE,
    ),
    Row(
        "delete",
        "deleted",
        lambda c: c.is_deleted,
        gettext_noop("Deleting removes the enrolment here and in PASI."),
        gettext_noop("Use “Entered in error”, or “Never attended” for a student who never came: both ask for the reason."),
        ENTERED_IN_ERROR,
    ),
    Row(
        "withdraw",
        "exit_date_type",
        lambda c: _type_changes(c, to_withdrawal=True),
        gettext_noop("This would withdraw the student."),
        gettext_noop("Use “Withdraw”: it asks for the last day attended and the reason, and also ends the courses."),
        WITHDRAW,
    ),
    Row(
        "reopen",
        "exit_date_type",
        lambda c: _type_changes(c, to_withdrawal=False),
        gettext_noop("The student was withdrawn from this school."),
        gettext_noop("Use “The withdrawal was a mistake”. For a student who came back, use “Return” to add a new "
                     "enrolment."),
        WITHDRAWAL_WAS_A_MISTAKE,
    ),
    Row(
        "last_day",
        "exit_date",
        _last_day_changes,
        gettext_noop("The student was withdrawn, so the exit date is the last day attended."),
        gettext_noop("Use “Correct the last day”: it asks for the reason, and updates the courses."),
        CORRECT_LAST_DAY,
    ),
    Row(
        "withdrawn_ahead",
        "exit_date",
        _withdrawn_ahead,
        gettext_noop("The last day attended cannot be in the future."),
        gettext_noop("Enter %(today)s or an earlier day; a planned last day is a completion date."),
    ),
    Row(
        "starts_within",
        "start_date",
        _starts_within,
        gettext_noop("The student is already enrolled here from %(start)s to %(exit)s."),
        gettext_noop(
            "A return must start after that. If the student has left, first use “Withdraw” or “Correct the last day” "
            "on that enrolment. If it is a duplicate, use “Entered in error”."
        ),
    ),
    Row(
        "ends_within",
        "exit_date",
        _ends_within,
        gettext_noop("The student's next enrolment here starts on %(start)s."),
        gettext_noop(
            "This one must end before it. Enter an earlier last day, or use “Entered in error” on the other one if "
            "it is a duplicate."
        ),
    ),
)  # fmt: skip


def _last_year(case: Case) -> SchoolYear:
    return SchoolYear.of(case.today) + YEARS_AHEAD


def faults(case: Case, *, guided: bool) -> list[Fault]:
    """Every broken row. `guided`: a guided action or its undo, for which the rows that name an action do not hold."""
    problems = []
    for row in ROWS:
        if guided and row.action:
            continue
        broken = row.broken(case)
        if broken:
            problems.append(_fault(row, case, broken if isinstance(broken, Stay) else None))
    return problems


def _fault(row: Row, case: Case, other: Stay | None) -> Fault:
    words = {"today": case.today.isoformat(), "last_year": str(_last_year(case))}
    if other is None:
        return Fault(row, words)
    words |= {"start": other.start_date.isoformat(), "exit": other.exit_date.isoformat()}
    return Fault(row, words, other.enrolment_id)
