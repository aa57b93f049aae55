"""The worker's part of an action: everything goes to PASI in its order, and comes back."""

from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import collecting, sending, submissions
from registrar.services.actions import plans
from sis.models import DataEvent, SchoolEnrolment
from sis.services.events import SCHOOL_ENROLMENT
from tests.pasi_connect.world import World


def fresh(enrolment: SchoolEnrolment) -> SchoolEnrolment:
    return SchoolEnrolment.objects.select_related("student", "school").get(pk=enrolment.pk)


def act(world: World, planner, enrolment: SchoolEnrolment, **given):
    """Looks at the preview, does it as seen, and lets everything reach PASI."""
    looked = plans.preview(world.actor, lambda: planner(fresh(enrolment), **given))
    done = plans.do(world.actor, enrolment.student_id, lambda: planner(fresh(enrolment), **given), looked.version)
    settle(world)
    return done


def collect() -> None:
    left = DataEvent.objects.filter(entity=SCHOOL_ENROLMENT, collected_at=None).order_by("id")
    for subject in dict.fromkeys(left.values_list("subject_id", flat=True)):
        collecting.collect(ENTITY.kind, subject)


def settle(world: World) -> None:
    """Until nothing moves any more."""
    collect()
    for _round in range(10):
        submissions.release_held()
        waiting = list(Submission.objects.filter(status=Status.WAITING).order_by("id").values_list("pk", flat=True))
        if not waiting:
            break
        for pk in waiting:
            sending.attempt(pk)
    world.pull()
