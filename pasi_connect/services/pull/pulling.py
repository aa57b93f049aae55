"""From PASI to here: what PASI announces is fetched, stored whole, and compared.

Source: PASI Client Performs Synchronization. A cursor moves only behind what is stored, or is kept as a failure that is tried
again by itself. A record vanishes only by a complete set, and only past the guard.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from operations import clock, faults
from operations.rules.guard import VANISHING
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import REGISTRY, Entity
from pasi_connect.models import (
    Failure,
    Link,
    MissingRecord,
    SyncCursor,
)
from pasi_connect.rules import hash as hash_rule
from pasi_connect.rules.identifiers import can_be_asked_for
from pasi_connect.services.compare import comparing, failures
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import absent, contract_changes, copies, reading, reference
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Answer
from sis.rules.school_year import SchoolYear

log = logging.getLogger(__name__)

Pair = tuple[str, int]  # id, version
MANY = 4  # unreadable records of one answer: from here on it is the answer, not the records
BATCH = 200  # RefIds in one Get: about 40 KB of the 64 KB that PASI takes


@dataclass(frozen=True)
class Kind:
    """A notification type as it is asked for: `name` carries the ending year where there is one."""

    name: str
    entity: Entity
    year: SchoolYear | None


def kinds(context: Context, of: Sequence[Entity] = REGISTRY) -> list[Kind]:
    all_kinds: list[Kind] = []
    for entity in of:
        name = entity.notification
        if entity.by_year:
            all_kinds.extend(Kind(f"{name}.{year.ending}", entity, year) for year in sorted(context.years))
        else:
            all_kinds.append(Kind(name, entity, None))
    return all_kinds


@dataclass
class Puller:
    """Keeps, between questions, the ids of the full sets that are being drained. `may_write` is asked before each store.

    `entities`: the kinds that it asks for, all by itself.
    """

    may_write: Callable[[], bool] = lambda: True
    entities: Sequence[Entity] = REGISTRY
    full: dict[str, set[str]] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)  # the newest version that each full set has named
    begun: dict[str, int] = field(default_factory=dict)  # the last audit entry before each full set was asked for
    short: bool = False  # the last answer could not be fetched whole: ask again soon, not at once

    def ask(self, wait_minutes: int, with_hash: bool = False) -> Answer:
        """One request for news of every kind, and everything that its answer calls for."""
        self.short = False
        all_kinds = kinds(Context(), self.entities)
        cursors = SyncCursor.objects.in_bulk([kind.name for kind in all_kinds])
        infos, hashed = [], set()
        for kind in all_kinds:
            cursor = cursors.get(kind.name)
            if cursor is None or (cursor.complete_at is None and kind.name not in self.full):
                # Never drained to the end: the complete set is needed, whatever is stored already is skipped.
                self.full[kind.name] = set()
                info: dict[str, Any] = {"MaxPASICoreVersion": 0}
            else:
                info = {"MaxPASICoreVersion": cursor.max_version}
                if with_hash and kind.name not in self.full:
                    info["Hash"] = hash_rule.of(held(kind))
                    hashed.add(kind.name)
            infos.append({**info, "NotificationType": kind.name})
        draining = bool(self.full)
        asked_after = audit.last()
        wait = 0 if draining else wait_minutes
        seconds = wait * 60 + 30
        answer = gateway.call(
            "IsDataAvailable", {"TypeInfos": infos, "WaitTimeInMinutes": wait}, reference.purpose(), seconds=seconds
        )
        if not answer.good:
            return answer
        by_name = {info["NotificationType"].lower(): info for info in answer.value["TypeInfos"]}
        if by_name.keys() - {kind.name.lower() for kind in all_kinds}:
            contract_changes.of_value("IsDataAvailable", "NotificationType")
        for kind in all_kinds:
            info = by_name.get(kind.name.lower()) or {"IdVersions": [], "IsCompleteSet": False}
            pairs = _askable(kind, [(row["Id"], row["Version"]) for row in info["IdVersions"]])
            # An empty set that is complete: everything has gone that the hash told of. Without a hash it is no news.
            emptied = kind.name in hashed and next(held(kind), None) is not None
            if info["IsCompleteSet"] and (pairs or emptied):
                self.full.setdefault(kind.name, set())  # a failed-hash set
            self._take(kind, pairs, asked_after)
        return answer

    def _take(self, kind: Kind, pairs: list[Pair], asked_after: int) -> None:
        pairs.sort(key=lambda pair: pair[1])
        if kind.name in self.full:
            self.begun.setdefault(kind.name, asked_after)
            self.full[kind.name] |= {pair[0].lower() for pair in pairs}
            self.highest[kind.name] = max([self.highest.get(kind.name, 0), *(pair[1] for pair in pairs)])
        whole = fetch(kind, pairs, self.may_write, full=kind.name in self.full)
        self.short = self.short or not whole
        # A block is cut at a limit that only PASI knows: the set is complete when nothing more follows.
        if kind.name in self.full and whole and not pairs:
            self._complete(kind)

    def _complete(self, kind: Kind) -> None:
        """The full set is drained: a record that we hold and it does not name has left our scope."""
        try:
            answer = whereabouts(kind, self.full[kind.name], self.begun[kind.name])
        except reading.NotAnswered:
            self.short = True  # the set stays drained: asked again soon
            return
        there, highest = self.full.pop(kind.name), self.highest.pop(kind.name, 0)
        begun = self.begun.pop(kind.name)
        if not self.may_write():
            return
        with transaction.atomic():
            cursor, _ = SyncCursor.objects.get_or_create(notification_type=kind.name)
            _store(kind.entity, answer.received)
            there |= {copies.key_of(kind.entity.copy, item) for item in answer.received} | {
                str(ref) for ref in answer.unread
            }
            if vanish(kind, there, cursor, begun):
                absent.hide(kind.entity, answer.hidden)
            cursor.complete_at = clock.now()
            # Lower than before where PASI was restored from a backup: its next versions must not pass unseen below the cursor.
            cursor.max_version = highest
            cursor.save()
        if kind.entity.sis is not None:
            comparing.evaluate_all([kind.entity])


def _askable(kind: Kind, pairs: list[Pair]) -> list[Pair]:
    by_ref_id = kind.entity.key_is_ref_id
    left = [pair for pair in pairs if can_be_asked_for(pair[0], is_ref_id=by_ref_id)]
    if len(left) < len(pairs):
        contract_changes.of_value("IsDataAvailable", f"{kind.entity.notification}/Id")
    return left


def held(kind: Kind) -> Iterator[Pair]:
    """Id and version of every record of the kind that we hold."""
    model = kind.entity.copy
    rows = model._default_manager.filter(vanished_at=None, **({"school_year": kind.year} if kind.year else {}))
    for key, version in rows.values_list(model.key_field, "core_version").iterator(chunk_size=2000):
        yield str(key), version


def fetch(kind: Kind, pairs: list[Pair], may_write: Callable[[], bool], full: bool = False) -> bool:
    """Gets and stores what we do not hold at its version, oldest first. False when PASI stopped short: asked again later.

    In a full set a version below the one that we hold means that PASI has gone back, restored from a backup: PASI's present
    record replaces the local copy then, as nothing else would ever tell.
    """
    versions = _held_versions(kind, pairs)
    ahead = {key: versions[key] for key, version in _lowered(pairs) if full and versions.get(key, -1) > version}
    missing = [pair for pair in pairs if versions.get(pair[0].lower(), -1) < pair[1] or pair[0].lower() in ahead]
    missing = _without_failures(kind, missing)
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        received, whole = _get(kind, batch)
        if not may_write():
            return False
        with transaction.atomic():
            if ahead:
                _go_back(kind, received, ahead)
            _store(kind.entity, received)
            rest = missing[start + BATCH :]
            if whole and rest:
                _advance(kind, rest[0][1] - 1)
        if not whole:
            return False
    if pairs and may_write():
        _advance(kind, pairs[-1][1])
    return True


def _store(entity: Entity, received: list[copies.Received]) -> None:
    """The records, and what follows from them; one that raises is counted and keeps no other back."""
    left_out: list[copies.Received] = []

    def refused(item: copies.Received, error: Exception) -> None:
        copies.not_stored(entity.copy, item, error)
        left_out.append(item)

    if entity.stored:
        stored = entity.stored
        faults.each(received, lambda some: stored([item.document for item in some]), refused)
    copies.store(entity.copy, [item for item in received if item not in left_out])
    if entity.sis is not None:
        comparing.evaluate(entity, keys=[entity.key_of(item.document) for item in received])


def _without_failures(kind: Kind, pairs: list[Pair]) -> list[Pair]:
    """Without records that could not be stored at this version before: their remaining tries belong to `retry`."""
    if not pairs:
        return pairs
    rows = Failure.objects.filter(step=failures.Step.PULL, entity=kind.entity.kind)
    left = dict(rows.values_list("key", "version"))
    return [pair for pair in pairs if left.get(pair[0].lower(), -1) < pair[1]]


def retry(row: Failure) -> None:
    """One record that could not be stored, asked for by itself. What PASI does not show any more is forgotten."""
    entity = entities.by_kind(row.entity)
    kind = Kind(entity.notification, entity, None)
    received, whole = _get(kind, [(row.key, row.version)])
    with transaction.atomic():
        _store(entity, received)
        if whole and not received:
            Failure.objects.filter(pk=row.pk, last_at=row.last_at).delete()


def _lowered(pairs: list[Pair]) -> list[Pair]:
    return [(key.lower(), version) for key, version in pairs]


def _go_back(kind: Kind, received: list[copies.Received], ahead: dict[str, int]) -> None:
    """Lets PASI's older records in: only where the copy still stands at the version that was ahead of them."""
    model = kind.entity.copy
    for item in received:
        key, version = copies.key_of(model, item), int(item.document["PASICoreVersion"])
        if version >= ahead.get(key, 0):
            continue
        rows = model._default_manager.filter(**{model.key_field: key}, core_version=ahead[key], provisional=False)
        if rows.update(core_version=0) and kind.entity.sis is not None:
            Link.objects.filter(key=key, accepted_version__gt=version).update(accepted_version=version)
            log.warning("%s: PASI has gone back from version %s to %s.", kind.name, ahead[key], version)


