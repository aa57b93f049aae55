"""The entries themselves: written in the transaction of what they tell of."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from operations import clock
from operations.actor import Actor
from operations.models import Job
from pasi_connect.models import Action, ActionRecord, Decision
from sis.services.events import SCHOOL_ENROLMENT


def record(
    actor: Actor,
    kind: str,
    records: Iterable[ActionRecord],
    *,
    school_code: str = "",
    reason: str = "",
    note: str = "",
    given: dict[str, Any] | None = None,
    status: str = Action.Status.DONE,
    due_on: dt.date | None = None,
    job: Job | None = None,
) -> Action:
    """An action with its records, in the order in which they were done."""
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
        given=given or {},
        due_on=due_on,
        job=job,
    )
    add(action, records)
    return action


def add(action: Action, records: Iterable[ActionRecord]) -> None:
    made = list(records)
    for order, row in enumerate(made):
        row.action, row.order = action, row.order or order
    ActionRecord.objects.bulk_create(made, batch_size=500)


def of_decision(decision: Decision) -> ActionRecord:
    """The record of one decision: what the two sides were before it."""
    item = decision.discrepancy
    link = getattr(item.enrolment, "link", None) if item.enrolment_id else None
    return ActionRecord(
        subject_type=SCHOOL_ENROLMENT,
        subject_id=item.enrolment_id or (link.enrolment_id if link else 0),
        ref_id=item.ref_id,
        school_code=item.school_code,
        before={row["name"]: row["sis"] for row in decision.picture},
        after={row["name"]: row["pasi"] for row in decision.picture if row["name"] in decision.accepted},
        revision_after=decision.revision_after,
        decision=decision,
    )


def record_decision(actor: Actor, decision: Decision) -> Action:
    """A decision on one record is an action of its own."""
    return record(
        actor,
        Action.Kind.DECISION,
        [of_decision(decision)],
        school_code=decision.discrepancy.school_code,
        reason=decision.reason,
        given={"accepted": decision.accepted, "rejected": decision.rejected},
    )


def note_undone(actor: Actor, decision: Decision, reason: str = "") -> None:
    """The decision has been taken back; an action all of whose records are back has been taken back too."""
    now = clock.now()
    ActionRecord.objects.filter(decision=decision, undone_at=None).update(undone_at=now)
    (
        Action.objects.filter(records__decision=decision, undone_at=None)
        .exclude(pk__in=ActionRecord.objects.filter(undone_at=None).values("action"))
        .update(status=Action.Status.UNDONE, undone_at=now, undone_by=actor.name, undo_reason=reason)
    )
