"""Undoing actions: what each kind offers, the preview, and the undo itself, at once or as a job.

A kind registers how it is taken back (`register`). A kind that is `whole` is taken back at once, all of its records or none
(a decision, a guided action); the others (a bulk, a year end) as a job, record by record, which leaves what has moved on where
it is and says why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock, faults, rights
from operations.actor import Actor
from operations.models import Job, JobRow, User
from operations.services import audit, jobs
from operations.services.jobs import Running
from pasi_connect import selectors
from pasi_connect.models import Action, ActionRecord, Decision
from pasi_connect.services.decisions import notices

JOB = "pasi_connect.undo"
CHUNK = 40 if settings.SQLITE else 250


class NotPossible(Exception):
    """The action cannot be taken back as it stands; the message says why."""


@dataclass(frozen=True)
class Undoer:
    """How actions of one kind are taken back.

    `why_not(action, records)` gives a sentence by record id for each that cannot be; set-based, it is asked for a thousand.
    `undo(actor, action, records, reason)` takes these records back inside the caller's transaction and raises ValidationError
    where one has moved; what it is given has no `why_not`. `across`: the school where it was done takes it back at the other
    schools too, as the action itself wrote there.
    """

    why_not: Callable[[Action, Sequence[ActionRecord]], dict[int, str]]
    undo: Callable[[Actor, Action, Sequence[ActionRecord], str], None]
    whole: bool = True
    needs_reason: bool = True
    permission: str = rights.to("act", "school_enrolment")[0]
    across: bool = False
    # For what can no longer be taken back since PASI has it: the records whose former values in PASI can be entered here, by
    # id, and entering them, which gives a sentence by record id of each that was not done.
    former: Callable[[Action, Sequence[ActionRecord]], set[int]] | None = None
    take_former: Callable[[Actor, Action, Sequence[ActionRecord], str], dict[int, str]] | None = None


UNDO: dict[str, Undoer] = {}


def register(kind: str, undoer: Undoer) -> None:
    UNDO[kind] = undoer


# --- Who may -------------------------------------------------------------------------------------------------------


def may_undo(sight: selectors.Sight, *actions: Action) -> set[int]:
    """Which of these actions the person may take back, by id: the one answer for pages, API and services."""
    candidates = [action for action in actions if action.kind in UNDO]
    touched = selectors.touched(*candidates) if candidates else {}
    return {
        one.pk for one in candidates if not _why_not_allowed(sight, UNDO[one.kind], one.school_code, touched[one.pk])
    }


def may_undo_decision(sight: selectors.Sight, decision: Decision) -> bool:
    """The same for one decision, also of a bulk, and for taking PASI's former values instead. Reads its discrepancy."""
    return not _why_not_allowed(sight, UNDO[Action.Kind.DECISION], "", selectors.touched_by(decision))


def allow(user: User, action: Action) -> None:
    """Raises PermissionDenied with the sentence, NotPossible for a kind that cannot be taken back."""
    undoer, touched = of(action), selectors.touched(action)[action.pk]
    _refuse(_why_not_allowed(selectors.Sight(user), undoer, action.school_code, touched))


def allow_decision(user: User, decision: Decision) -> None:
    """Raises PermissionDenied with the sentence."""
    touched = selectors.touched_by(decision)
    _refuse(_why_not_allowed(selectors.Sight(user), UNDO[Action.Kind.DECISION], "", touched))


def _refuse(why: str) -> None:
    if why:
        raise PermissionDenied(why)


def _why_not_allowed(sight: selectors.Sight, undoer: Undoer, done_at: str, touched: set[str]) -> str:
    """A sentence; "" where the person may. `done_at`: the school where it was done, "" for several."""
    if not sight.user.is_active or not sight.user.has_perm(undoer.permission):
        return _("Your role does not allow you to undo this.")
    if all(map(sight.school, touched)) or (undoer.across and done_at and sight.school(done_at)):
        return ""
    if undoer.across and done_at:
        text = _("School %(school)s did this. Ask that school or a district officer to undo it.")
        return text % {"school": done_at}
    return _("It has changed records of schools that are not yours. A district officer can undo it.")


