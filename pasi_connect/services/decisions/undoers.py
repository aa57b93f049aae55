"""How decisions are undone as actions: a single one at once, a bulk as a job."""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import prefetch_related_objects

from operations import rights
from operations.actor import Actor
from pasi_connect.models import Action, ActionRecord
from pasi_connect.services import decisions
from pasi_connect.services.decisions import taking_back


def why_not(action: Action, records: Sequence[ActionRecord]) -> dict[int, str]:
    prefetch_related_objects(list(records), "decision__discrepancy")
    reasons = decisions.why_not_many([record.decision for record in records if record.decision])
    return {record.pk: reasons[record.decision_id] for record in records if record.decision_id in reasons}


def undo(actor: Actor, action: Action, records: Sequence[ActionRecord], reason: str) -> None:
    decisions.undo_many(actor, [record.decision_id for record in records if record.decision_id], reason)


def former(action: Action, records: Sequence[ActionRecord]) -> set[int]:
    prefetch_related_objects(list(records), "decision__discrepancy")
    values = decisions.former_many([record.decision for record in records if record.decision])
    return {record.pk for record in records if record.decision_id in values}


def take_former(actor: Actor, action: Action, records: Sequence[ActionRecord], reason: str) -> dict[int, str]:
    prefetch_related_objects(list(records), "decision__discrepancy")
    mine = [record.decision for record in records if record.decision]
    why_not = decisions.take_former_many(actor, mine, reason)
    return {record.pk: why_not[record.decision_id] for record in records if record.decision_id in why_not}


ONE = taking_back.Undoer(
    why_not,
    undo,
    whole=True,
    needs_reason=False,
    permission=rights.to("decide", "change")[0],
    former=former,
    take_former=take_former,
)
taking_back.register(Action.Kind.DECISION, ONE)
taking_back.register(Action.Kind.BULK_DECISION, replace(ONE, whole=False, needs_reason=True))
