"""Writes to students that come from PASI."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations.actor import Actor
from operations.services import audit
from sis.models import SchoolEnrolment, Student
from sis.models.event import Origin
from sis.services import events


@transaction.atomic
def create(actor: Actor, **known: Any) -> Student:
    """A student whom PASI has told of, with the fields that are known. Of the student itself nothing is sent."""
    student = Student(**known)
    student.search_name = student.make_search_name()
    student.save()
    audit.record(actor, audit.Entry(audit.Verb.STUDENT_CREATED, "student", str(student.pk)))
    return student


@transaction.atomic
def replace_asn(actor: Actor, student_id: int, asn: str, *, reason: str = "") -> Student:
    """The student goes by another ASN from now on; their enrolments are looked at again. Nothing is sent.

    Raises ValidationError {"asn": [sentence]} where another student has it.
    """
    student = Student.objects.select_for_update().get(pk=student_id)
    if Student.objects.filter(asn=asn).exclude(pk=student.pk).exists():
        raise ValidationError({"asn": [_("Another student has this ASN.")]})
    before, student.asn = student.asn, asn
    student.save(update_fields=["asn"])
    audit.record(
        actor,
        audit.Entry(audit.Verb.ASN_REPLACED, "student", str(student.pk), changes={"asn": [before, asn]}, reason=reason),
    )
    stays = SchoolEnrolment.objects.filter(student=student).select_related("school").order_by("pk")
    events.leave_all(actor, [(events.subject_of(stay), ["asn"]) for stay in stays], Origin.PASI)
    return student
