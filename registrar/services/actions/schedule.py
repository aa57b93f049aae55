"""Actions whose day is still to come: carried out by the tick on that day, as the person who planned them."""

import logging

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock, faults, offers, rights
from operations.actor import SYNC, Actor
from operations.services import audit, notices
from pasi_connect.models import Action
from pasi_connect.services.decisions import entries
from registrar.services.actions import plans, transferring
from sis.models import SchoolEnrolment, Student
from sis.services.events import SCHOOL_ENROLMENT

log = logging.getLogger(__name__)

STOPPED = "planned_action_stopped"
MAY = rights.to("act", "school_enrolment")  # checked again on the day
DRAW = {Action.Kind.TRANSFER_OUT: transferring.from_given}


def carry_out_due() -> None:
    """A chore of the tick; each action is a transaction of its own."""
    due = Action.objects.filter(status=Action.Status.PLANNED, due_on__lte=clock.today()).order_by("due_on", "id")
    for pk in list(due.values_list("pk", flat=True)[:50]):
        try:
            carry_out(pk)
        except Exception as error:  # noqa: BLE001 - counted, or raised on
            _count(pk, error)


@transaction.atomic
def _count(action_id: int, error: Exception) -> None:
    """An action that raises holds up no other; after its last try it stops, for a person to look at."""
    if not faults.ours(error):
        raise error
    action = Action.objects.select_for_update().filter(pk=action_id, status=Action.Status.PLANNED).first()
    if action is None:
        return
    where, tries = faults.place(error), int(action.inputs.get("tries", 0)) + 1
    log.warning("Planned action %s, try %s: %s", action.pk, tries, where)
    if tries >= faults.MOST_TRIES:
        _stop(action, _("An error in PASI Connect stopped it three times: %(place)s.") % {"place": where})
        return
    action.inputs["tries"] = tries
    action.save(update_fields=["inputs"])


@transaction.atomic
def carry_out(action_id: int) -> None:
    """What can no longer be done, or not by its author, stops with the reason, and the school gets a notice. Safe to run twice."""
    student_id = Action.objects.values_list("records__subject_id", flat=True).filter(pk=action_id).first()
    if student_id is None:
        return
    Student.objects.select_for_update().filter(enrolments=student_id).first()
    action = Action.objects.select_for_update().filter(pk=action_id, status=Action.Status.PLANNED).first()
    if action is None:
        return
    if why := rights.lost(action.user_id, offers.Right(MAY, frozenset([action.school_code]) - {""})):
        _stop(action, why)
        return
    actor = Actor(action.user_id, action.actor_name, action.actor_local_id, action.actor_ip)
    try:
        with transaction.atomic():
            plan = DRAW[Action.Kind(action.kind)](action.inputs, action.reason, action.note)
            done = plans.carry_out(actor, plan)
    except (plans.Refused, ValidationError) as error:
        _stop(action, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        return
    action.records.all().delete()
    action.status, action.at = Action.Status.DONE, clock.now()
    entries.add(action, done.records)
    action.inputs["not_carried"] = plans.left_over(done.not_carried)
    action.save(update_fields=["status", "at", "inputs"])
    audit.record(actor, audit.Entry(audit.Verb.PLANNED_ACTION_DONE, "action", str(action.pk), action.school_code))


def _stop(action: Action, why: str) -> None:
    action.status, action.detail = Action.Status.STOPPED, why
    action.save(update_fields=["status", "detail"])
    audit.record(
        SYNC, audit.Entry(audit.Verb.PLANNED_ACTION_STOPPED, "action", str(action.pk), action.school_code, reason=why)
    )
    stays = action.records.filter(entity=SCHOOL_ENROLMENT).values("subject_id")
    student = SchoolEnrolment.objects.filter(pk__in=stays).values_list("student_id", flat=True).first()
    values = {"kind": action.kind, "who": action.actor_name, "student": student}
    notices.leave(action.school_code, STOPPED, values, f"/actions/{action.pk}/")
