"""New school enrolments as a set: the rules, the audit and the events of `enrolments.create`, in a handful of statements."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from operations import clock, statements
from operations.actor import Actor
from operations.services import audit
from sis.models import SchoolEnrolment
from sis.rules.stays import Stay
from sis.services import events, stays
from sis.services.enrolment_checks import EDITABLE, check, values
from sis.services.enrolments import audit_value

NOTHING = ("", None, False)


@transaction.atomic
def create_many(
    actor: Actor, wanted: Mapping[Any, Mapping[str, Any]], *, reason: str = ""
) -> dict[Any, SchoolEnrolment | ValidationError]:
    """`wanted`: by whatever tells them apart, student, school, school year and the other fields of a new enrolment each, with its
    external ID and source. Gives what became of each: the enrolment, or what refuses it.

    For chunks: some hundred enrolments in the caller's transaction. They are held against each other too, in the order fields.
    """
    results: dict[Any, SchoolEnrolment | ValidationError] = {}
    students = {fields["student"].pk for fields in wanted.values()}
    stays.lock(students)
    others = defaultdict(list, stays.of_students(students))
    today = clock.today()
    new: list[tuple[SchoolEnrolment, list[Stay]]] = []
    for place, fields in wanted.items():
        enrolment = SchoolEnrolment(**fields)
        mine = others[enrolment.student_id]
        after = values(enrolment)
        try:
            check(after)
            stays.refuse(stays.faults(after, None, mine, guided=True, reason=reason, today=today))
        except ValidationError as error:
            results[place] = error
            continue
        results[place] = enrolment
        new.append((enrolment, list(mine)))
        mine.append(_stay(enrolment))
    rows = [enrolment for enrolment, _mine in new]
    statements.insert_all(rows)
    for enrolment, mine in new:
        if mine:
            stays.tell_main_schools(actor, enrolment, None, mine)
    audit.record_all(actor, [_entry(enrolment, reason) for enrolment in rows])
    events.leave_all(actor, [(events.subject_of(enrolment), EDITABLE) for enrolment in rows])
    return results


def _stay(enrolment: SchoolEnrolment) -> Stay:
    return Stay(
        enrolment.school.code,
        enrolment.school_year,
        enrolment.start_date,
        enrolment.exit_date,
        enrolment.programming_type,
        enrolment.programming_timeframe,
        concurrent=enrolment.concurrent,
    )


def _entry(enrolment: SchoolEnrolment, reason: str) -> audit.Entry:
    changes = {
        name: [None, audit_value(value)] for name in EDITABLE if (value := getattr(enrolment, name)) not in NOTHING
    }
    return audit.Entry(
        audit.Verb.ENROLMENT_CREATED,
        events.SCHOOL_ENROLMENT,
        str(enrolment.pk),
        enrolment.school.code,
        changes,
        reason,
    )
