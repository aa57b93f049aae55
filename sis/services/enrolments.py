"""The one door through which school enrolments are written."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from operations import statements
from operations.actor import Actor
from operations.services import audit
from sis.models import School, SchoolEnrolment, Student
from sis.models.event import Origin
from sis.rules import enrolment as rules
from sis.rules.school_year import SchoolYear
from sis.rules.stays import Stay
from sis.services import events, stays
from sis.services.enrolment_checks import CODES, EDITABLE, MOST, check, hold, hold_days, values
from sis.services.stays import GuidedOnly

__all__ = [
    "CODES",
    "EDITABLE",
    "MOST",
    "GuidedOnly",
    "Many",
    "StaleRecord",
    "audit_value",
    "change",
    "change_many",
    "check",
    "create",
    "hold",
    "twins",
    "values",
]

FEW_STATEMENTS = 60  # for records that get the same values one each, else one for all


class StaleRecord(Exception):
    """The record has changed since the person saw it; `current` is the present one."""

    def __init__(self, current: SchoolEnrolment) -> None:
        super().__init__("The record has changed since it was read.")
        self.current = current


def audit_value(value: Any) -> Any:
    """A value as the audit shows it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _settle_external_id(enrolment: SchoolEnrolment) -> None:
    """An external ID that is entered without a source is unique in its school; one that another school has entered too is counted
    among the school's own, so that nobody learns of a record that they cannot see."""
    if enrolment.external_id is None:
        return
    own = ("", enrolment.school.organization_code)
    same = SchoolEnrolment.objects.filter(external_id=enrolment.external_id).exclude(pk=enrolment.pk)
    if enrolment.source not in own:
        taken = same.filter(source=enrolment.source).exists()
    else:
        taken = same.filter(source__in=own, school=enrolment.school).exists()
    if taken:
        raise ValidationError({"external_id": [_("Another enrolment of the school has this external ID.")]})
    if enrolment.source == "" and same.filter(source="").exists():
        enrolment.source = enrolment.school.organization_code


def _clean(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rules.canonical_codes(value) if name in CODES else value for name, value in changes.items()}


@transaction.atomic
def create(
    actor: Actor,
    student: Student,
    school: School,
    school_year: SchoolYear,
    fields: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
    today: dt.date | None = None,
) -> SchoolEnrolment:
    """A new enrolment. Raises ValidationError {field: [sentences]}; of what comes from PASI only for what cannot be held here.

    `today` is the day on which it counts as entered: that of a planned action, which is drawn before.
    """
    enrolment = SchoolEnrolment(student=student, school=school, school_year=school_year, **_clean(fields))
    after = values(enrolment)
    if origin == Origin.SIS:
        check(after)
        stays.lock([student.pk])
        others = stays.of_students([student.pk])[student.pk]
        stays.refuse(stays.faults(after, None, others, guided=True, reason=reason, today=today))
    else:
        hold(after)
    _settle_external_id(enrolment)
    enrolment.save(force_insert=True)
    if origin == Origin.SIS:
        stays.tell_main_schools(actor, enrolment, None, others)
    changes = {
        name: [None, audit_value(getattr(enrolment, name))]
        for name in EDITABLE
        if getattr(enrolment, name) not in ("", None, False)
    }
    audit.record(
        actor,
        audit.Entry(
            audit.Verb.ENROLMENT_CREATED, events.SCHOOL_ENROLMENT, str(enrolment.pk), school.code, changes, reason
        ),
    )
    events.leave(actor, enrolment, EDITABLE, origin)
    return enrolment


