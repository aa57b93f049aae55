"""The one door through which course enrolments are written: record, audit entry and event in one transaction."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from operations import clock, wording
from operations.actor import Actor
from operations.services import audit
from sis.models import CourseEnrolment, SchoolEnrolment, Section, Student
from sis.models.event import Origin
from sis.rules import course_enrolment as rules
from sis.services import events
from sis.services.columns import editable

# What may change on an existing course enrolment. Student and section make it another one; the stay it belongs to is changed
# only when a course goes on under another enrolment (`sis.services.carrying`).
EDITABLE = editable(CourseEnrolment, besides=("student", "section", "enrolment"))
KEPT = (*EDITABLE, "enrolment_id")
DATES = ("entry_date", "exit_date")

Values = dict[str, Any]


class StaleCourseEnrolment(Exception):
    """The record has changed since the person saw it; `current` is the present one."""

    def __init__(self, current: CourseEnrolment) -> None:
        super().__init__("The course enrolment has changed since it was read.")
        self.current = current


@dataclass(frozen=True)
class Changed:
    """One written record, with what undoing it needs: `restore(actor, id, before, revision_after)`.

    `kind`: begun, ended, removed, moved, changed or restored. `before` and `after` hold KEPT by name, dates as ISO text, so
    that they can be stored as JSON; `before` is None for a new record.
    """

    id: int
    kind: str
    before: Values | None
    after: Values
    revision_after: int


def values(record: CourseEnrolment) -> Values:
    """All of KEPT, dates as ISO text."""
    return {name: _text(getattr(record, name)) for name in KEPT}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _typed(kept: Mapping[str, Any]) -> Values:
    return {
        name: dt.date.fromisoformat(value) if name in DATES and isinstance(value, str) else value
        for name, value in kept.items()
    }


def locked(**which: Any) -> list[CourseEnrolment]:
    """The matching course enrolments, by id, with what the rules read of them; locked until the transaction ends."""
    records = CourseEnrolment.objects.select_for_update(of=("self",)).filter(**which).order_by("pk")
    return list(records.select_related("section__school", "section__course", "section__term", "enrolment__school"))


def check(record: CourseEnrolment) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule."""
    section, stay = record.section, record.enrolment
    broken = rules.faults(
        {
            "entry_date": record.entry_date,
            "exit_date": record.exit_date,
            "status": record.status,
            "section_start": section.start_date,
            "section_end": section.end_date,
            "section_school": section.school_id,
            "school_year": section.school_year,
            "enrolment_start": stay.start_date,
            "enrolment_exit": stay.exit_date,
            "enrolment_school": stay.school_id,
            "enrolment_year": stay.school_year,
        }
    )
    problems: dict[str, list[str]] = {}
    for rule in broken:
        problems.setdefault(rule.field, []).append(wording.with_number(_(rule.message), rule.number))
    if problems:
        raise ValidationError(problems)
    _refuse_overlap(record)


def _refuse_overlap(record: CourseEnrolment) -> None:
    if record.deleted:
        return
    others = CourseEnrolment.objects.filter(student_id=record.student_id, section_id=record.section_id, deleted=False)
    end = record.section.end_date
    for other in others.exclude(pk=record.pk):
        mine = (record.entry_date, record.exit_date or end)
        if rules.overlap(mine, (other.entry_date, other.exit_date or end)):
            raise ValidationError({"section": [_("The student is already in this section at that time.")]})


@transaction.atomic
def create(
    actor: Actor,
    enrolment: SchoolEnrolment,
    section: Section,
    fields: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
) -> CourseEnrolment:
    """Adds the student of `enrolment` to `section`. `fields`: entry_date, and any others of EDITABLE.

    Status and credits attempted default to what the entry date and the course imply. Raises ValidationError
    {field: [sentences]}; records that come from PASI are taken as they are.
    """
    Student.objects.select_for_update().get(pk=enrolment.student_id)  # a form that is sent twice waits here
    defaults = {
        "status": rules.open_status(fields["entry_date"], clock.today()) if fields.get("entry_date") else rules.ACTIVE,
        "credits_attempted": section.course.credits_offered,
    }
    record = CourseEnrolment(
        student_id=enrolment.student_id, enrolment=enrolment, section=section, **{**defaults, **fields}
    )
    if origin == Origin.SIS:
        _refuse_deleted(enrolment, section)
        check(record)
    write(actor, [], [record], reason=reason, origin=origin)
    return record


def _refuse_deleted(enrolment: SchoolEnrolment, section: Section) -> None:
    if section.deleted:
        raise ValidationError({"section": [_("The section is deleted.")]})
    if enrolment.deleted:
        raise ValidationError({"section": [_("The school enrolment is deleted.")]})


@transaction.atomic
def change(
    actor: Actor,
    course_enrolment_id: int,
    wanted: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    expected_revision: int | None = None,
    reason: str = "",
) -> CourseEnrolment:
    """Changes the named fields. Nothing is written when nothing differs.

    Raises StaleCourseEnrolment when `expected_revision` is not the present one, ValidationError {field: [sentences]} when a
    rule is broken (records that come from PASI are taken as they are).
    """
    unknown = set(wanted) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
    record = _one(course_enrolment_id, expected_revision)
    fresh = {name: value for name, value in wanted.items() if getattr(record, name) != value}
    if not fresh:
        return record
    if origin == Origin.SIS and fresh != {"deleted": True}:  # a removed record need not be valid
        check(_with(record, fresh))
    write(actor, [Update("changed", record, fresh)], reason=reason, origin=origin)
    return record


