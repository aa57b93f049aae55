"""Students of a load, as sets. What a person may change goes through the door of students; number and gender are the source's."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from operations.actor import Actor
from sis.models import SchoolEnrolment, Student
from sis.rules.loading import Kind
from sis.services import events, students
from sis.services.loading.definition import Changed, Line, Resource, members


def _create(actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
    return students.create_many(actor, {line.number: line.values for line in lines}, reason=reason)


def _change(actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
    done = Changed()
    asns = {pk: values["asn"] for pk, values in wanted.items() if "asn" in values}
    if asns:
        done.refused = _refuse_asns(asns)
    result = students.change_many(
        actor, {pk: values for pk, values in wanted.items() if pk not in done.refused}, reason=reason
    )
    done.changed, done.refused = set(result.changed), done.refused | result.refused
    if numbered := sorted(done.changed & asns.keys()):  # what was held for want of an ASN
        stays = SchoolEnrolment.objects.filter(student__in=numbered).select_related("school").order_by("pk")
        events.leave_all(actor, [(events.subject_of(stay), ["asn"]) for stay in stays])
    return done


def _refuse_asns(asns: Mapping[int, str | None]) -> dict[int, ValidationError]:
    """An ASN is added to a student who has none. What else happens to one is decided by people."""
    held = dict(Student.objects.filter(pk__in=list(asns)).values_list("pk", "asn"))
    taken = dict(Student.objects.filter(asn__in=[asn for asn in asns.values() if asn]).values_list("asn", "pk"))
    refused = {}
    for pk, asn in asns.items():
        if held[pk] is not None:
            sentence = _("The student has another ASN here. Correct it in the source, or decide on the student’s page.")
            refused[pk] = ValidationError({"asn": [sentence]})
        elif taken.get(asn, pk) != pk:
            refused[pk] = ValidationError({"asn": [_("Another student has this ASN.")]})
        taken.setdefault(asn, pk)
    return refused


STUDENTS = Resource(
    "students",
    events.STUDENT,
    Student,
    members=members(Student, "local_number", *students.EDITABLE, "gender", asn=Kind.ASN),
    create=_create,
    change=_change,
    needed=("legal_first_name", "legal_last_name", "birth_date"),
    own=("asn",),
    step=500,
)
