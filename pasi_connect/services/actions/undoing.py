"""Taking actions back: what each kind offers, the preview, the way at once and the way as a job.

A kind registers how it is taken back (`register`). A kind that is `whole` is taken back at once, all of its records or none
(a decision, a guided action); the others (a bulk, a year end) as a job, record by record, which leaves what has moved on where
it is and says why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.models import Job, JobRow
from operations.services import audit, jobs
from operations.services.jobs import Running
from pasi_connect.models import Action, ActionRecord

JOB = "pasi_connect.undo"
CHUNK = 40 if settings.SQLITE else 250


class NotPossible(Exception):
    """The action cannot be taken back as it stands; the message says why."""


@dataclass(frozen=True)
class Undoer:
    """How actions of one kind are taken back.

    `why_not(action, records)` gives a sentence by record id for each that cannot be; set-based, it is asked for a thousand.
    `undo(actor, action, records, reason)` takes these records back inside the caller's transaction and raises ValidationError
    where one has moved; what it is given has no `why_not`. `across`: may touch schools that the person does not see, as the
    action itself did.
    """

    why_not: Callable[[Action, Sequence[ActionRecord]], dict[int, str]]
    undo: Callable[[Actor, Action, Sequence[ActionRecord], str], None]
    whole: bool = True
    needs_reason: bool = True
    permission: str = "operations.edit_records"
    across: bool = False


UNDO: dict[str, Undoer] = {}


def register(kind: str, undoer: Undoer) -> None:
    UNDO[kind] = undoer


@dataclass(frozen=True)
class Preview:
    """`can`: records that go back. `cannot`: (record, sentence) of each that stays. `why_not`: nothing goes back at all."""

    can: int
    cannot: list[tuple[ActionRecord, str]]
    why_not: str = ""


def of(action: Action) -> Undoer:
    """Raises NotPossible for a kind that cannot be taken back."""
    if action.kind not in UNDO:
        raise NotPossible(_("This cannot be taken back."))
    return UNDO[action.kind]


def preview(action: Action) -> Preview:
    """What would go back now, and what no longer. Reads only."""
    if action.undone_at:
        return Preview(0, [], _("This was taken back already."))
    undoer = of(action)
    job = action.job
    if job is not None and not job.is_over:
        return Preview(0, [], _("Its job has not ended yet. Cancel it first, or wait."))
    records = list(action.records.filter(undone_at=None).order_by("-order", "-id"))
    if not records:
        return Preview(0, [], _("It changed nothing that could be taken back."))
    reasons = undoer.why_not(action, records)
    cannot = [(record, reasons[record.pk]) for record in records if record.pk in reasons]
    if undoer.whole and cannot:
        return Preview(0, cannot, cannot[0][1])
    if len(cannot) == len(records):
        return Preview(0, cannot, _("Nothing of it can be taken back any more."))
    return Preview(len(records) - len(cannot), cannot)


def check_reason(action: Action, reason: str) -> None:
    """Raises ValidationError {"reason": …} where one is needed and none is given."""
    if of(action).needs_reason and not reason.strip():
        raise ValidationError({"reason": [_("Say why this is taken back; it is kept with the action.")]})


@transaction.atomic
def undo(actor: Actor, action_id: int, reason: str = "") -> Action:
    """Takes back an action of a kind that is `whole`. Raises NotPossible with the sentence, ValidationError for the reason."""
    action = Action.objects.select_for_update().get(pk=action_id)
    check_reason(action, reason)
    undoer = of(action)
    seen = preview(action)
    if seen.why_not:
        raise NotPossible(seen.why_not)
    records = list(action.records.filter(undone_at=None).order_by("-order", "-id"))
    try:
        _undo(actor, action, undoer, records, reason)
    except ValidationError as error:
        raise NotPossible(" ".join(error.messages)) from None
    close(actor, action, reason)
    return action


@transaction.atomic
def start(actor: Actor, action_id: int, reason: str) -> Job:
    """The job that takes back a bulk. Raises NotPossible, ValidationError for the reason."""
    action = Action.objects.select_for_update(of=("self",)).select_related("job").get(pk=action_id)
    check_reason(action, reason)
    seen = preview(action)
    if seen.why_not:
        raise NotPossible(seen.why_not)
    if Job.objects.filter(kind=JOB, given__action=action.pk).exclude(status__in=OVER).exists():
        raise NotPossible(_("It is being taken back already."))
    total = action.records.filter(undone_at=None).count()
    return jobs.start(actor, JOB, {"action": action.pk, "reason": reason}, total=total)


OVER = (Job.Status.COMPLETED, Job.Status.COMPLETED_WITH_PROBLEMS, Job.Status.FAILED, Job.Status.CANCELLED)


def run(running: Running) -> dict[str, int]:
    """The job's work: the last record first, a short transaction for each chunk. The mark is the last record looked at."""
    action = Action.objects.get(pk=running.given["action"])
    reason, undoer = running.given["reason"], of(action)
    after: list[int] | None = running.mark
    while True:
        running.check()
        records = list(_behind(action, after)[:CHUNK])
        if not records:
            break
        with transaction.atomic():
            rows = take_back(running.actor, action, undoer, records, reason)
            after = [records[-1].order, records[-1].pk]
            running.step(after, done=len(records), failed=len(rows), rows=rows)
    with transaction.atomic():
        close(running.actor, action, reason)
    return {"action": action.pk}


def _behind(action: Action, after: list[int] | None) -> QuerySet[ActionRecord]:
    found = action.records.filter(undone_at=None).order_by("-order", "-id")
    if after is not None:
        found = found.filter(Q(order__lt=after[0]) | Q(order=after[0], pk__lt=after[1]))
    return found


def take_back(
    actor: Actor, action: Action, undoer: Undoer, records: Sequence[ActionRecord], reason: str
) -> list[JobRow]:
    """Takes back what can be; gives a row for each of the others."""
    reasons = undoer.why_not(action, records)
    free = [record for record in records if record.pk not in reasons]
    try:
        with transaction.atomic():
            _undo(actor, action, undoer, free, reason)
    except ValidationError:  # one of them has moved this very moment: each by itself then
        for record in free:
            try:
                with transaction.atomic():
                    _undo(actor, action, undoer, [record], reason)
            except ValidationError as error:
                reasons[record.pk] = " ".join(error.messages)
    return [_row(record, reasons[record.pk]) for record in records if record.pk in reasons]


def _undo(actor: Actor, action: Action, undoer: Undoer, records: Sequence[ActionRecord], reason: str) -> None:
    if records:
        undoer.undo(actor, action, records, reason)
        ActionRecord.objects.filter(pk__in=[record.pk for record in records]).update(undone_at=clock.now())


def _row(record: ActionRecord, why: str) -> JobRow:
    return JobRow(
        subject_type=record.subject_type,
        subject_id=str(record.subject_id),
        ref_id=record.ref_id,
        school_code=record.school_code,
        code="not_undone",
        message=why,
    )


def close(actor: Actor, action: Action, reason: str) -> None:
    """The action counts as taken back once all of its records are."""
    if action.records.filter(undone_at=None).exists():
        return
    only_planned = action.status in (Action.Status.PLANNED, Action.Status.STOPPED)
    status = Action.Status.CANCELLED if only_planned else Action.Status.UNDONE
    Action.objects.filter(pk=action.pk).update(
        status=status, undone_at=clock.now(), undone_by=actor.name, undo_reason=reason
    )
    action.refresh_from_db()
    audit.record(
        actor, audit.Entry(f"undone {action.kind}", "action", str(action.pk), action.school_code, reason=reason)
    )