def _allow_actor(actor: Actor, action: Action) -> None:
    """The service asks again: a door that has forgotten to opens nothing. The product itself may."""
    if actor.user_id is not None:
        allow(User.objects.get(pk=actor.user_id), action)


# --- What would go back --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """`can`: records that go back. `cannot`: (record, sentence) of each that stays. `why_not`: nothing goes back at all.

    `former`: of those that stay, how many can take PASI's former values instead.
    """

    can: int
    cannot: list[tuple[ActionRecord, str]]
    why_not: str = ""
    former: int = 0


def of(action: Action) -> Undoer:
    """Raises NotPossible for a kind that cannot be taken back."""
    if action.kind not in UNDO:
        raise NotPossible(_("This cannot be undone."))
    return UNDO[action.kind]


def preview(action: Action) -> Preview:
    """What would go back now, and what no longer. Reads only."""
    if action.undone_at:
        return Preview(0, [], _("This was already undone."))
    undoer = of(action)
    job = action.job
    if job is not None and not job.is_over:
        return Preview(0, [], _("Its job has not ended yet. Cancel it first, or wait."))
    records = list(action.records.filter(undone_at=None).order_by("-order", "-id"))
    if not records:
        return Preview(0, [], _("It changed nothing, so there is nothing to undo."))
    reasons = undoer.why_not(action, records)
    cannot = [(record, reasons[record.pk]) for record in records if record.pk in reasons]
    former = len(undoer.former(action, [record for record, _why in cannot])) if undoer.former and cannot else 0
    if undoer.whole and cannot:
        return Preview(0, cannot, cannot[0][1], former)
    if len(cannot) == len(records):
        return Preview(0, cannot, _("None of it can be undone any longer."), former)
    return Preview(len(records) - len(cannot), cannot, former=former)


def check_reason(action: Action, reason: str) -> None:
    """Raises ValidationError {"reason": …} where one is needed and none is given."""
    if of(action).needs_reason and not reason.strip():
        raise ValidationError({"reason": [_("Say why this is undone. The reason is saved with the action.")]})


@transaction.atomic
def undo(actor: Actor, action_id: int, reason: str = "") -> Action:
    """Takes back an action of a kind that is `whole`.

    Raises NotPossible with the sentence, ValidationError for the reason, PermissionDenied for a person who may not.
    """
    action = Action.objects.select_for_update().get(pk=action_id)
    _allow_actor(actor, action)
    check_reason(action, reason)
    undoer = of(action)
    outlook = preview(action)
    if outlook.why_not:
        raise NotPossible(outlook.why_not)
    records = list(action.records.filter(undone_at=None).order_by("-order", "-id"))
    try:
        _undo(actor, action, undoer, records, reason)
    except ValidationError as error:
        raise NotPossible(" ".join(error.messages)) from None
    was_done = action.status == Action.Status.DONE
    close(actor, action, reason)
    if was_done:
        notices.tell_undone(actor, action, records)
    return action


NO_FORMER = gettext_lazy(
    "PASI’s former value cannot be taken: no reset has reached PASI, or the records have changed since."
)


@transaction.atomic
def take_former(actor: Actor, action_id: int, reason: str = "") -> Action:
    """PASI's former values of an action of a kind that is `whole`. Raises NotPossible with the sentence."""
    action = Action.objects.select_for_update().get(pk=action_id)
    _allow_actor(actor, action)
    undoer, records = of(action), list(action.records.all())
    if undoer.former is None or undoer.take_former is None or not undoer.former(action, records):
        raise NotPossible(str(NO_FORMER))
    why_not = undoer.take_former(actor, action, records, reason)
    if why_not:
        raise NotPossible(next(iter(why_not.values())))
    return action


@transaction.atomic
def start(actor: Actor, action_id: int, reason: str, *, former: bool = False) -> Job:
    """The job that takes back a bulk, or with `former` enters PASI's former values where its resets have arrived.

    Raises NotPossible, ValidationError for the reason, PermissionDenied for a person who may not.
    """
    action = Action.objects.select_for_update(of=("self",)).select_related("job").get(pk=action_id)
    _allow_actor(actor, action)
    check_reason(action, reason)
    outlook = preview(action)
    if former and not outlook.former:
        raise NotPossible(str(NO_FORMER))
    if outlook.why_not and not former:
        raise NotPossible(outlook.why_not)
    if Job.objects.filter(kind=JOB, inputs__action=action.pk).exclude(status__in=OVER).exists():
        raise NotPossible(_("It is already being undone."))
    total = action.records.filter(undone_at=None).count()
    return jobs.start(actor, JOB, {"action": action.pk, "reason": reason, "former": former}, total=total)


