"""What PASI's rules for school enrolments look at: the record as it would be, the student, the school, other stays.

Everything is a plain value. What we do not know is None or empty, and a rule that needs it does not fire.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sis.rules.enrolment import GRADES
from sis.rules.school_year import SchoolYear
from sis.rules.stays import Days, overlap


@dataclass(frozen=True)
class Stay:
    """Another enrolment of the student, here or in PASI: what the rules compare with.

    `authority_code` is that of the stay's school, "" when PASI has not told us of the school. `enrolment_id` is None for a
    record that only PASI has, whose key is `key`. `concurrent` None: nobody has said.
    """

    school_code: str
    authority_code: str
    school_year: SchoolYear
    start_date: dt.date
    exit_date: dt.date
    programming_type: str = ""
    programming_timeframe: str = ""
    grade: str = ""
    french_hours: str = ""
    enrolment_type_codes: str = ""
    grants_program_codes: str = ""
    deleted: bool = False
    enrolment_id: int | None = None
    key: str = ""
    school_name: str = ""
    concurrent: bool | None = None

    @property
    def days(self) -> Days:
        return self.start_date, self.exit_date

    @cached_property
    def programs(self) -> frozenset[str]:
        return split(self.grants_program_codes)

    @cached_property
    def types(self) -> frozenset[str]:
        return split(self.enrolment_type_codes)


@dataclass(frozen=True)
class StudentFacts:
    """`birth_date` as PASI holds it, else ours. `primary_asn` is set where the student's ASN is a secondary one."""

    birth_date: dt.date | None = None
    deactivated: bool = False
    primary_asn: str = ""


@dataclass(frozen=True)
class Calendar:
    """First and last day of classes of the school in the school year of the record."""

    first_day: dt.date
    last_day: dt.date


@dataclass(frozen=True)
class SchoolFacts:
    """The school of the record. `may_write` is False where PASI says that the school belongs to another authority."""

    code: str = ""
    authority_code: str = ""
    may_write: bool = True


@dataclass(frozen=True)
class Lists:
    """PASI's lists as they were read: None where nothing has been read, and then nothing is said of them.

    `programs`: grants program code -> first and last school year. `authorities`: authority code -> active.
    """

    programs: Mapping[str, tuple[SchoolYear | None, SchoolYear | None]] | None = None
    authorities: Mapping[str, bool] | None = None


def split(text: str) -> frozenset[str]:
    return frozenset(text.replace(",", " ").split())


@dataclass(frozen=True)
class Situation:
    """One enrolment as it would be saved, `record` by our field names, with everything that a rule may ask about it."""

    record: Mapping[str, Any]
    others: Sequence[Stay]
    student: StudentFacts
    calendar: Calendar | None
    year_now: SchoolYear
    school: SchoolFacts
    lists: Lists
    today: dt.date | None = None

    @property
    def year(self) -> SchoolYear:
        year: SchoolYear = self.record["school_year"]
        return year

    @property
    def start(self) -> dt.date:
        day: dt.date = self.record["start_date"]
        return day

    @property
    def exit(self) -> dt.date:
        day: dt.date = self.record["exit_date"]
        return day

    @cached_property
    def programs(self) -> frozenset[str]:
        return split(self.record["grants_program_codes"])

    @cached_property
    def types(self) -> frozenset[str]:
        return split(self.record["enrolment_type_codes"])

    @cached_property
    def exceptions(self) -> frozenset[str]:
        return split(self.record["exception_codes"])

    @property
    def is_current(self) -> bool:
        return self.year == self.year_now

    @property
    def is_future(self) -> bool:
        return self.year > self.year_now

    @property
    def regular_day(self) -> bool:
        return self.record["programming_type"] == "Regular" and self.record["programming_timeframe"] == "Day"

    @property
    def summer(self) -> bool:
        return is_summer(self.record["programming_type"], self.record["programming_timeframe"])

    @property
    def continuing(self) -> bool:
        return word(self.record["programming_type"]) == "continuingeducation"

    @property
    def grade(self) -> int | None:
        """0 for EC, 1 to 12; None where no grade is given."""
        return grade_number(self.record["grade"])

    def age_on(self, day: dt.date) -> int | None:
        """Whole years on `day`; None where the birth date is not known."""
        born = self.student.birth_date
        return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @cached_property
    def live(self) -> list[Stay]:
        return [stay for stay in self.others if not stay.deleted]

    @cached_property
    def overlapping(self) -> list[Stay]:
        """Live stays that share a day with this one."""
        return [stay for stay in self.live if overlap(stay.days, (self.start, self.exit))]

    @cached_property
    def last_year(self) -> Stay | None:
        """The latest stay of the school year before, with a grade; of several alike the one with the highest grade."""
        before = [stay for stay in self.live if stay.school_year == self.year - 1 and stay.grade in GRADES]
        return max(before, key=lambda stay: (stay.start_date, stay.exit_date, GRADES.index(stay.grade)), default=None)

    @cached_property
    def before(self) -> list[Stay]:
        """The latest stays that began before this one, in this school year or the one before: several where their days are the same."""
        earlier = [stay for stay in self.live if stay.start_date < self.start and stay.school_year >= self.year - 1]
        latest = max((stay.days for stay in earlier), default=None)
        return [stay for stay in earlier if stay.days == latest]


def grade_number(grade: str) -> int | None:
    return GRADES.index(grade) if grade in GRADES else None


def word(text: str) -> str:
    """A code text or its description in one form: "Continuing Education" is `continuingeducation`."""
    return text.replace(" ", "").lower()


def is_summer(programming_type: str, timeframe: str) -> bool:
    """Summer school by its type or its timeframe. The code texts are INFERRED: PASI's pages give the words alone."""
    return word(programming_type) == "summerschool" or word(timeframe) == "summer"
