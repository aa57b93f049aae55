"""What PASI will say about records as they would be: gathers what its rules look at, in sets, and applies the table.

Reads only and stops nothing: what PASI refuses is stopped in `sis.services.enrolments`; warnings stop nothing.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from operations import clock
from operations.rules import latin1
from pasi_connect.entities import SCHOOL_ENROLMENT, Entity, by_kind
from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.models import (
    AuthorityCopy,
    CodeValue,
    EnrolmentCopy,
    Link,
    SchoolCopy,
    StudentCopy,
    SyncSettings,
)
from pasi_connect.rules import held, pasi, sendable
from pasi_connect.rules import section as section_rules
from pasi_connect.rules.pasi import Calendar, Expected, Lists, SchoolFacts, Stay, StudentFacts
from pasi_connect.services.pull import code_lists
from sis.models import Authority, School, SchoolCalendar, SchoolEnrolment, Section, Student
from sis.rules import student as student_rules
from sis.rules.school_year import SchoolYear
from sis.services import students as student_service
from sis.services.events import SECTION, STUDENT

TEXT_OUTSIDE, CODE_UNKNOWN = "text_outside", "code_unknown"  # reasons to hold that are PASI's to refuse
CHUNK = 500  # students whose records are gathered at once

STAY_FIELDS = ("school_year", *SCHOOL_ENROLMENT.judged)

Plan = Mapping[str, Any]


def as_planned(enrolment: SchoolEnrolment, **changes: Any) -> dict[str, Any]:
    """The enrolment as it would be with `changes` (our field names), in the form that `of_plan` takes. Reads its school."""
    return {
        "student_id": enrolment.student_id,
        "school_code": enrolment.school.code,
        "school_year": enrolment.school_year,
        "enrolment_id": enrolment.pk,
        "concurrent": enrolment.concurrent,
        **{name: getattr(enrolment, name) for name in COMPARED},
        **changes,
    }


def of_plan(plan: Sequence[Plan], *, together: bool = True, today: dt.date | None = None) -> list[list[Expected]]:
    """For each enrolment of the plan, in its order, what PASI will say of it once all of them are as planned.

    A row of the plan: {"student_id", "school_code", "school_year" (SchoolYear), "enrolment_id" (None: a new one), "concurrent"}
    and every compared field by name; "ref_id" where it is a record of PASI's that is not entered here. Rows with an
    `enrolment_id` take the place of the enrolment as it stands now; all others of the student, here and in PASI, count as they
    are. The number of queries does not depend on the number of rows, up to 500 students. `together` False: each row by itself,
    with everything else as it is now. `today`: the day on which a planned action is carried out.
    """
    by_index: dict[int, list[Expected]] = {}
    by_student: dict[int, list[int]] = defaultdict(list)
    for index, row in enumerate(plan):
        by_student[row["student_id"]].append(index)
    common = _Common(today)
    students = sorted(by_student)
    for start in range(0, len(students), CHUNK):
        wanted = students[start : start + CHUNK]
        gathered = _Gathered(wanted, [plan[index] for student in wanted for index in by_student[student]], common)
        for student in wanted:
            for index in by_student[student]:
                by_index[index] = gathered.expected(
                    plan[index], _others(plan, index, by_student[student], gathered, together)
                )
    return [by_index[index] for index in range(len(plan))]


def _others(plan: Sequence[Plan], index: int, mine: list[int], gathered: "_Gathered", together: bool) -> list[Stay]:
    """The student's other stays for the row `index`. `mine` are the rows of the student."""
    planned = [plan[other] for other in mine] if together else [plan[index]]
    ids = {row["enrolment_id"] for row in planned} - {None}
    refs = {row.get("ref_id", "") for row in planned} - {""}
    present = [
        stay
        for stay in gathered.stays[plan[index]["student_id"]]
        if stay.enrolment_id not in ids and stay.key not in refs
    ]
    return [gathered.common.planned(row) for row in planned if row is not plan[index]] + present


