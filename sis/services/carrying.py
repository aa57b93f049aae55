"""What guided actions do to all course enrolments of a stay at once. Each action does exactly its plan."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction

from operations import clock
from operations.actor import Actor
from sis.models import CourseEnrolment, School, SchoolEnrolment, Section, Student
from sis.rules import carrying as rules
from sis.rules import course_enrolment as course_rules
from sis.selectors import term_shape
from sis.services.course_enrolments import Changed, Update, locked, write

WITH = ("section__school", "section__course", "section__term", "enrolment__school")


@dataclass(frozen=True)
class Planned:
    """One change that an action would make, for its preview.

    `kind`: ended, removed, moved or begun (in `section`, from `entry_date` until `exit_date`, None: the section's end).
    `record` is the present course enrolment.
    """

    kind: str
    record: CourseEnrolment
    section: Section
    entry_date: dt.date
    exit_date: dt.date | None


@dataclass(frozen=True)
class NotCarried:
    """`reason` is a key of `sis.rules.carrying.REASONS`, which has the wording and how to finish by hand."""

    record: CourseEnrolment
    reason: str

    @property
    def words(self) -> rules.Reason:
        return rules.REASONS[self.reason]


class Plan(NamedTuple):
    changes: list[Planned]
    not_carried: list[NotCarried]


class CarriedOver(NamedTuple):
    """Every record written, ended ones included, and what was not carried on."""

    changed: list[Changed]
    not_carried: list[NotCarried]


def _place(section: Section) -> rules.Place:
    return rules.Place(
        id=section.pk,
        course=section.course.code,
        school=section.school.code,
        term=term_shape(section.term),
        start=section.start_date,
        end=section.end_date,
    )


def _seat(record: CourseEnrolment) -> rules.Seat:
    return rules.Seat(record.pk, _place(record.section), record.entry_date, record.exit_date, record.status)


def _of_school(student: Student, school: School, on: dt.date, enrolment: SchoolEnrolment | None) -> dict[str, Any]:
    """Those of `enrolment`; without one, of every stay at the school that has begun by then, so that next year's is left alone."""
    which: dict[str, Any] = {"student": student, "section__school": school, "deleted": False}
    return which | ({"enrolment": enrolment} if enrolment else {"enrolment__start_date__lte": on})


def _read(**which: Any) -> list[CourseEnrolment]:
    return list(CourseEnrolment.objects.filter(**which).select_related(*WITH).order_by("pk"))


# --- The stay ends ------------------------------------------------------------------------------------------------


def _ends(records: Iterable[CourseEnrolment], on: dt.date) -> list[Planned]:
    plan = []
    for record in records:
        if kind := rules.ending(_seat(record), on):
            exit_date = on if kind == "ended" else record.exit_date
            plan.append(Planned(kind, record, record.section, record.entry_date, exit_date))
    return plan


@transaction.atomic
def end_all(
    actor: Actor,
    student: Student,
    school: School,
    on: dt.date,
    reason: str = "",
    enrolment: SchoolEnrolment | None = None,
) -> list[Changed]:
    """Ends the student's course enrolments at the school on the last day `on`; with `enrolment`, those of that stay only."""
    planned = _ends(locked(**_of_school(student, school, on, enrolment)), on)
    return write(actor, [_update(one) for one in planned], reason=reason)


def _update(planned: Planned) -> Update:
    if planned.kind == "removed":
        return Update("removed", planned.record, {"deleted": True})
    return Update("ended", planned.record, {"exit_date": planned.exit_date, "status": course_rules.WITHDRAWN})


@transaction.atomic
def move_end(
    actor: Actor, enrolment: SchoolEnrolment, before: dt.date, after: dt.date, reason: str = ""
) -> list[Changed]:
    """The last day of a stay was corrected: course enrolments that ended with it follow, at most to their section's end.

    To an earlier day, those that run past it end there. What a withdrawal took out because it had not begun is not brought
    back. Call after the enrolment itself was changed.
    """
    updates = []
    for record in locked(enrolment=enrolment, deleted=False):
        follows = record.status == course_rules.WITHDRAWN and record.exit_date == before
        if follows and record.entry_date <= after:
            last = min(after, record.section.end_date)
            if last != before:
                updates.append(Update("ended", record, {"exit_date": last}))
        elif kind := rules.ending(_seat(record), after):
            updates.append(_update(Planned(kind, record, record.section, record.entry_date, after)))
    return write(actor, updates, reason=reason)


@transaction.atomic
def remove_all(actor: Actor, enrolment: SchoolEnrolment, reason: str = "") -> list[Changed]:
    """Removes every course enrolment of a stay that never happened: never attended, or entered in error."""
    records = locked(enrolment=enrolment, deleted=False)
    return write(actor, [Update("removed", record, {"deleted": True}) for record in records], reason=reason)


# --- The courses go on under another enrolment ----------------------------------------------------------------------


@transaction.atomic
def carry_over(
    actor: Actor,
    student: Student,
    old: SchoolEnrolment,
    new: SchoolEnrolment,
    first_day: dt.date,
    *,
    last_day: dt.date | None = None,
    reason: str = "",
) -> CarriedOver:
    """Ends the course enrolments of `old` on `last_day` (its exit date) and lets them go on under `new` from `first_day`.

    At the same school a course goes on in its own section; at another one in the section of the same course and term, where
    there is exactly one. What has not begun goes over as it is. Call instead of `end_all`, while those of `old` still run.
    """
    Student.objects.select_for_update().get(pk=student.pk)
    stay = rules.NewStay(new.school.code, first_day, new.exit_date)
    records = locked(enrolment=old, deleted=False)
    plan = _plan(records, student, old, new.school, stay, last_day or old.exit_date)
    updates, additions = [], []
    for one in plan.changes:
        if one.kind == "begun":
            additions.append(_next(one, new))
        elif one.kind == "moved":
            fresh = {"enrolment_id": new.pk, "entry_date": one.entry_date, "exit_date": one.exit_date}
            present = {name: getattr(one.record, name) for name in fresh}
            updates.append(Update("moved", one.record, {n: v for n, v in fresh.items() if v != present[n]}))
        else:
            updates.append(_update(one))
    return CarriedOver(write(actor, updates, additions, reason=reason), plan.not_carried)


def _next(planned: Planned, new: SchoolEnrolment) -> CourseEnrolment:
    return CourseEnrolment(
        student_id=new.student_id,
        enrolment=new,
        section=planned.section,
        entry_date=planned.entry_date,
        exit_date=planned.exit_date,
        status=course_rules.open_status(planned.entry_date, clock.today()),
        credits_attempted=planned.record.credits_attempted,
        challenge=planned.record.challenge,
    )


def _plan(
    records: Sequence[CourseEnrolment],
    student: Student,
    old: SchoolEnrolment,
    school: School,
    stay: rules.NewStay,
    last_day: dt.date,
) -> Plan:
    seats = {record.pk: record for record in records}
    offered = _offered(records, old, school)
    taken = {
        other.section_id
        for other in _read(student=student, section__school=school, deleted=False)
        if other.pk not in seats and (other.exit_date or other.section.end_date) >= stay.first_day
    }
    steps = rules.carry(
        [_seat(record) for record in records], last_day, stay, [_place(one) for one in offered.values()], taken
    )
    changes, left = [], []
    for step in steps:
        record = seats[step.seat.id]
        section = record.section if step.target == record.section_id else offered.get(step.target or 0)
        if step.old in ("ended", "removed"):
            exit_date = last_day if step.old == "ended" else record.exit_date
            changes.append(Planned(step.old, record, record.section, record.entry_date, exit_date))
        if step.target is None:
            left.append(NotCarried(record, step.reason))
        elif section and step.entry:
            kind = "moved" if step.old == "moved" else "begun"
            changes.append(Planned(kind, record, section, step.entry, step.exit))
    return Plan(changes, left)


def _offered(records: Sequence[CourseEnrolment], old: SchoolEnrolment, school: School) -> dict[int, Section]:
    """Sections of the same courses at another school; none are needed where the courses continue in their own."""
    if school.pk == old.school_id:
        return {}
    courses = {record.section.course_id for record in records}
    rows = Section.objects.filter(school=school, school_year=old.school_year, course_id__in=courses, deleted=False)
    return {one.pk: one for one in rows.select_related("school", "course", "term").order_by("pk")}
