"""School enrolments of a load, as sets."""

from collections.abc import Mapping, Sequence
from typing import Any

from operations.actor import Actor
from sis.models import SchoolEnrolment, Student
from sis.services import enrolments, events
from sis.services.loading.definition import EXTERNAL, Changed, Line, Reference, Resource, Way, members
from sis.services.loading.tables import SCHOOL
from sis.services.new_enrolments import create_many

STUDENT = Reference("student", Student, (Way({"student_external_id": EXTERNAL}), Way({"asn": "asn"})))


def _create(actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
    return create_many(actor, {line.number: {**line.targets, **line.values} for line in lines}, reason=reason)


def _change(actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
    result = enrolments.change_many(actor, wanted, reason=reason)
    return Changed(set(result.changed), dict(result.refused))


ENROLMENTS = Resource(
    "enrolments",
    events.SCHOOL_ENROLMENT,
    SchoolEnrolment,
    members=members(SchoolEnrolment, "school_year", *(name for name in enrolments.EDITABLE if name != "deleted")),
    create=_create,
    change=_change,
    references=(STUDENT, SCHOOL),
    needed=("school_year", "start_date", "exit_date"),
    fixed=("school_year",),
    own=("student", "school", "school_year", "start_date"),
    own_once=False,
    related=("student", "school"),
    school="school__code",
    step=500,
    ref_ids=True,
)