OVER = (Job.Status.COMPLETED, Job.Status.COMPLETED_WITH_PROBLEMS, Job.Status.FAILED, Job.Status.CANCELLED)


def run(running: Running) -> dict[str, int]:
    """The job's work: the last record first, a short transaction for each chunk. The mark is the last record looked at."""
    action = Action.objects.get(pk=running.inputs["action"])
    reason, undoer = running.inputs["reason"], of(action)
    back = _take_former if running.inputs.get("former") else take_back
    after: list[int] | None = running.mark
    while True:
        running.check()
        records = list(_behind(action, after)[:CHUNK])
        if not records:
            break
        with transaction.atomic():
            rows = back(running.actor, action, undoer, records, reason)
            stayed = {(row.entity, row.subject_id) for row in rows}
            back_now = [one for one in records if (one.entity, str(one.subject_id)) not in stayed]
            notices.tell_undone(running.actor, action, back_now)
            after = [records[-1].order, records[-1].pk]
            running.step(after, done=len(records), failed=len(rows), rows=rows)
    with transaction.atomic():
        close(running.actor, action, reason)
    return {"action": action.pk}


def _behind(action: Action, after: list[int] | None) -> QuerySet[ActionRecord]:
    records = action.records.filter(undone_at=None).order_by("-order", "-id")
    if after is not None:
        records = records.filter(Q(order__lt=after[0]) | Q(order=after[0], pk__lt=after[1]))
    return records


def take_back(
    actor: Actor, action: Action, undoer: Undoer, records: Sequence[ActionRecord], reason: str
) -> list[JobRow]:
    """Takes back what can be; gives a row for each of the others."""
    reasons = undoer.why_not(action, records)
    free = [record for record in records if record.pk not in reasons]
    try:
        with transaction.atomic():
            _undo(actor, action, undoer, free, reason)
    except Exception as error:
        if not faults.ours(error):
            raise
        for record in free:  # one of them has moved this very moment, or raises: each by itself then
            if (why := _alone(actor, action, undoer, record, reason)) is not None:
                reasons[record.pk] = why
    return [_row(record, reasons[record.pk]) for record in records if record.pk in reasons]


def _take_former(
    actor: Actor, action: Action, undoer: Undoer, records: Sequence[ActionRecord], reason: str
) -> list[JobRow]:
    """Where a reset has arrived; gives a row for each of the others."""
    assert undoer.former is not None and undoer.take_former is not None
    free = undoer.former(action, records)
    reasons = undoer.take_former(actor, action, [record for record in records if record.pk in free], reason)
    reasons |= {record.pk: str(NO_FORMER) for record in records if record.pk not in free}
    return [_row(record, reasons[record.pk]) for record in records if record.pk in reasons]


def _alone(actor: Actor, action: Action, undoer: Undoer, record: ActionRecord, reason: str) -> str | None:
    """Why this one record was not taken back; None when it was."""
    why = None
    for _try in range(faults.MOST_TRIES):
        try:
            with transaction.atomic():
                _undo(actor, action, undoer, [record], reason)
        except ValidationError as error:
            return " ".join(error.messages)
        except Exception as error:
            if not faults.ours(error):
                raise
            why = jobs.fault(faults.place(error))
        else:
            return None
    return why


def _undo(actor: Actor, action: Action, undoer: Undoer, records: Sequence[ActionRecord], reason: str) -> None:
    if records:
        undoer.undo(actor, action, records, reason)
        ActionRecord.objects.filter(pk__in=[record.pk for record in records]).update(undone_at=clock.now())


def _row(record: ActionRecord, why: str) -> JobRow:
    return JobRow(
        entity=record.entity,
        subject_id=str(record.subject_id),
        key=record.key,
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
        actor, audit.Entry(audit.Verb.ACTION_UNDONE, "action", str(action.pk), action.school_code, reason=reason)
    )
