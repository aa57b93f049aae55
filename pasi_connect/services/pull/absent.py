"""Records that PASI no longer names or shows: what became of them, and how that is stored."""

import datetime as dt
from collections.abc import Iterable, Sequence

from operations import clock
from operations.services import audit
from pasi_connect.entities import Entity
from pasi_connect.models import Link, LocalCopy, Submission
from pasi_connect.models.submission import FLYING, Status
from pasi_connect.services.pull import reading, reference


def where_are(entity: Entity, keys: Sequence[str]) -> reading.Reading:
    """What PASI says about those of these records with a linked SIS record. Call it outside of every transaction."""
    links: list[Link] = []
    for start in range(0, len(keys), 500):
        links += Link.objects.filter(entity=entity.kind, key__in=keys[start : start + 500])
    return reading.read(entity, links, reference.purpose()) if links else reading.Reading()


def without_the_meantime(entity: Entity, gone: list[str], begun: int) -> list[str]:
    """Without the records that we sent while PASI was answering: it may have taken them after it had made the set.

    What came after is told by the audit's numbers; a clock may have been set meanwhile.
    """
    sent: set[str] = set()
    for start in range(0, len(gone), 500):
        rows = Submission.objects.filter(
            entity=entity.kind, key__in=gone[start : start + 500], status__in=(*FLYING, Status.ACCEPTED)
        ).values_list("pk", "key", "status")
        since = audit.changed_after(begun, "submission", [str(pk) for pk, _key, _status in rows])
        sent.update(key for pk, key, status in rows if status in FLYING or str(pk) in since)
    return [key for key in gone if key not in sent]


def mark_vanished(model: type[LocalCopy], keys: list[str], stored_before: dt.datetime | None = None) -> None:
    """`stored_before`: records PASI has sent since then exist, whatever an older set said."""
    limit = {"stored_at__lte": stored_before} if stored_before else {}
    for start in range(0, len(keys), 500):
        named = {f"{model.key_field}__in": keys[start : start + 500]}
        model._default_manager.filter(**named, **limit).update(vanished_at=clock.now())


def hide(entity: Entity, keys: Iterable[str]) -> None:
    """PASI has these records but no longer shows them to us. Compare them again afterwards (`evaluate`)."""
    model = entity.copy
    rows = model._default_manager.filter(**{f"{model.key_field}__in": list(keys)})
    refs = list(rows.values_list(model.key_field, flat=True))
    rows.filter(vanished_at=None).update(vanished_at=clock.now())
    Link.objects.filter(entity=entity.kind, key__in=refs, hidden_at=None).update(hidden_at=clock.now())
