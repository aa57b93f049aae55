"""Data events: the note that a record changed, which is all that the SIS leaves for those who follow its records."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from operations import clock, statements, wake
from operations.actor import Actor
from operations.services import jobs
from sis.models import CourseEnrolment, DataEvent, SchoolEnrolment, Section, StoredGrade, Student
from sis.models.event import Origin

STUDENT = "student"
SCHOOL_ENROLMENT = "school_enrolment"
SECTION = "section"
COURSE_ENROLMENT = "course_enrolment"
STORED_GRADE = "stored_grade"
# Kind -> the task above that collects its events (`collects`). Other events just stay: a first upload is computed from the state.
_collected: dict[str, str] = {}
FEW = 10  # records changed at once; more are a bulk

Record = Student | SchoolEnrolment | Section | CourseEnrolment | StoredGrade


@dataclass(frozen=True)
class Subject:
    """What an event is about: kind and id of the record, its student (None for a section) and the code of its school, "" for a
    student, who belongs to none."""

    kind: str
    pk: int
    student_id: int | None
    school_code: str


_subjects: dict[type[Any], Callable[[Any], Subject]] = {
    Student: lambda one: Subject(STUDENT, one.pk, one.pk, ""),
    SchoolEnrolment: lambda one: Subject(SCHOOL_ENROLMENT, one.pk, one.student_id, one.school.code),
    Section: lambda one: Subject(SECTION, one.pk, None, one.school.code),
    CourseEnrolment: lambda one: Subject(COURSE_ENROLMENT, one.pk, one.student_id, one.section.school.code),
    StoredGrade: lambda one: Subject(STORED_GRADE, one.pk, one.student_id, one.school.code),
}


def subject_of(record: Record) -> Subject:
    """The subject of a saved record. Reads the record's school."""
    return _subjects[type(record)](record)


def tells(model: type[Any], subject: Callable[[Any], Subject]) -> None:
    """Records of this table leave events too; the SIS's own tables need no call. Called when the program starts."""
    _subjects.setdefault(model, subject)


def collects(kind: str, task: str) -> None:
    """The task collects the events of this kind from now on. Called once, when the program starts."""
    _collected[kind] = task


def uncollected() -> QuerySet[DataEvent]:
    """Events still to be collected, of the kinds that are collected at all."""
    return DataEvent.objects.filter(entity__in=sorted(_collected), collected_at=None)


def leave(
    actor: Actor,
    record: Record,
    fields: Iterable[str],
    origin: str = Origin.SIS,
    seen_version: int | None = None,
) -> DataEvent:
    """Call inside the transaction of the change. Wakes the collector after commit."""
    return leave_all(actor, [(subject_of(record), fields)], origin, seen_version)[0]


def leave_all(
    actor: Actor,
    changes: Iterable[tuple[Subject, Iterable[str]]],
    origin: str = Origin.SIS,
    seen_version: int | None = None,
    *,
    seen_versions: Mapping[int, int] | None = None,
    taken_up: bool = False,
) -> list[DataEvent]:
    """The same for many records, in one insert and with one wake. Many records, or any changed by a job, are a bulk.

    `seen_versions` by record, where it is not one for all. `taken_up`: the caller has looked at the records already.
    """
    at, changed = clock.now(), list(changes)
    bulk = len(changed) > FEW or jobs.in_job()
    rows = [
        DataEvent(
            at=at,
            entity=subject.kind,
            subject_id=subject.pk,
            student_id=subject.student_id,
            school_code=subject.school_code,
            fields=sorted(fields),
            origin=origin,
            seen_version=seen_versions.get(subject.pk, seen_version) if seen_versions else seen_version,
            user_id=actor.user_id,
            actor_name=actor.name,
            actor_local_id=actor.local_id,
            actor_ip=actor.ip,
            collected_at=at if taken_up else None,
            bulk=bulk,
        )
        for subject, fields in changed
    ]
    statements.insert_all(rows)
    if not taken_up:
        for task in sorted({_collected[event.entity] for event in rows if event.entity in _collected}):
            wake.look_after_commit(task)
    return rows
