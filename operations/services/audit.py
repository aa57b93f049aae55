"""The append-only record of who did what. Called inside the transaction of the change that it tells of."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from operations import clock, statements
from operations.actor import Actor
from operations.models import AuditEntry


@dataclass
class Entry:
    action: str
    subject_type: str
    subject_id: str
    school_code: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""


def record(actor: Actor, entry: Entry) -> None:
    statements.insert(_row(clock.now(), actor, entry))


def record_all(actor: Actor, entries: Iterable[Entry]) -> None:
    """One insert for all entries."""
    at = clock.now()
    statements.insert_all([_row(at, actor, entry) for entry in entries])


def _row(at: dt.datetime, actor: Actor, entry: Entry) -> AuditEntry:
    return AuditEntry(
        at=at,
        user_id=actor.user_id,
        actor_name=actor.name,
        actor_ip=actor.ip,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        school_code=entry.school_code,
        changes=dict(entry.changes),
        reason=entry.reason,
    )
