"""How decisions are taken back as actions: one at once, a bulk of them as a job."""

from collections.abc import Sequence

from django.db.models import prefetch_related_objects

from operations.actor import Actor
from pasi_connect.models import Action, ActionRecord
from pasi_connect.services import decisions
from pasi_connect.services.actions import undoing


def why_not(action: Action, records: Sequence[ActionRecord]) -> dict[int, str]:
    prefetch_related_objects(list(records), "decision__discrepancy")
    found = decisions.why_not_many([record.decision for record in records if record.decision])
    return {record.pk: found[record.decision_id] for record in records if record.decision_id in found}


def undo(actor: Actor, action: Action, records: Sequence[ActionRecord], reason: str) -> None:
    decisions.undo_many(actor, [record.decision_id for record in records if record.decision_id], reason)


PERMISSION = "operations.core_alerts"
undoing.register(
    Action.Kind.DECISION, undoing.Undoer(why_not, undo, whole=True, needs_reason=False, permission=PERMISSION)
)
undoing.register(
    Action.Kind.BULK_DECISION, undoing.Undoer(why_not, undo, whole=False, needs_reason=True, permission=PERMISSION)
)
