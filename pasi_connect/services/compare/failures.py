"""No record stops another: an exception on one record is counted, and after the last try the record waits for a person.

A submission counts its own tries and becomes a dead letter; everything else has a row (`Failure`). Logs name the row, the class
of the exception and the place, never data. Why it is so: docs/notes/0006.
"""

import datetime as dt
import logging
import random
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from operations import clock, faults
from operations.actor import Actor
from operations.rules import back_off
from operations.services import audit
from pasi_connect.entities import Entity
from pasi_connect.models import Exchange, Failure, Submission
from pasi_connect.models.submission import FLYING, QUEUED, Status
from pasi_connect.rules import faults as outcomes

log = logging.getLogger(__name__)

Step = Failure.Step
RETRY = "pasi_connect.retry"
MOST_KEY = 80  # letters of a key; PASI may say longer ones
SET_ASIDE = "set_aside"  # the reason of a submission that was set aside


def pause(tries: int) -> dt.timedelta:
    first, most = settings.BACK_OFF_SECONDS, settings.BACK_OFF_MAX_SECONDS
    return dt.timedelta(seconds=back_off.seconds(max(tries, 1), first, most, random.random()))


def where(why: Exception | str) -> str:
    return (why if isinstance(why, str) else faults.place(why))[:300]


@transaction.atomic
def note(step: str, entity: str, key: str, why: Exception | str, *, school_code: str = "", version: int = 0) -> Failure:
    """Counts one more try; the row says whether the record is set aside now. A later version of PASI's begins anew."""
    now, key = clock.now(), key[:MOST_KEY]
    row, _is_new = Failure.objects.select_for_update().get_or_create(
        step=step,
        entity=entity,
        key=key,
        defaults={"first_at": now, "last_at": now, "place": where(why)},
    )
    row.tries = row.tries + 1 if version <= row.version else 1
    row.version = max(row.version, version)
    row.school_code = school_code[:4] or row.school_code
    row.place, row.last_at = where(why), now
    row.next_at = None if row.is_set_aside else now + pause(row.tries)
    row.save()
    log.warning("Failure %s (%s, try %s): %s", row.pk, step, row.tries, row.place)
    return row


def over(step: str, entity: str, keys: Iterable[Any]) -> None:
    """The step has succeeded for these records: their failures are cleared."""
    rows = Failure.objects.filter(step=step, entity=entity, key__in=list(keys))
    rows._raw_delete(rows.db)


def set_aside() -> QuerySet[Failure]:
    return Failure.objects.filter(tries__gte=faults.MOST_TRIES)


def of_records(entity: Entity, keys: Iterable[str] | None = None) -> dict[str, Failure]:
    """The failures that set these records of PASI's aside, or any of the kind."""
    rows = set_aside().filter(entity=entity.kind).exclude(step=Step.COLLECT)  # whose keys are ours
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    return {row.key: row for row in rows}


def due() -> QuerySet[Failure]:
    return Failure.objects.filter(next_at__lte=clock.now()).order_by("next_at", "id")


@transaction.atomic
def free(actor: Actor, rows: Iterable[Failure]) -> int:
    """A person frees what was set aside: it is tried again at once, as if for the first time."""
    freed = 0
    for row in Failure.objects.select_for_update().filter(pk__in=[row.pk for row in rows]).order_by("id"):
        row.tries, row.next_at = 0, clock.now()
        row.save(update_fields=["tries", "next_at"])
        audit.record(
            actor,
            audit.Entry(
                audit.Verb.FAILURE_FREED, "failure", str(row.pk), row.school_code, {"place": [row.place, None]}
            ),
        )
        freed += 1
    return freed


# --- Submissions ---------------------------------------------------------------------------------------------------


def of_submission(submission: Submission, error: Exception, move: Callable[..., Any]) -> None:
    """Counts a try of a submission at which preparing, recording or reading back raised; raises on what is not ours.

    It waits a moment, or its lease ends soon so that PASI's record is read back; after the last try it is a dead letter.
    `move` is that of `submissions`, which itself counts here what it cannot release.
    """
    if not faults.ours(error):
        raise error
    with transaction.atomic():
        row = Submission.objects.select_for_update().filter(pk=submission.pk).defer("sent_document").first()
        if row is None or row.status not in (*QUEUED, *FLYING):
            return
        if row.status in FLYING and row.fence != submission.fence:
            return  # somebody else has it by now
        tries = row.faults + 1
        log.warning("Submission %s, try %s: %s", row.pk, tries, where(error))
        if tries >= faults.MOST_TRIES:
            move(row, Status.DEAD, reason=SET_ASIDE, detail=where(error), faults=tries)
            return
        again = clock.now() + pause(tries)
        if row.status in FLYING:  # in nobody's hands: PASI's record is read back
            nobody = {"lease_until": None, "lease_holder": "", "next_attempt_at": again}
            move(row, Status.CHECKING, reason="outcome_unknown", faults=tries, **nobody)
            unwritten = Exchange.objects.carrying(row.pk).filter(outcome="")
            unwritten.update(outcome=outcomes.UNKNOWN, detail="The answer could not be recorded.")
        else:
            Submission.objects.filter(pk=row.pk).update(faults=tries, next_attempt_at=again)


def dead() -> QuerySet[Submission]:
    return Submission.objects.filter(status=Status.DEAD, reason=SET_ASIDE)