def of_enrolments(enrolments: Iterable[SchoolEnrolment]) -> list[list[Expected]]:
    """The same for enrolments as they stand; `school` must have been selected along."""
    return of_plan([as_planned(enrolment) for enrolment in enrolments])


class _Common:
    """What is the same for every student: organizations and PASI's lists."""

    def __init__(self, today: dt.date | None = None) -> None:
        own = Authority.objects.first()
        self.own = own.code if own else ""
        self.today = today or clock.today()
        self.here = dict(School.objects.values_list("code", "name"))
        schools = SchoolCopy.objects.filter(vanished_at=None).values_list("code", "authority_code", "name")
        self.authority_in_pasi = {code: authority for code, authority, _name in schools}
        self.names = {**{code: name for code, _authority, name in schools}, **self.here}
        programs = CodeValue.objects.filter(class_name="GrantsProgramCode").order_by()
        self.lists = Lists(
            programs={
                code: (first, last)
                for code, first, last in programs.values_list("code", "first_school_year", "last_school_year")
            }
            or None,
            authorities=dict(AuthorityCopy.objects.filter(vanished_at=None).values_list("code", "is_active")) or None,
        )
        self.year_now = SyncSettings.load().current_school_year or SchoolYear.of(self.today)

    def authority_of(self, school_code: str) -> str:
        """As PASI reports it, otherwise our own for one of our schools, otherwise "" (another authority)."""
        return self.authority_in_pasi.get(school_code) or (self.own if school_code in self.here else "")

    def school(self, code: str) -> SchoolFacts:
        authority = self.authority_in_pasi.get(code)
        return SchoolFacts(
            code, self.authority_of(code), may_write=not (authority and self.own and authority != self.own)
        )

    def stay(self, school_code: str, **values: Any) -> Stay:
        name = self.names.get(school_code, "")
        return Stay(school_code=school_code, authority_code=self.authority_of(school_code), school_name=name, **values)

    def planned(self, row: Plan) -> Stay:
        values = {name: row[name] for name in STAY_FIELDS}
        return self.stay(
            row["school_code"],
            **values,
            deleted=row["deleted"],
            enrolment_id=row["enrolment_id"],
            concurrent=row.get("concurrent"),
        )


class _Gathered:
    """The facts of some students: who they are, their other stays, and the calendars of the planned schools and years."""

    def __init__(self, students: Sequence[int], plan: Sequence[Plan], common: _Common) -> None:
        self.common = common
        asns = {
            pk: (asn, born)
            for pk, asn, born in Student.objects.filter(pk__in=students).values_list("pk", "asn", "birth_date")
        }
        self.by_asn = {asn: pk for pk, (asn, _born) in asns.items() if asn}
        self.people = {pk: StudentFacts(birth_date=born) for pk, (_asn, born) in asns.items()}
        self._tell_people()
        self.stays: dict[int, list[Stay]] = defaultdict(list)
        self._own_stays(students)
        self._told_stays()
        self._calendars(plan)

    def _tell_people(self) -> None:
        """PASI's data on the students takes precedence over the SIS's: its rules look at its own records."""
        copies = StudentCopy.objects.filter(asn__in=self.by_asn, vanished_at=None)
        for asn, primary, deactivated, born in copies.values_list("asn", "primary_asn", "is_deactivated", "birth_date"):
            facts = self.people[self.by_asn[asn]]
            self.people[self.by_asn[asn]] = replace(
                facts,
                birth_date=born or facts.birth_date,
                deactivated=deactivated,
                primary_asn=primary if primary != asn else "",
            )

    def _own_stays(self, students: Sequence[int]) -> None:
        rows = SchoolEnrolment.objects.filter(student_id__in=students, deleted=False).order_by("pk")
        columns = ("student_id", "school__code", "pk", "concurrent", *STAY_FIELDS)
        for student, code, pk, concurrent, *values in rows.values_list(*columns):
            self.stays[student].append(
                self.common.stay(
                    code, **dict(zip(STAY_FIELDS, values, strict=True)), enrolment_id=pk, concurrent=concurrent
                )
            )

    def _told_stays(self) -> None:
        """Records that only PASI has: those of other authorities, and those not entered here yet."""
        rows = (
            EnrolmentCopy.objects.filter(asn__in=self.by_asn, deleted=False, vanished_at=None)
            .exclude(start_date=None)
            .exclude(exit_date=None)
            .exclude(school_year=None)
            .filter(~Exists(Link.objects.filter(key=OuterRef("key"))))
        )
        for asn, code, key, *values in rows.values_list("asn", "school_code", "key", *STAY_FIELDS):
            stay = self.common.stay(code, **dict(zip(STAY_FIELDS, values, strict=True)), key=str(key), concurrent=False)
            self.stays[self.by_asn[asn]].append(stay)

    def _calendars(self, plan: Sequence[Plan]) -> None:
        codes, years = {row["school_code"] for row in plan}, {row["school_year"].ending for row in plan}
        rows = SchoolCalendar.objects.filter(school__code__in=codes, school_year__in=years)
        self.calendars = {
            (code, year): Calendar(first, last)
            for code, year, first, last in rows.values_list("school__code", "school_year", "first_day", "last_day")
        }

    def expected(self, row: Plan, others: Sequence[Stay]) -> list[Expected]:
        return pasi.expected(
            row,
            others,
            self.people[row["student_id"]],
            self.calendars.get((row["school_code"], row["school_year"])),
            self.common.year_now,
            self.common.school(row["school_code"]),
            self.common.lists,
            self.common.today,
        )