def _held_versions(kind: Kind, pairs: list[Pair]) -> dict[str, int]:
    model = kind.entity.copy
    versions: dict[str, int] = {}
    keys = [pair[0].lower() for pair in pairs]
    for start in range(0, len(keys), 500):
        rows = model._default_manager.filter(
            **{f"{model.key_field}__in": keys[start : start + 500]}, provisional=False, vanished_at=None
        )
        versions.update(
            (str(key).lower(), version) for key, version in rows.values_list(model.key_field, "core_version")
        )
    return versions


def _get(kind: Kind, batch: list[Pair]) -> tuple[list[copies.Received], bool]:
    """(records received, whether every record asked for was answered, or is kept as a failure)."""
    unread: list[tuple[Pair, str]] = []
    received, whole = _ask(kind, batch, unread)
    if len(unread) >= MANY and not received:
        log.warning("%s: no record of PASI's answer can be read: %s", kind.name, unread[0][1])
        return [], False  # not the records' fault
    for (key, version), why in unread:
        failures.note(failures.Step.PULL, kind.entity.kind, key.lower(), why, version=version)
    return received, whole


def _ask(kind: Kind, batch: list[Pair], unread: list[tuple[Pair, str]]) -> tuple[list[copies.Received], bool]:
    """As `_get`. Where one record makes the answer unreadable, it is found by halves and joins `unread`."""
    entity = kind.entity
    reply = reading.ask(entity, batch, reference.purpose())
    answer = reply.answer
    if answer.fault and len(batch) > 1:
        middle = len(batch) // 2
        first, whole = _ask(kind, batch[:middle], unread)
        if not whole or len(unread) >= MANY:
            return first, False
        rest, whole = _ask(kind, batch[middle:], unread)
        return first + rest, whole
    if answer.fault:
        unread.append((batch[0], answer.fault))
        return [], True
    if not answer.good or answer.element is None:
        return [], False
    received = [item.record for item in reply.items if item.record is not None]
    return received, len(reply.items) == len(batch)


