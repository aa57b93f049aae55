"""The one door through which students are written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import statements, wording
from operations.actor import Actor
from operations.rules import latin1
from operations.services import audit
from sis.models import SchoolEnrolment, Student
from sis.models.event import Origin
from sis.rules import student as rules
from sis.services import events
from sis.services.columns import most_characters
from sis.services.enrolments import audit_value

# What a person may change: names and identification.
EDITABLE = rules.FIELDS
MOST = most_characters(Student, EDITABLE)


class StaleStudent(Exception):
    """The student has changed since the person saw them; `current` is the present record."""

    def __init__(self, current: Student) -> None:
        super().__init__("The student has changed since they were read.")
        self.current = current


@dataclass
class Many:
    """What became of a set. `changed` and `unchanged` hold the students as they are now, by id.

    `moved` are those that somebody changed in between, `refused` those that break a rule: nothing was written for either.
    """

    changed: dict[int, Student] = field(default_factory=dict)
    unchanged: dict[int, Student] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    refused: dict[int, ValidationError] = field(default_factory=dict)


def values(student: Student) -> dict[str, Any]:
    """All editable fields, by name."""
    return {name: getattr(student, name) for name in EDITABLE}


def check(record: Mapping[str, Any], touched: Iterable[str] = EDITABLE) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule that concerns the fields `touched`."""
    names = list(touched)
    problems: dict[str, list[str]] = {
        name: [_(latin1.INVISIBLE)]
        for name in names
        if isinstance(record[name], str) and not latin1.enterable(record[name])
    }
    for rule in rules.faults(record, names):
        problems.setdefault(rule.field, []).append(wording.with_number(_(rule.message), rule.number))
    if problems:
        raise ValidationError(problems)


def hold(record: Mapping[str, Any]) -> None:
    """Raises ValidationError {field: [sentences]} for what no student here can hold, wherever it comes from."""
    problems = {
        name: [_("This is longer than %(most)s characters.") % {"most": most}]
        for name, most in MOST.items()
        if len(record[name]) > most
    }
    problems |= {
        name: [_("This field cannot be empty.")]
        for name in ("legal_first_name", "legal_last_name", "birth_date")
        if not record[name]
    }
    if problems:
        raise ValidationError(problems)


@transaction.atomic
def create(actor: Actor, **fields: Any) -> Student:
    """A student from PASI, with the fields that PASI has. Nothing about the student itself is sent."""
    student = Student(**fields)
    student.search_name = student.make_search_name()
    student.save()
    audit.record(actor, audit.Entry(audit.Verb.STUDENT_CREATED, events.STUDENT, str(student.pk)))
    return student


@transaction.atomic
def create_many(
    actor: Actor, wanted: Mapping[Any, Mapping[str, Any]], *, reason: str = ""
) -> dict[Any, Student | ValidationError]:
    """Students whom another system has told of, in a handful of statements: by whatever tells them apart, the fields that are known.

    Gives what became of each: the student, or what refuses them. No two may have one ASN.
    """
    results: dict[Any, Student | ValidationError] = {}
    for place, fields in wanted.items():
        student = Student(**fields)
        record = values(student)
        try:
            check(record)
            hold(record)
        except ValidationError as error:
            results[place] = error
            continue
        student.search_name = student.make_search_name()
        results[place] = student
    new = [one for one in results.values() if isinstance(one, Student)]
    statements.insert_all(new)
    verb = audit.Verb.RECORD_LOADED
    audit.record_all(actor, [audit.Entry(verb, events.STUDENT, str(one.pk), reason=reason) for one in new])
    events.leave_all(actor, [(events.subject_of(one), EDITABLE) for one in new])
    return results


