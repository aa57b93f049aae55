"""Action entries, written in the same transaction as the changes they record."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from operations import clock, statements
from operations.actor import Actor
from operations.models import Job
from pasi_connect import entities
from pasi_connect.models import Action, ActionRecord, Decision, Discrepancy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.services.decisions import notices
from sis.models import School


def record(
    actor: Actor,
    kind: str,
    records: Iterable[ActionRecord],
    *,
    school_code: str = "",
    reason: str = "",
    note: str = "",
    inputs: dict[str, Any] | None = None,
    status: str = Action.Status.DONE,
    due_on: dt.date | None = None,
    job: Job | None = None,
) -> Action:
    """An action with its records, in the order in which they were changed."""
    action = Action.objects.create(
        kind=kind,
        status=status,
        school_code=school_code,
        at=clock.now(),
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_local_id=actor.local_id,
        actor_ip=actor.ip,
        reason=reason,
        note=note,
        inputs=inputs or {},
        due_on=due_on,
        job=job,
    )
    add(action, records)
    return action


def at_another_school(school_code: str) -> str:
    """The reason shown at another school: who did it. The real reason is for the school that did it."""
    return _("An action of school %(school)s") % {"school": school_code}


def add(action: Action, records: Iterable[ActionRecord]) -> None:
    """Adds the action's records and its notices; a planned action sends its notices on its day."""
    rows = list(records)
    for order, row in enumerate(rows):
        row.action, row.order = action, row.order or order
    statements.insert_all(rows)
    if rows and action.status == Action.Status.DONE:
        notices.tell_done(action, rows)


def of_decision(actor: Actor, decision: Decision, subject_id: int, order: int = 0) -> ActionRecord:
    """The record of one decision: what the two sides were before it. `subject_id`: the SIS record that it is about."""
    item = decision.discrepancy
    return ActionRecord(
        order=order,
        entity=item.entity,
        subject_id=subject_id,
        key=item.key,
        school_code=school_of(actor, item),
        before=None if decision.created_record else {row["name"]: row["sis"] for row in decision.picture},
        after={row["name"]: row["pasi"] for row in decision.picture if row["name"] in decision.accepted},
        revision_after=decision.revision_after,
        decision=decision,
    )


def school_of(actor: Actor, item: Discrepancy) -> str:
    """Where a decision on the item is made. Of a record that stands at several schools, the person's own among them."""
    sis = entities.by_kind(item.entity).sis
    if sis is None or sis.schools is None or item.subject_id is None:
        return item.school_code
    codes = [school.code for school in sis.schools([item.subject_id]).get(item.subject_id, [])]
    own = School.objects.filter(access__user=actor.user_id, code__in=codes).values_list("code", flat=True)
    return min(own, key=codes.index) if actor.user_id and own else item.school_code


def record_decision(actor: Actor, decision: Decision, subject_id: int) -> Action:
    """A decision on one record is an action of its own."""
    row = of_decision(actor, decision, subject_id)
    return record(
        actor,
        Action.Kind.DECISION,
        [row],
        school_code=row.school_code,
        reason=decision.reason,
        inputs={"accepted": decision.accepted, "rejected": decision.rejected}
        | ({"decision": "link_anew"} if "link" in decision.before else {}),
    )


def note_undone(actor: Actor, decisions: Sequence[Decision], reason: str = "") -> None:
    """Marks these decisions as undone, and each action whose records have all been undone."""
    now, ids = clock.now(), [decision.pk for decision in decisions]
    moving = [decision.pk for decision in decisions if decision.discrepancy.kind == Kind.IDENTITY_CHANGED_IN_PASI]
    if moving:
        records = ActionRecord.objects.filter(decision__in=moving).select_related("action", "decision__discrepancy")
        for row in records:
            notices.tell_undone(actor, row.action, [row])
    ActionRecord.objects.filter(decision__in=ids, undone_at=None).update(undone_at=now)
    touched = ActionRecord.objects.filter(decision__in=ids).values("action")
    left = ActionRecord.objects.filter(action=OuterRef("pk"), undone_at=None)
    Action.objects.filter(~Exists(left), pk__in=touched, undone_at=None).update(
        status=Action.Status.UNDONE, undone_at=now, undone_by=actor.name, undo_reason=reason
    )
