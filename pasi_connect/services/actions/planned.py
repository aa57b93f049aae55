"""Actions whose day is still to come: carried out by the tick on that day, as the person who planned them."""

import logging

from django.core.exceptions import ValidationError
from django.db import transaction

from operations import clock
from operations.actor import SYNC, Actor
from operations.services import audit, notices
from pasi_connect.models import Action
from pasi_connect.services.actions import entries, plans, transferring
from sis.models import Student

log = logging.getLogger(__name__)

STOPPED = "planned_action_stopped"
DRAW = {Action.Kind.TRANSFER_OUT: transferring.from_given}


def carry_out_due() -> None:
    """A chore of the tick; each action is a transaction of its own."""
    due = Action.objects.filter(status=Action.Status.PLANNED, due_on__lte=clock.today()).order_by("due_on", "id")
    for pk in list(due.values_list("pk", flat=True)[:50]):
        carry_out(pk)


@transaction.atomic
def carry_out(action_id: int) -> None:
    """What cannot be done any more stops with its reason, and the school gets a notice. Harmless when run twice."""
    student_id = Action.objects.values_list("records__subject_id", flat=True).filter(pk=action_id).first()
    if student_id is None:
        return
    Student.objects.select_for_update().filter(enrolments=student_id).first()
    action = Action.objects.select_for_update().filter(pk=action_id, status=Action.Status.PLANNED).first()
    if action is None:
        return
    actor = Actor(action.user_id, action.actor_name, action.actor_local_id, action.actor_ip)
    try:
        with transaction.atomic():
            plan = DRAW[Action.Kind(action.kind)](action.given, action.reason, action.note)
            done = plans.carry_out(actor, plan)
    except (plans.Refused, ValidationError) as error:
        _stop(action, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        return
    action.records.all().delete()
    entries.add(action, done.records)
    plans.tell_schools(actor, plan)
    action.status, action.at = Action.Status.DONE, clock.now()
    action.given["not_carried"] = plans.left_over(done.not_carried)
    action.save(update_fields=["status", "at", "given"])
    audit.record(actor, audit.Entry("planned action done", "action", str(action.pk), action.school_code))


def _stop(action: Action, why: str) -> None:
    action.status, action.detail = Action.Status.STOPPED, why
    action.save(update_fields=["status", "detail"])
    audit.record(SYNC, audit.Entry("planned action stopped", "action", str(action.pk), action.school_code, reason=why))
    notices.leave(action.school_code, STOPPED, {"kind": action.kind, "who": action.actor_name}, f"/actions/{action.pk}/")