def answer(one: Expected, sees: Callable[[str], bool] = lambda code: True) -> dict[str, Any]:
    """As the API answers it. Stays at other schools, which `sees` does not hold for, are named by school and dates alone."""
    return {
        "number": one.number,
        "code": one.code,
        "level": one.level,
        "message": _(one.message),
        "next_step": _(one.next_step),
        "stays": [
            {
                "enrolment": stay.enrolment_id if stay.enrolment_id in one.stays and sees(stay.school_code) else None,
                "school": stay.school_code,
                "start_date": stay.start_date.isoformat(),
                "exit_date": stay.exit_date.isoformat(),
            }
            for stay in one.others
        ],
    }


AtField = tuple[str, Expected]  # the field that it is about, "" for the whole record


def of_student(student: Student) -> list[AtField]:
    """What PASI will say of the student's names and identification."""
    values = student_service.values(student)
    rows = [
        (
            row.field,
            Expected(row.number, row.level, row.message, row.next_step, code=row.number or TEXT_OUTSIDE),
        )
        for row in student_rules.expected(values, clock.today())
    ]
    return rows + _unknown_codes(by_kind(STUDENT), values)


def of_section(section: Section) -> list[AtField]:
    """What PASI will refuse of the section; `school` must have been selected along."""
    entity, year, common = by_kind(SECTION), section.school_year, _Common()
    values = {name: getattr(section, name) for name in entity.compared}
    rows = section_rules.expected(section_rules.Case(values, common.school(section.school.code), year, common.year_now))
    if section.deleted:
        return rows
    reason = held.BY_CODE[TEXT_OUTSIDE]
    texts = [name for name in entity.texts if not latin1.fits(values[name])]
    return [*rows, *((name, _by_reason(reason)) for name in texts), *_unknown_codes(entity, values)]


def _unknown_codes(entity: Entity, values: Mapping[str, Any]) -> list[AtField]:
    reason = held.BY_CODE[CODE_UNKNOWN]
    return [
        (field.name, _by_reason(reason))
        for field in entity.compared_fields
        if field.code_class and code_lists.unknown(sendable.codes_in([field], values))
    ]


def _by_reason(reason: held.Reason) -> Expected:
    """What would hold the record is what PASI would refuse."""
    return Expected("", pasi.REJECTION, reason.message, reason.next_step, code=reason.code)


def answers(rows: Iterable[AtField]) -> list[dict[str, Any]]:
    """As the API answers them, each with its field."""
    return [{**answer(one), "field": field} for field, one in rows]