def _advance(kind: Kind, version: int) -> None:
    cursor, _ = SyncCursor.objects.get_or_create(notification_type=kind.name)
    if version > cursor.max_version:
        cursor.max_version = version
        cursor.save(update_fields=["max_version"])


def whereabouts(kind: Kind, there: set[str], begun: int) -> reading.Reading:
    """What became of linked enrolments that a complete set does not name: PASI may have moved them out of our scope.

    Not asked for where the guard will stop the set. Raises NotAnswered.
    """
    if kind.entity.sis is None:
        return reading.Reading()
    gone = _gone(kind, there, begun)
    return absent.where_are(kind.entity, gone) if gone and not _guard_trips(kind, gone) else reading.Reading()


def _gone(kind: Kind, there: set[str], begun: int) -> list[str]:
    gone = [key for key, _version in held(kind) if key.lower() not in there]
    return absent.without_the_meantime(kind.entity, gone, begun) if kind.entity.sis is not None else gone


def vanish(kind: Kind, there: set[str], cursor: SyncCursor, begun: int) -> bool:
    """Marks what a complete set does not name that was asked for after the audit entry `begun`.

    Unless the guard trips for a school: then nothing is touched, a person looks, and the answer is False.
    """
    model = kind.entity.copy
    gone = _gone(kind, there, begun)
    if gone and _guard_trips(kind, gone):
        cursor.guard_stopped_at = clock.now()
        cursor.missing.all().delete()
        MissingRecord.objects.bulk_create(
            (MissingRecord(cursor=cursor, stopped_at=cursor.guard_stopped_at, key=key) for key in gone), batch_size=500
        )
        log.warning(
            "%s: %s records are missing from PASI's complete set. Nothing was removed; a person looks first.",
            kind.name,
            len(gone),
        )
        return False
    cursor.guard_stopped_at = None
    cursor.missing.all().delete()
    absent.mark_vanished(model, gone)
    return True


def _guard_trips(kind: Kind, gone: list[str]) -> bool:
    """By school (its live records, of that year where the kind has years), else over all of the authority's records of the kind."""
    model, school = kind.entity.copy, kind.entity.school_column
    of_the_set: dict[str, object] = {"school_year": kind.year.ending} if kind.year is not None else {}
    if school and "deleted" in kind.entity.by_name:
        of_the_set["deleted"] = False
    live = model._default_manager.filter(vanished_at=None, **of_the_set)
    if not school:
        return VANISHING.trips(len(gone), live.count())
    whole: Counter[str] = Counter(live.values_list(school, flat=True))
    lost: Counter[str] = Counter()
    for start in range(0, len(gone), 500):
        named = {f"{model.key_field}__in": gone[start : start + 500]}
        lost.update(live.filter(**named).values_list(school, flat=True))
    return any(VANISHING.trips(count, whole[school]) for school, count in lost.items())
