"""What PASI will say about a school enrolment, before it is sent."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pasi_connect.rules.pasi.situation import Calendar, Lists, SchoolFacts, Situation, Stay, StudentFacts
from pasi_connect.rules.pasi.table import ADVICE, CHECK, REFUSED, REJECTION, TABLE, WARNING, Row
from sis.rules.school_year import SchoolYear

__all__ = [
    "ADVICE",
    "CHECK",
    "REFUSED",
    "REJECTION",
    "TABLE",
    "WARNING",
    "Calendar",
    "Expected",
    "Lists",
    "Row",
    "SchoolFacts",
    "Situation",
    "Stay",
    "StudentFacts",
    "expected",
    "refused",
]


@dataclass(frozen=True)
class Expected:
    """One rule that PASI will raise. `number` is "" for a row of ours (`level` check).

    `message` and `next_step` are English, to be translated by whoever shows them. `clears_on` is the day on which the alert
    goes by itself, if it has one. `others` are the stays that it is about, beside the record itself; `stays` the ids of those
    at the record's own school. `code` is the number, or the name of a row of ours.
    """

    number: str
    level: str
    message: str
    next_step: str
    clears_on: dt.date | None = None
    stays: tuple[int, ...] = ()
    others: tuple[Stay, ...] = ()
    code: str = ""


def expected(
    record: Mapping[str, Any],
    others: Sequence[Stay],
    student: StudentFacts,
    calendar: Calendar | None,
    year_now: SchoolYear,
    school: SchoolFacts | None = None,
    lists: Lists | None = None,
    today: dt.date | None = None,
) -> list[Expected]:
    """What PASI will say of `record` as it stands there, rejections first, then in the order of the numbers.

    `record` holds all compared fields and `school_year` by our field names, dates filled in. `others` are the student's other
    enrolments, here and in PASI. `today` None: what has to do with it is not said. A deleted record is looked at by nearly no rule of PASI's: nothing is expected.
    """
    if record["deleted"]:
        return []
    situation = Situation(record, others, student, calendar, year_now, school or SchoolFacts(), lists or Lists(), today)
    ending = situation.year.ending
    verdicts = [(row, row.broken(situation)) for row in TABLE if row.holds_for(ending)]
    return [
        Expected(
            row.number,
            row.level,
            row.message,
            row.next_step,
            _clears_on(row, situation),
            _ids(broken, situation),
            tuple(broken) if isinstance(broken, list) else (),
            row.number or row.code,
        )
        for row, broken in verdicts
        if broken
    ]


def refused(record: Mapping[str, Any], student: StudentFacts, school: SchoolFacts, year_now: SchoolYear) -> str:
    """The number of the first rule by which PASI would refuse the record for what PASI itself holds; "" for none."""
    situation = Situation(record, (), student, None, year_now, school, Lists())
    rows = (row for row in REFUSED if row.when_deleting or not record["deleted"])
    return next((row.number for row in rows if row.broken(situation)), "")


def refused_for_student(student: StudentFacts) -> str:
    """The same of a record that is the student's own and of no school and no year."""
    return "9009" if student.deactivated else "9011" if student.primary_asn else ""


def _ids(broken: bool | list[Stay], situation: Situation) -> tuple[int, ...]:
    stays = [stay for stay in broken if stay.school_code == situation.school.code] if isinstance(broken, list) else []
    return tuple(sorted(stay.enrolment_id for stay in stays if stay.enrolment_id is not None))


def _clears_on(row: Row, situation: Situation) -> dt.date | None:
    """PASI looks again when a date has come (Next Scan Date): what concerns the current year ends with it."""
    if row.current_only or row.until_past:
        return (situation.year + 1).first_day
    return None