def _with(record: CourseEnrolment, fresh: Mapping[str, Any]) -> CourseEnrolment:
    """How the record would be. The record itself stays: `write` tells what stood there before."""
    trial = CourseEnrolment(**{field.attname: getattr(record, field.attname) for field in record._meta.fields})
    trial.section, trial.enrolment = record.section, record.enrolment
    for name, value in fresh.items():
        setattr(trial, name, value)
    return trial


def end(
    actor: Actor,
    course_enrolment_id: int,
    on: dt.date,
    *,
    status: str = rules.WITHDRAWN,
    expected_revision: int | None = None,
    reason: str = "",
) -> CourseEnrolment:
    """Ends a course enrolment on its last day `on`. Raises as `change` does."""
    wanted = {"exit_date": on, "status": status}
    return change(actor, course_enrolment_id, wanted, expected_revision=expected_revision, reason=reason)


@transaction.atomic
def restore(
    actor: Actor, course_enrolment_id: int, before: Mapping[str, Any] | None, expected_revision: int, reason: str = ""
) -> Changed | None:
    """Takes a change back: `before` as in Changed; None takes out a record that was made. None when nothing differed.

    Raises StaleCourseEnrolment when the record has changed since `expected_revision`, ValidationError when the student sits in
    the section otherwise by now. The dates are not checked again: they stood there before. Of several changes those with
    `before` None go first (`restore_all`).
    """
    record = _one(course_enrolment_id, expected_revision)
    wanted = {"deleted": True} if before is None else _typed(before)
    fresh = {name: value for name, value in wanted.items() if name in KEPT and getattr(record, name) != value}
    _refuse_overlap(_with(record, fresh))
    return write(actor, [Update("restored", record, fresh)], reason=reason)[0] if fresh else None


@transaction.atomic
def restore_all(actor: Actor, changed: Sequence[Changed], reason: str = "") -> list[Changed]:
    """Takes all of `changed` back, or nothing. Raises StaleCourseEnrolment for the first record that has changed since."""
    back = []
    for one in sorted(changed, key=lambda one: (one.before is not None, one.id)):
        done = restore(actor, one.id, one.before, one.revision_after, reason)
        if done:
            back.append(done)
    return back


def _one(pk: int, expected_revision: int | None) -> CourseEnrolment:
    records = locked(pk=pk)
    if not records:
        raise CourseEnrolment.DoesNotExist
    if expected_revision is not None and records[0].revision != expected_revision:
        raise StaleCourseEnrolment(records[0])
    return records[0]


@dataclass(frozen=True)
class Update:
    """A change of a locked record: `kind` as in Changed, `fresh` the new values by name."""

    kind: str
    record: CourseEnrolment
    fresh: Mapping[str, Any]


ACTIONS = {
    "begun": audit.Verb.COURSE_ENROLMENT_BEGUN,
    "ended": audit.Verb.COURSE_ENROLMENT_ENDED,
    "removed": audit.Verb.COURSE_ENROLMENT_REMOVED,
    "moved": audit.Verb.COURSE_ENROLMENT_CARRIED_ON,
    "changed": audit.Verb.COURSE_ENROLMENT_CHANGED,
    "restored": audit.Verb.COURSE_ENROLMENT_RESTORED,
}


def write(
    actor: Actor,
    updates: Sequence[Update],
    additions: Iterable[CourseEnrolment] = (),
    *,
    reason: str = "",
    origin: str = Origin.SIS,
) -> list[Changed]:
    """Writes checked changes of locked records, and new records after them: for other services, inside their transaction.

    Records that take the same values are written by one statement; the number of statements does not grow with the records.
    """
    results: list[Changed] = []
    notes: list[tuple[CourseEnrolment, str, dict[str, list[Any]]]] = []
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for update in updates:
        record, fresh = update.record, dict(update.fresh)
        before = values(record)
        for name, value in fresh.items():
            setattr(record, name, value)
        record.revision += 1
        alike.setdefault(tuple(sorted(fresh.items())), []).append(record.pk)
        notes.append((record, update.kind, {name: [before[name], _text(value)] for name, value in fresh.items()}))
        results.append(Changed(record.pk, update.kind, before, values(record), record.revision))
    for changes, ids in alike.items():
        CourseEnrolment.objects.filter(pk__in=ids).update(**dict(changes), revision=F("revision") + 1)
    for record in CourseEnrolment.objects.bulk_create(additions, batch_size=200):
        after = values(record)
        notes.append(
            (record, "begun", {name: [None, after[name]] for name in KEPT if after[name] not in (None, False)})
        )
        results.append(Changed(record.pk, "begun", None, after, record.revision))
    _tell(actor, notes, reason, origin)
    return results


def _tell(
    actor: Actor, notes: Sequence[tuple[CourseEnrolment, str, dict[str, list[Any]]]], reason: str, origin: str
) -> None:
    subjects = [events.subject_of(record) for record, _kind, _changes in notes]
    audit.record_all(
        actor,
        [
            audit.Entry(ACTIONS[kind], subject.kind, str(subject.pk), subject.school_code, changes, reason)
            for subject, (_record, kind, changes) in zip(subjects, notes, strict=True)
        ],
    )
    events.leave_all(
        actor, [(subject, changes) for subject, (_r, _k, changes) in zip(subjects, notes, strict=True)], origin
    )