@transaction.atomic
def change(
    actor: Actor,
    enrolment_id: int,
    wanted: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    seen_version: int | None = None,
    expected_revision: int | None = None,
    reason: str = "",
    guided: bool = True,
    today: dt.date | None = None,
) -> SchoolEnrolment:
    """Changes the named fields. Nothing is written when nothing differs.

    `guided` is False for a person's plain edit, which must not withdraw, reopen or delete: GuidedOnly names the action. Raises
    StaleRecord when `expected_revision` is not the present one, ValidationError {field: [sentences]} when a rule
    is broken (of what comes from PASI only for what cannot be held here). `today` as for `create`.
    """
    unknown = set(wanted) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
    if origin == Origin.SIS and _concerns_stays(wanted):
        stays.lock(SchoolEnrolment.objects.filter(pk=enrolment_id).values_list("student_id", flat=True))
    enrolment = (
        SchoolEnrolment.objects.select_for_update(of=("self",)).select_related("student", "school").get(pk=enrolment_id)
    )
    if expected_revision is not None and enrolment.revision != expected_revision:
        raise StaleRecord(enrolment)
    changes = {
        name: [getattr(enrolment, name), value]
        for name, value in _clean(wanted).items()
        if getattr(enrolment, name) != value
    }
    if not changes:
        return enrolment
    before = values(enrolment)
    for name, (_before, value) in changes.items():
        setattr(enrolment, name, value)
    if origin == Origin.SIS:
        others = stays.of_students([enrolment.student_id])[enrolment.student_id] if _concerns_stays(changes) else []
        _refuse(enrolment, before, values(enrolment), others, guided=guided, reason=reason, today=today)
    else:
        hold(values(enrolment))
        reason = reason or _reason_of_pasi(changes)
    enrolment.revision += 1
    enrolment.save(update_fields=[*changes, "revision"])
    if origin == Origin.SIS:
        stays.tell_main_schools(actor, enrolment, before, others)
    audit_changes = {name: [audit_value(before), audit_value(after)] for name, (before, after) in changes.items()}
    audit.record(
        actor,
        audit.Entry(
            audit.Verb.ENROLMENT_CHANGED,
            events.SCHOOL_ENROLMENT,
            str(enrolment.pk),
            enrolment.school.code,
            audit_changes,
            reason,
        ),
    )
    events.leave(actor, enrolment, changes, origin, seen_version)
    return enrolment


def _reason_of_pasi(changes: Mapping[str, list[Any]]) -> str:
    """The audit never has a deletion without a reason; for our own deletions a person gives it."""
    return _("Taken from PASI") if changes.get("deleted", [None, False])[1] else ""


def _concerns_stays(names: Iterable[str]) -> bool:
    return not stays.LOOKED_AT.isdisjoint(names)


def _refuse(
    enrolment: SchoolEnrolment,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    others: Iterable[Stay],
    *,
    guided: bool,
    reason: str,
    today: dt.date | None = None,
) -> None:
    """Raises what the rules refuse; what an edit means (GuidedOnly) comes before what it breaks."""
    hold_days(after)
    faults = stays.faults(after, before, others, pk=enrolment.pk, guided=guided, reason=reason, today=today)
    stays.refuse(fault for fault in faults if fault.row.action)
    check(after, [name for name in EDITABLE if after[name] != before[name]])
    stays.refuse(faults)


def _others_of_many(wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, list[Stay]]:
    """The live stays of the students, as they will be; none where no field changes that the rules compare."""
    ids = [pk for pk, fields in wanted.items() if _concerns_stays(fields)]
    if not ids:
        return {}
    students = set(SchoolEnrolment.objects.filter(pk__in=ids).order_by().values_list("student_id", flat=True))
    stays.lock(students)
    return stays.as_planned(stays.of_students(students), wanted)


@transaction.atomic
def move(
    actor: Actor, enrolment_id: int, student: Student, school: School, school_year: SchoolYear, *, reason: str = ""
) -> SchoolEnrolment:
    """The enrolment follows PASI's record to its student, school and year; all else stays. Nothing is sent."""
    rows = SchoolEnrolment.objects.select_for_update(of=("self",)).select_related("student", "school")
    enrolment = rows.get(pk=enrolment_id)
    wanted = {"student": student, "school": school, "school_year": school_year}
    after = {"student": student.pk, "school": school.code, "school_year": str(school_year)}
    before = {
        "student": enrolment.student_id,
        "school": enrolment.school.code,
        "school_year": str(enrolment.school_year),
    }
    for name, value in wanted.items():
        setattr(enrolment, name, value)
    _settle_external_id(enrolment)
    enrolment.revision += 1
    enrolment.save(update_fields=[*wanted, "revision"])
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    for code in dict.fromkeys((before["school"], school.code)):  # so that both schools find it
        audit.record(
            actor,
            audit.Entry(
                audit.Verb.ENROLMENT_MOVED, events.SCHOOL_ENROLMENT, str(enrolment.pk), str(code), changes, reason
            ),
        )
    events.leave(actor, enrolment, wanted, Origin.PASI)
    return enrolment


