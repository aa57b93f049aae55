"""Why an action cannot be done: what a planner raises, in words for people."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pasi_connect.models import Action
from pasi_connect.selectors import Sight
from registrar.rules.guided import Fault
from sis.models import SchoolEnrolment, Student
from sis.services.events import SCHOOL_ENROLMENT


class Refused(Exception):
    """The record is in a state in which this action cannot be done; the message says so and names the way."""


class PlannedAlready(Refused):
    """Another action of the student waits for its day: `action`."""

    def __init__(self, action: Action) -> None:
        super().__init__(_("This student already has a planned action. Cancel it first, or wait until it is done."))
        self.action = action

    def text(self, sight: Sight) -> str:
        """Says which one and whose where the person may see it."""
        if not sight.sees(self.action):
            return _(
                "Another school has planned an action for this student. Only one action can be planned at a time: "
                "ask a district officer, or wait until it is done."
            )
        text = _(
            "“%(action)s” is planned for this student for %(day)s, by %(who)s. Only one action can be planned at a "
            "time: cancel that one first, or wait until it is done."
        )
        return text % {
            "action": self.action.get_kind_display(), "day": self.action.due_on, "who": self.action.actor_name
        }  # fmt: skip

    def facts(self, sight: Sight) -> dict[str, Any] | None:
        if not sight.sees(self.action):
            return None
        return {"id": self.action.pk, "due_on": self.action.due_on, "actor": self.action.actor_name}


def refuse(faults: list[Fault]) -> None:
    """Raises ValidationError {field: [sentences]} when there are any."""
    problems: dict[str, list[str]] = {}
    for fault in faults:
        problems.setdefault(fault.field, []).append(_(fault.message))
    if problems:
        raise ValidationError(problems)


def refuse_second_plan(student: Student) -> None:
    """Two plans of one student would each start from what the other changes."""
    planned = Action.objects.filter(
        status=Action.Status.PLANNED,
        due_on__isnull=False,
        records__entity=SCHOOL_ENROLMENT,
        records__subject_id__in=SchoolEnrolment.objects.filter(student=student).values("pk"),
    )
    first = planned.order_by("due_on", "pk").first()
    if first is not None:
        raise PlannedAlready(first)
