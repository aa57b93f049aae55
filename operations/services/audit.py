"""The append-only record of who did what. Called inside the transaction of the change."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from operations import clock, statements
from operations.actor import Actor
from operations.models import AuditEntry, User
from operations.models.audit import Verb as Verb


@dataclass
class Entry:
    action: Verb
    entity: str
    subject_id: str
    school_code: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.action, Verb):
            raise TypeError(f"{self.action!r} is no verb of the audit.")


def record(actor: Actor, entry: Entry) -> None:
    statements.insert(_row(clock.now(), _with_names(actor), entry))


def _with_names(actor: Actor) -> Actor:
    """With user name and full name, also where the actor was stored without them, as with a job."""
    if actor.user_id is None or actor.username:
        return actor
    user = User.objects.only("username", "first_name", "last_name").get(pk=actor.user_id)
    return replace(actor, username=user.get_username(), full_name=user.full_name)


def record_all(actor: Actor, entries: Iterable[Entry]) -> None:
    """One insert for all entries."""
    at, actor = clock.now(), _with_names(actor)
    statements.insert_all([_row(at, actor, entry) for entry in entries])


def last() -> int:
    """The number of the newest entry: what comes later has a higher one, whatever the clock says."""
    return AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def changed_after(number: int, entity: str, subject_ids: Collection[str]) -> set[str]:
    """Which of these subjects have an entry behind that number."""
    rows = AuditEntry.objects.filter(entity=entity, subject_id__in=subject_ids, pk__gt=number)
    return set(rows.values_list("subject_id", flat=True))


def _row(at: dt.datetime, actor: Actor, entry: Entry) -> AuditEntry:
    return AuditEntry(
        at=at,
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_username=actor.username,
        actor_full_name=actor.full_name,
        actor_ip=actor.ip,
        action=entry.action.value,
        entity=entry.entity,
        subject_id=entry.subject_id,
        school_code=entry.school_code,
        changes=dict(entry.changes),
        reason=entry.reason,
    )
