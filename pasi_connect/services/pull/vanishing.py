"""What the guard stopped: the list is kept, an authorized person approves it, and a job marks the records as gone."""

from typing import Any

from django.conf import settings
from django.db import transaction

from operations import clock, rights
from operations.actor import Actor
from operations.models import Job, User
from operations.services import audit, jobs
from operations.services.jobs import Running
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import MissingRecord, SyncCursor
from pasi_connect.services.compare import comparing
from pasi_connect.services.pull import absent, copies, reading

JOB = "pasi_connect.vanish"
CHUNK = 100 if settings.SQLITE else 500


class MovedOn(Exception):
    """The guard's list is not the one that the person looked at."""


def _entity(name: str) -> Entity:
    entity = entities.by_notification(name)
    assert entity is not None
    return entity


def schools(name: str, stopped_at: Any) -> frozenset[str] | None:
    """The schools of the listed records; None where a record belongs to no school or to an unknown one."""
    entity = _entity(name)
    if not entity.school_column:
        return None
    missing = MissingRecord.objects.filter(cursor=name, stopped_at=stopped_at)
    keys = list(missing.values_list("key", flat=True))
    codes: set[str] = set()
    for start in range(0, len(keys), 500):
        named = {f"{entity.copy.key_field}__in": keys[start : start + 500]}
        rows = entity.copy._default_manager.filter(**named).order_by()
        codes.update(rows.values_list(entity.school_column, flat=True).distinct())
    return None if "" in codes else frozenset(codes)


def stopped(user: User) -> list[SyncCursor]:
    """Stopped sets that the person may look at: every record of the set is at one of their schools."""
    cursors = SyncCursor.objects.exclude(guard_stopped_at=None).order_by("notification_type")
    return [
        cursor
        for cursor in cursors
        if entities.by_notification(cursor.notification_type) is not None
        and (
            rights.covers(user, None) or rights.covers(user, schools(cursor.notification_type, cursor.guard_stopped_at))
        )
    ]


@transaction.atomic
def approve(actor: Actor, name: str, stopped_at: str) -> Job:
    """Starts the job that lets the records vanish which the guard stopped at the moment `stopped_at` (ISO).

    Raises MovedOn when a later full set has made another list, or has cleared it.
    """
    cursor = SyncCursor.objects.select_for_update().filter(notification_type=name).first()
    if cursor is None or cursor.guard_stopped_at is None or cursor.guard_stopped_at.isoformat() != stopped_at:
        raise MovedOn
    codes = schools(name, cursor.guard_stopped_at)
    count = MissingRecord.objects.filter(cursor=cursor, stopped_at=cursor.guard_stopped_at).count()
    cursor.guard_stopped_at = None
    cursor.complete_at = cursor.complete_at or clock.now()
    cursor.save(update_fields=["guard_stopped_at", "complete_at"])
    audit.record(actor, audit.Entry(audit.Verb.VANISHED_APPROVED, "cursor", name, changes={"records": [count, 0]}))
    return jobs.start(
        actor,
        JOB,
        {"cursor": name, "stopped_at": stopped_at, "schools": sorted(codes) if codes is not None else None},
        total=count,
    )


def run(running: Running) -> dict[str, Any]:
    """One transaction per chunk. Finished records leave the list, so the job continues where it stopped."""
    name, stopped_at = running.inputs["cursor"], running.inputs["stopped_at"]
    entity = _entity(name)
    model = entity.copy
    missing = MissingRecord.objects.filter(cursor=name, stopped_at=stopped_at).order_by("pk")
    while chunk := list(missing[:CHUNK]):
        running.check()
        keys = [row.key for row in chunk]
        try:
            answer = absent.where_are(entity, keys) if entity.sis is not None else reading.Reading()
        except reading.NotAnswered:
            # A person has approved the list; what PASI only hides comes out when it is sent.
            answer = reading.Reading()
        with transaction.atomic():
            copies.store(model, answer.received)  # moved to where we see it, and not gone
            present = {copies.key_of(model, item) for item in answer.received}
            absent.mark_vanished(
                model, [key for key in keys if key.lower() not in present], stored_before=chunk[0].stopped_at
            )
            absent.hide(entity, answer.hidden)
            MissingRecord.objects.filter(pk__in=[row.pk for row in chunk]).delete()
            if entity.sis is not None:
                comparing.evaluate(entity, keys=keys)
            running.step(chunk[-1].pk, done=len(chunk))
    return {"cursor": name}