@transaction.atomic
def change(
    actor: Actor,
    student_id: int,
    wanted: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    seen_version: int | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Student:
    """Changes the named fields. Nothing is written when nothing differs.

    Raises StaleStudent when `expected_revision` is not the present one, ValidationError {field: [sentences]} when a rule is broken
    (of what comes from PASI only for what cannot be held here).
    """
    unknown = set(wanted) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
    student = Student.objects.select_for_update().get(pk=student_id)
    if expected_revision is not None and student.revision != expected_revision:
        raise StaleStudent(student)
    changes = _changed(student, wanted, origin)
    if changes:
        _write(actor, [(student, changes)], reason, origin, seen_version)
    return student


@transaction.atomic
def change_many(
    actor: Actor,
    wanted: Mapping[int, Mapping[str, Any]],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
    revisions: Mapping[int, int] | None = None,
    compared: bool = False,
) -> Many:
    """The same for a set, {id: {field: value}}, in a handful of statements however many they are.

    `revisions` are those that were seen; `compared`: the caller compares the students with PASI in this transaction, so the events of
    origin `pasi` leave nothing to take up.
    """
    done = Many()
    written = []
    for student in Student.objects.select_for_update().filter(pk__in=list(wanted)).order_by("pk"):
        if revisions and revisions.get(student.pk, student.revision) != student.revision:
            done.moved.add(student.pk)
            continue
        try:
            changes = _changed(student, wanted[student.pk], origin)
        except ValidationError as error:
            done.refused[student.pk] = error
            continue
        if changes:
            done.changed[student.pk] = student
            written.append((student, changes))
        else:
            done.unchanged[student.pk] = student
    if written:
        _write(actor, written, reason, origin, taken_up=compared and origin == Origin.PASI)
    return done


def _changed(student: Student, wanted: Mapping[str, Any], origin: str) -> dict[str, list[Any]]:
    """{field: [before, after]} of what differs, set on the student and not saved."""
    changes = {
        name: [getattr(student, name), value] for name, value in wanted.items() if getattr(student, name) != value
    }
    after = {**values(student), **{name: value for name, (_before, value) in changes.items()}}
    if changes and origin == Origin.SIS:
        check(after, changes)
    if changes:
        hold(after)
    for name, (_before, value) in changes.items():
        setattr(student, name, value)
    return changes


def _write(
    actor: Actor,
    changed: list[tuple[Student, dict[str, list[Any]]]],
    reason: str,
    origin: str,
    seen_version: int | None = None,
    taken_up: bool = False,
) -> None:
    """Saves the students, with audit entries and events, in three statements."""
    entries = []
    for student, changes in changed:
        student.search_name = student.make_search_name()
        student.revision += 1
        audit_changes = {name: [audit_value(before), audit_value(value)] for name, (before, value) in changes.items()}
        entries.append(
            audit.Entry(
                audit.Verb.STUDENT_CHANGED, events.STUDENT, str(student.pk), changes=audit_changes, reason=reason
            )
        )
    names = {name for _student, changes in changed for name in changes}
    statements.update_all([student for student, _changes in changed], (*sorted(names), "search_name", "revision"))
    audit.record_all(actor, entries)
    event_changes = [(events.subject_of(student), changes) for student, changes in changed]
    events.leave_all(actor, event_changes, origin, seen_version, taken_up=taken_up)


@transaction.atomic
def replace_asn(actor: Actor, student_id: int, asn: str, *, reason: str = "") -> Student:
    """Gives the student another ASN; their enrolments are looked at again. Nothing is sent.

    Raises ValidationError {"asn": [sentence]} where another student has it.
    """
    student = Student.objects.select_for_update().get(pk=student_id)
    if Student.objects.filter(asn=asn).exclude(pk=student.pk).exists():
        raise ValidationError({"asn": [_("Another student has this ASN.")]})
    before, student.asn = student.asn, asn
    student.revision += 1
    student.save(update_fields=["asn", "revision"])
    audit.record(
        actor,
        audit.Entry(
            audit.Verb.ASN_REPLACED, events.STUDENT, str(student.pk), changes={"asn": [before, asn]}, reason=reason
        ),
    )
    stays = SchoolEnrolment.objects.filter(student=student).select_related("school").order_by("pk")
    subjects = [events.subject_of(student), *map(events.subject_of, stays)]
    events.leave_all(actor, [(subject, ["asn"]) for subject in subjects], Origin.PASI)
    return student
