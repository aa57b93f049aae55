"""Records that a load has made, and the ones that PASI may have of them already: a load never makes a second record in PASI.

A link is `unmatched` until its key is PASI's, until PASI's records of its year have been stored whole and show none of the same
identity (student, school, year) that is not linked, or until a person sends it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from operations.actor import Actor
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Link, Submission, SyncCursor
from pasi_connect.models.relations import relation
from pasi_connect.models.submission import QUEUED
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.queue import submissions
from sis.services.loading.keys import NotTaken

ROUND = 500  # links that are settled in one transaction


def settle() -> None:
    """Of all that wait for a match, lets those go that need none any more. One statement a kind where there are none."""
    for entity in entities.written():
        if not entity.key_is_ref_id:
            continue
        while freed := free(entity, entity.links):
            submissions.let_go(entity, freed)


def free(entity: Entity, links: "QuerySet[Link]") -> list[int]:
    """Of these links those that are not unmatched any more, up to a round of them. Gives the ids of their SIS records."""
    waiting = links.filter(_needs_none(entity), unmatched=True).order_by("pk")
    due = list(waiting.values_list("pk", "subject_id")[:ROUND])
    Link.objects.filter(pk__in=[pk for pk, _subject in due]).update(unmatched=False)
    return [subject for _pk, subject in due]


def _needs_none(entity: Entity) -> Q:
    assert entity.sis is not None
    live = entity.copies.filter(vanished_at=None)
    has_its_own = Exists(live.filter(**{entity.copy.key_field: OuterRef("key")}))
    name = relation(Link, entity.kind)
    same = live.filter(**{part.column: OuterRef(f"{name}__{part.path}") for part in entity.identity})
    if entity.has_deletion:
        same = same.filter(deleted=False)
    taken = Link.objects.filter(entity=entity.kind, key=OuterRef(entity.copy.key_field))
    alone = Q(~Exists(same.filter(~Exists(taken))), **_read_whole(entity, name))
    if entity.has_student:
        alone &= Q(**{f"{name}__{entity.sis.student}__asn__isnull": False})
    return Q(has_its_own) | alone


def _read_whole(entity: Entity, name: str) -> dict[str, Any]:
    """The records of which PASI's whole set has been stored: by year where the kind has years."""
    assert entity.sis is not None
    cursors = SyncCursor.objects.filter(notification_type__startswith=entity.notification).exclude(complete_at=None)
    whole = set(cursors.values_list("notification_type", flat=True))
    if not entity.by_year:
        return {} if entity.notification in whole else {"pk__in": []}
    endings = [one.rpartition(".")[2] for one in whole if one.rpartition(".")[0] == entity.notification]
    return {f"{name}__{entity.sis.year}__in": [int(ending) for ending in endings]}


def send_anyway(link: Link) -> None:
    """A person sends the record: whether PASI has one already is theirs to know."""
    if link.unmatched:
        link.unmatched = False
        link.save(update_fields=["unmatched"])


def adopt(actor: Actor, kind: str, pairs: Sequence[tuple[Any, str]]) -> Mapping[int, NotTaken]:
    """Links the records to PASI's of these keys, where its student, school and year agree. What is not stored yet is linked and waits.

    Inside the transaction of the load.
    """
    entity = entities.by_kind(kind)
    keys = {key for _record, key in pairs}
    locks.records(entity, keys)
    copies = {getattr(copy, entity.copy.key_field): copy for copy in entity.live_copies(keys)}
    owners = dict(entity.links.filter(key__in=keys).values_list("key", "subject_id"))
    links = {link.subject_id: link for link in Link.objects.of(kind, [record.pk for record, _key in pairs])}
    sent = set(entity.live_copies(link.key for link in links.values()).values_list(entity.copy.key_field, flat=True))
    left: dict[int, NotTaken] = {}
    new, moved = [], []
    for record, key in pairs:
        link, copy = links.get(record.pk), copies.get(key)
        if link is not None and link.key == key:
            continue
        has_key = link is not None and (link.accepted_version > 0 or link.key in sent)
        if owners.get(key, record.pk) != record.pk or has_key or (copy is not None and values.identity(record, copy)):
            left[record.pk] = NotTaken(key, link.key if link is not None else None)
            continue
        owners[key] = record.pk
        if link is None:
            new.append(Link(entity=kind, subject_id=record.pk, key=key, unmatched=copy is None))
        else:
            link.key, link.unmatched = key, copy is None
            moved.append(link)
    Link.objects.bulk_create(new, batch_size=500)
    for link in moved:
        link.save(update_fields=["key", "unmatched"])
        Submission.objects.filter(entity=kind, subject_id=link.subject_id, status__in=QUEUED).update(key=link.key)
    if there := [link.key for link in (*new, *moved) if link.key in copies]:
        comparing.evaluate(entity, keys=there)
    return left
