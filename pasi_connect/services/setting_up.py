"""Settings pages: saved against the version that the page was drawn with, told in the audit, effective at once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from operations import clock, wake
from operations.actor import Actor
from operations.services import audit
from pasi_connect.models import EnrolmentCopy, Submission, SyncCursor
from pasi_connect.models.settings import Singleton
from pasi_connect.models.submission import Status
from pasi_connect.services import comparing, pulling
from sis.models.event import Origin
from sis.services import events

RECONSIDER = "pasi_connect.reconsider"


class StaleSettings(Exception):
    """Somebody saved since the page was drawn; `current` is how the settings stand now."""

    def __init__(self, current: Singleton) -> None:
        super().__init__("The settings have changed since they were read.")
        self.current = current


@transaction.atomic
def save(actor: Actor, model: type[Singleton], version: int, given: Mapping[str, Any]) -> list[str]:
    """Saves the named fields, which a form has checked. Gives the names of those that changed. Raises StaleSettings."""
    model._default_manager.get_or_create(pk=1)
    current: Any = model._default_manager.select_for_update().get(pk=1)
    if current.version != version:
        raise StaleSettings(current)
    changes = {
        name: [getattr(current, name), value] for name, value in given.items() if getattr(current, name) != value
    }
    if not changes:
        return []
    for name, (_before, after) in changes.items():
        setattr(current, name, after)
    current.version += 1
    current.save(update_fields=[*changes, "version"])
    audit.record(actor, audit.Entry("settings changed", "settings", model._meta.model_name or "", changes=changes))
    wake.after_commit(RECONSIDER)
    return sorted(changes)


def held_by_the_switch() -> int:
    """How many changes go out when regular synchronisation is switched on."""
    held = Submission.objects.filter(status=Status.HELD, reason="sync_off").count()
    waiting = events.uncollected().filter(origin=Origin.SIS)
    return held + waiting.order_by().values("subject_type", "subject_id").distinct().count()


class MovedOn(Exception):
    """The guard's list is not the one that the person looked at."""


@transaction.atomic
def approve_vanished(actor: Actor, name: str, stopped_at: str) -> int:
    """Lets the records vanish that the guard stopped at the moment `stopped_at` (ISO). Gives their number.

    Raises MovedOn when a later full set has made another list, or has cleared it.
    """
    cursor = SyncCursor.objects.select_for_update().filter(notification_type=name).first()
    if cursor is None or cursor.guard_stopped_at is None or cursor.guard_stopped_at.isoformat() != stopped_at:
        raise MovedOn
    entity = pulling.ENTITIES[name.partition(".")[0]]
    keys = list(cursor.guard_missing)
    pulling.mark_vanished(entity.model, keys)
    cursor.guard_stopped_at, cursor.guard_missing = None, []
    cursor.complete_at = cursor.complete_at or clock.now()
    cursor.save(update_fields=["guard_stopped_at", "guard_missing", "complete_at"])
    audit.record(actor, audit.Entry("vanished records approved", "cursor", name, changes={"records": [len(keys), 0]}))
    if entity.model is EnrolmentCopy:
        comparing.evaluate(ref_ids=[UUID(key) for key in keys])
    return len(keys)
