"""The note that a record changed. The only thing that the SIS leaves for those who look at its records."""

from collections.abc import Iterable

from operations import clock, wake
from operations.actor import Actor
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin

SCHOOL_ENROLMENT = "school_enrolment"


def leave(
    actor: Actor,
    enrolment: SchoolEnrolment,
    fields: Iterable[str],
    origin: str = Origin.SIS,
    seen_version: int | None = None,
) -> DataEvent:
    """Call inside the transaction of the change. Wakes the collector after commit."""
    event = DataEvent.objects.create(
        at=clock.now(),
        subject_type=SCHOOL_ENROLMENT,
        subject_id=enrolment.pk,
        student_id=enrolment.student_id,
        school_code=enrolment.school.code,
        fields=sorted(fields),
        origin=origin,
        seen_version=seen_version,
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_local_id=actor.local_id,
        actor_ip=actor.ip,
    )
    wake.after_commit("pasi_connect.collect", enrolment.pk)
    return event