@dataclass
class Many:
    """What became of a set. `changed` and `unchanged` hold the records as they are now, by id.

    `moved` are those that somebody changed in between, `refused` those that break a rule: nothing was written for either.
    """

    changed: dict[int, SchoolEnrolment] = field(default_factory=dict)
    unchanged: dict[int, SchoolEnrolment] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    refused: dict[int, ValidationError] = field(default_factory=dict)


def change_many(
    actor: Actor,
    wanted: Mapping[int, Mapping[str, Any]],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
    revisions: Mapping[int, int] | None = None,
    compared: bool = False,
) -> Many:
    """The same as `change` for a set of records, {id: {field: value}}, in a handful of statements however many they are.

    For chunks: call it inside the transaction of the chunk; some hundred records at most. `revisions` are those that were seen;
    a record without one is changed as it stands. `compared`: the caller compares the records with PASI in this transaction, so
    the events of origin `pasi` leave nothing to take up.
    """
    unknown = {name for fields in wanted.values() for name in fields} - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
    others = _others_of_many(wanted) if origin == Origin.SIS else {}
    rows = SchoolEnrolment.objects.select_for_update(of=("self",)).select_related("student", "school")
    done, entries, left = Many(), [], []
    names: set[str] = set()
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for enrolment in rows.filter(pk__in=list(wanted)).order_by("id"):
        if revisions and revisions.get(enrolment.pk, enrolment.revision) != enrolment.revision:
            done.moved.add(enrolment.pk)
            continue
        changes = {
            name: [getattr(enrolment, name), value]
            for name, value in _clean(wanted[enrolment.pk]).items()
            if getattr(enrolment, name) != value
        }
        if not changes:
            done.unchanged[enrolment.pk] = enrolment
            continue
        before = values(enrolment)
        after = {**before, **{name: value for name, (_before, value) in changes.items()}}
        try:
            if origin == Origin.SIS:
                _refuse(enrolment, before, after, others.get(enrolment.student_id, ()), guided=True, reason=reason)
            else:
                hold(after)
        except ValidationError as error:
            done.refused[enrolment.pk] = error
            continue
        for name, (_before, value) in changes.items():
            setattr(enrolment, name, value)
        enrolment.revision += 1
        done.changed[enrolment.pk] = enrolment
        names |= set(changes)
        alike.setdefault(tuple((name, value) for name, (_before, value) in changes.items()), []).append(enrolment.pk)
        shown_changes = {name: [audit_value(was), audit_value(value)] for name, (was, value) in changes.items()}
        entries.append(
            audit.Entry(
                audit.Verb.ENROLMENT_CHANGED,
                events.SCHOOL_ENROLMENT,
                str(enrolment.pk),
                enrolment.school.code,
                shown_changes,
                reason or _reason_of_pasi(changes),
            )
        )
        left.append((events.subject_of(enrolment), list(changes)))
    if done.changed:
        _write_many(done.changed, alike, names)
        audit.record_all(actor, entries)
        events.leave_all(actor, left, origin, taken_up=compared and origin == Origin.PASI)
    return done


def twins(wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """For values that an undo restores: a sentence by id where they now conflict with another stay."""
    looked_at = {pk: fields for pk, fields in wanted.items() if _concerns_stays(fields)}
    if not looked_at:
        return {}
    rows = list(
        SchoolEnrolment.objects.select_related("student", "school").filter(pk__in=list(looked_at)).order_by("pk")
    )
    others = stays.as_planned(stays.of_students(row.student_id for row in rows), wanted)
    by_id = {}
    for enrolment in rows:
        before = values(enrolment)
        after = {**before, **looked_at[enrolment.pk]}
        faults = stays.faults(
            after, before, others.get(enrolment.student_id, ()), pk=enrolment.pk, guided=True, reason=""
        )
        if sentences := [stays.sentence(fault) for fault in faults if fault.row.code in stays.TWINS]:
            by_id[enrolment.pk] = " ".join(sentences)
    return by_id


def _write_many(
    changed: Mapping[int, SchoolEnrolment], alike: Mapping[tuple[tuple[str, Any], ...], list[int]], names: set[str]
) -> None:
    """`alike`: the ids of the records that get the same values. One statement each where those are few."""
    if len(alike) > FEW_STATEMENTS:
        statements.update_all(changed.values(), (*sorted(names), "revision"))
        return
    for values_given, ids in alike.items():
        SchoolEnrolment.objects.filter(pk__in=ids).update(**dict(values_given), revision=F("revision") + 1)
