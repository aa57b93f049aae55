"""The one door through which school enrolments are written."""

import datetime as dt
from collections.abc import Mapping
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
from sis.services import events

# What a person may change on an existing enrolment. School, year and student make it another enrolment.
EDITABLE = (
    "grade", "start_date", "exit_date", "exit_date_type", "programming_type", "programming_timeframe", "program_percentage",
    "local_student_id", "resident_board", "francophone_board", "fnmi_declaration", "french_hours", "enrolment_type_codes",
    "exception_codes", "grants_program_codes", "deleted", "entry_code", "exit_code", "concurrent",
)  # fmt: skip
FEW_STATEMENTS = 60  # for records that get the same values one each, else one for all
IDENTITY = ("student", "school", "school_year")


class StaleRecord(Exception):
    """The record has changed since the person saw it; `current` is how it stands now."""

    def __init__(self, current: SchoolEnrolment) -> None:
        super().__init__("The record has changed since it was read.")
        self.current = current


class GuidedOnly(Exception):
    """This edit is a guided action: `action` names it as its address does (`withdraw`)."""

    def __init__(self, action: str) -> None:
        super().__init__(
            _("Use “Withdraw”: it asks for the last day attended and the reason, and ends the courses too.")
            if action == rules.WITHDRAW
            else _("Use “The withdrawal was a mistake”, or “Return” for a student who came back: a new enrolment.")
        )
        self.action = action


def values(enrolment: SchoolEnrolment) -> dict[str, Any]:
    """All editable fields and the identity, by name."""
    return {name: getattr(enrolment, name) for name in (*EDITABLE, *IDENTITY)}


def check(record: Mapping[str, Any]) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule."""
    problems: dict[str, list[str]] = {}
    for fault in rules.faults(record):
        message = _(fault.rule.message)
        problems.setdefault(fault.rule.field, []).append(
            f"{message} ({_('rule')} {fault.rule.number})" if fault.rule.number else message
        )
    if problems:
        raise ValidationError(problems)


def shown(value: Any) -> Any:
    """A value as it stands in the audit."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _clean(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: rules.canonical_codes(value) if name in rules.CODE_LISTS else value for name, value in changes.items()
    }


@transaction.atomic
def create(
    actor: Actor,
    student: Student,
    school: School,
    school_year: SchoolYear,
    given: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
) -> SchoolEnrolment:
    """A new enrolment. Raises ValidationError {field: [sentences]}; records that come from PASI are taken as they are."""
    enrolment = SchoolEnrolment(student=student, school=school, school_year=school_year, **_clean(given))
    if origin == Origin.SIS:
        check(values(enrolment))
    enrolment.save(force_insert=True)
    changes = {
        name: [None, shown(getattr(enrolment, name))]
        for name in EDITABLE
        if getattr(enrolment, name) not in ("", None, False)
    }
    audit.record(
        actor,
        audit.Entry("enrolment created", events.SCHOOL_ENROLMENT, str(enrolment.pk), school.code, changes, reason),
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
) -> SchoolEnrolment:
    """Changes the named fields. Nothing is written when nothing differs.

    `guided` is False for a person's plain edit, which must not withdraw or reopen: GuidedOnly names the action. Raises
    StaleRecord when `expected_revision` is not the present one, ValidationError {field: [sentences]} when a rule
    is broken (records that come from PASI are taken as they are).
    """
    unknown = set(wanted) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
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
    if not guided and (action := rules.guided_only(values(enrolment), wanted)):
        raise GuidedOnly(action)
    for name, (_before, after) in changes.items():
        setattr(enrolment, name, after)
    if origin == Origin.SIS:
        check(values(enrolment))
    enrolment.revision += 1
    enrolment.save(update_fields=[*changes, "revision"])
    told = {name: [shown(before), shown(after)] for name, (before, after) in changes.items()}
    audit.record(
        actor,
        audit.Entry(
            "enrolment changed", events.SCHOOL_ENROLMENT, str(enrolment.pk), enrolment.school.code, told, reason
        ),
    )
    events.leave(actor, enrolment, changes, origin, seen_version)
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
    unknown = {name for given in wanted.values() for name in given} - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
    rows = SchoolEnrolment.objects.select_for_update(of=("self",)).select_related("student", "school")
    done, told, left = Many(), [], []
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
        if origin == Origin.SIS:
            try:
                check({**values(enrolment), **{name: after for name, (_before, after) in changes.items()}})
            except ValidationError as error:
                done.refused[enrolment.pk] = error
                continue
        for name, (_before, after) in changes.items():
            setattr(enrolment, name, after)
        enrolment.revision += 1
        done.changed[enrolment.pk] = enrolment
        names |= set(changes)
        alike.setdefault(tuple((name, after) for name, (_before, after) in changes.items()), []).append(enrolment.pk)
        shown_changes = {name: [shown(before), shown(after)] for name, (before, after) in changes.items()}
        told.append(
            audit.Entry(
                "enrolment changed",
                events.SCHOOL_ENROLMENT,
                str(enrolment.pk),
                enrolment.school.code,
                shown_changes,
                reason,
            )
        )
        left.append((events.subject_of(enrolment), list(changes)))
    if done.changed:
        _write_many(done.changed, alike, names)
        audit.record_all(actor, told)
        events.leave_all(actor, left, origin, taken_up=compared and origin == Origin.PASI)
    return done


def _write_many(
    changed: Mapping[int, SchoolEnrolment], alike: Mapping[tuple[tuple[str, Any], ...], list[int]], names: set[str]
) -> None:
    """`alike`: the ids of the records that get the same values. One statement each where those are few."""
    if len(alike) > FEW_STATEMENTS:
        statements.update_all(changed.values(), (*sorted(names), "revision"))
        return
    for values_given, ids in alike.items():
        SchoolEnrolment.objects.filter(pk__in=ids).update(**dict(values_given), revision=F("revision") + 1)
