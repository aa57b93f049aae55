"""The other direction: what PASI announces is fetched, stored whole, and compared.

Source: PASI Client Performs Synchronization. A cursor moves only behind what is stored. A record vanishes only by a complete
set, and only past the guard.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from operations import clock
from operations.rules.guard import VANISHING
from pasi_connect.models import (
    AuthorityCopy,
    EnrolmentCopy,
    EnrolmentLink,
    LocalCopy,
    SchoolCopy,
    StudentCopy,
    Submission,
    SyncCursor,
)
from pasi_connect.models.submission import FLYING, Status
from pasi_connect.rules import hash as hash_rule
from pasi_connect.services import comparing, copies, reference
from pasi_connect.services.context import Context
from pasi_connect.soap import codec, gateway
from pasi_connect.soap.gateway import Answer
from sis.rules.school_year import SchoolYear
from sis.services import organisations

log = logging.getLogger(__name__)

Pair = tuple[str, int]  # id, version
BATCH = 200  # RefIds in one Get: about 40 KB of the 64 KB that PASI takes


@dataclass(frozen=True)
class Entity:
    """How one kind of record is fetched: a row here is all that another entity of the same manner needs."""

    model: type[LocalCopy]
    operation: str
    request_member: str
    key_member: str
    record_member: str
    by_year: bool = False
    after: Callable[[list[copies.Received]], None] | None = None


def _schools_read(received: list[copies.Received]) -> None:
    organisations.follow_pasi(
        [
            (
                str(item.document["SchoolCode"]),
                item.document.get("Name") or "",
                item.document.get("SchoolAuthorityCode") or "",
            )
            for item in received
        ]
    )


RECORD_KEYS: dict[type[LocalCopy], str] = {
    AuthorityCopy: "SchoolAuthorityCode",
    SchoolCopy: "SchoolCode",
    StudentCopy: "StateProvinceId",
    EnrolmentCopy: "RefId",
}

# In the order in which they are needed: organisations, people, then what belongs to both.
ENTITIES = {
    entity.model.notification_type: entity
    for entity in (
        Entity(AuthorityCopy, "GetSchoolAuthorityInformation", "SchoolAuthorityCodes", "Key", "SchoolAuthority"),
        Entity(SchoolCopy, "GetSchoolInformation", "SchoolCodes", "Key", "School", after=_schools_read),
        Entity(StudentCopy, "GetStudent", "StateProvinceIds", "Key", "Student"),
        Entity(EnrolmentCopy, "GetStudentSchoolEnrolment", "RefIds", "RefId", "StudentSchoolEnrolment", by_year=True),
    )
}


@dataclass(frozen=True)
class Kind:
    """A notification type as it is asked for: `name` carries the ending year where there is one."""

    name: str
    entity: Entity
    year: SchoolYear | None


def kinds(context: Context) -> list[Kind]:
    made: list[Kind] = []
    for name, entity in ENTITIES.items():
        if entity.by_year:
            made.extend(Kind(f"{name}.{year.ending}", entity, year) for year in sorted(context.years))
        else:
            made.append(Kind(name, entity, None))
    return made


@dataclass
class Puller:
    """Keeps, between questions, the ids of the full sets that are being drained. `may_write` is asked before each store."""

    may_write: Callable[[], bool] = lambda: True
    full: dict[str, set[str]] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)  # the newest version that each full set has named
    begun: dict[str, dt.datetime] = field(default_factory=dict)  # when each full set was asked for
    short: bool = False  # the last answer could not be fetched whole: ask again soon, not at once

    def ask(self, wait_minutes: int, with_hash: bool = False) -> Answer:
        """One question for news of every kind, and everything that the answer asks for."""
        self.short = False
        asked = kinds(Context())
        cursors = SyncCursor.objects.in_bulk([kind.name for kind in asked])
        infos, hashed = [], set()
        for kind in asked:
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
        asked_at = clock.now()
        wait = 0 if draining else wait_minutes
        seconds = wait * 60 + 30
        answer = gateway.call(
            "IsDataAvailable", {"TypeInfos": infos, "WaitTimeInMinutes": wait}, reference.purpose(), seconds=seconds
        )
        if not answer.good:
            return answer
        by_name = {info["NotificationType"].lower(): info for info in answer.value["TypeInfos"]}
        for kind in asked:
            info = by_name.get(kind.name.lower()) or {"IdVersions": [], "IsCompleteSet": False}
            pairs = [(row["Id"], row["Version"]) for row in info["IdVersions"]]
            # An empty set that is complete: everything has gone that the hash told of. Without a hash it is no news.
            emptied = kind.name in hashed and next(held(kind), None) is not None
            if info["IsCompleteSet"] and (pairs or emptied):
                self.full.setdefault(kind.name, set())  # a failed-hash set
            self._take(kind, pairs, asked_at)
        return answer

    def _take(self, kind: Kind, pairs: list[Pair], asked_at: dt.datetime) -> None:
        pairs.sort(key=lambda pair: pair[1])
        if kind.name in self.full:
            self.begun.setdefault(kind.name, asked_at)
            self.full[kind.name] |= {pair[0].lower() for pair in pairs}
            self.highest[kind.name] = max([self.highest.get(kind.name, 0), *(pair[1] for pair in pairs)])
        whole = fetch(kind, pairs, self.may_write, full=kind.name in self.full)
        self.short = self.short or not whole
        # A block is cut at a limit that only PASI knows: the set is complete when nothing more follows.
        if kind.name in self.full and whole and not pairs:
            self._complete(kind)

    def _complete(self, kind: Kind) -> None:
        """The full set is drained: what we hold and it does not name has left our scope."""
        there, highest = self.full.pop(kind.name), self.highest.pop(kind.name, 0)
        begun = self.begun.pop(kind.name)
        if not self.may_write():
            return
        with transaction.atomic():
            cursor, _ = SyncCursor.objects.get_or_create(notification_type=kind.name)
            vanish(kind, there, cursor, begun)
            cursor.complete_at = clock.now()
            # Lower than before where PASI was restored from a backup: its next versions must not pass unseen below the cursor.
            cursor.max_version = highest
            cursor.save()
        if kind.entity.by_year:
            comparing.evaluate_all()


def held(kind: Kind) -> Iterator[Pair]:
    """Id and version of every record of the kind that we hold."""
    model = kind.entity.model
    rows = model._default_manager.filter(vanished_at=None, **({"school_year": kind.year} if kind.year else {}))
    for key, version in rows.values_list(model.key_field, "core_version").iterator(chunk_size=2000):
        yield str(key), version


def fetch(kind: Kind, pairs: list[Pair], may_write: Callable[[], bool], full: bool = False) -> bool:
    """Gets and stores what we do not hold at its version, oldest first. False when PASI stopped short: asked again later.

    In a full set a version below the one that we hold means that PASI has gone back, restored from a backup: PASI's present
    record replaces the local copy then, as nothing else would ever tell.
    """
    known = _held_versions(kind, pairs)
    ahead = {key: known[key] for key, version in _lowered(pairs) if full and known.get(key, -1) > version}
    missing = [pair for pair in pairs if known.get(pair[0].lower(), -1) < pair[1] or pair[0].lower() in ahead]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        received, whole = _get(kind, batch)
        if not may_write():
            return False
        with transaction.atomic():
            if ahead:
                _go_back(kind, received, ahead)
            copies.store(kind.entity.model, received)
            if kind.entity.after:
                kind.entity.after(received)
            if kind.entity.model is EnrolmentCopy:
                comparing.evaluate(ref_ids=[UUID(item.document["RefId"]) for item in received])
            rest = missing[start + BATCH :]
            if whole and rest:
                _advance(kind, rest[0][1] - 1)
        if not whole:
            return False
    if pairs and may_write():
        _advance(kind, pairs[-1][1])
    return True


def _lowered(pairs: list[Pair]) -> list[Pair]:
    return [(key.lower(), version) for key, version in pairs]


def _go_back(kind: Kind, received: list[copies.Received], ahead: dict[str, int]) -> None:
    """Lets PASI's older records in: only where the copy still stands at the version that was ahead of them."""
    model = kind.entity.model
    for item in received:
        key, version = str(item.document[RECORD_KEYS[model]]).lower(), int(item.document["PASICoreVersion"])
        if version >= ahead.get(key, 0):
            continue
        rows = model._default_manager.filter(**{model.key_field: key}, core_version=ahead[key], provisional=False)
        if rows.update(core_version=0) and model is EnrolmentCopy:
            EnrolmentLink.objects.filter(ref_id=key, accepted_version__gt=version).update(accepted_version=version)
            log.warning("%s: PASI has gone back from version %s to %s.", kind.name, ahead[key], version)


def _held_versions(kind: Kind, pairs: list[Pair]) -> dict[str, int]:
    model = kind.entity.model
    known: dict[str, int] = {}
    keys = [pair[0].lower() for pair in pairs]
    for start in range(0, len(keys), 500):
        rows = model._default_manager.filter(
            **{f"{model.key_field}__in": keys[start : start + 500]}, provisional=False, vanished_at=None
        )
        known.update((str(key).lower(), version) for key, version in rows.values_list(model.key_field, "core_version"))
    return known


def _get(kind: Kind, batch: list[Pair]) -> tuple[list[copies.Received], bool]:
    """(records received, whether every record asked for was answered)."""
    entity = kind.entity
    request = {entity.request_member: [{"ExpectedVersion": version, entity.key_member: key} for key, version in batch]}
    answer = gateway.call(entity.operation, request, reference.purpose())
    if not answer.good or answer.element is None:
        return [], False
    received = []
    for response, element in zip(answer.value, answer.element, strict=True):
        # "Not nil but Unknown": the status tells whether there is a record, never the record itself.
        if response["AvailabilityStatus"] != "Normal" or not response.get(entity.record_member):
            continue
        record = next(child for child in element if codec.local_name(child) == entity.record_member)
        received.append(copies.Received(response[entity.record_member], codec.bare_xml(record)))
    return received, len(answer.value) == len(batch)


def _advance(kind: Kind, version: int) -> None:
    cursor, _ = SyncCursor.objects.get_or_create(notification_type=kind.name)
    if version > cursor.max_version:
        cursor.max_version = version
        cursor.save(update_fields=["max_version"])


def vanish(kind: Kind, there: set[str], cursor: SyncCursor, begun: dt.datetime) -> None:
    """Marks what a complete set, asked for at `begun`, does not name.

    Unless the guard trips for a school: then nothing is touched, a person looks.
    """
    model = kind.entity.model
    gone = [key for key, _version in held(kind) if key.lower() not in there]
    if model is EnrolmentCopy:
        gone = _without_the_meantime(gone, begun)
    if gone and _guard_trips(kind, gone):
        cursor.guard_stopped_at, cursor.guard_missing = clock.now(), gone[:5000]
        log.warning(
            "%s: %s records are missing from PASI's complete set. Nothing was removed; a person looks first.",
            kind.name,
            len(gone),
        )
        return
    cursor.guard_stopped_at, cursor.guard_missing = None, []
    mark_vanished(model, gone)


def _without_the_meantime(gone: list[str], begun: dt.datetime) -> list[str]:
    """Without the records that we sent while PASI was answering: it may have taken them after it had made the set."""
    sent: set[str] = set()
    for start in range(0, len(gone), 500):
        rows = Submission.objects.filter(ref_id__in=gone[start : start + 500]).filter(
            Q(status__in=FLYING) | Q(status=Status.ACCEPTED, finished_at__gte=begun)
        )
        sent.update(str(ref_id) for ref_id in rows.values_list("ref_id", flat=True))
    return [key for key in gone if key not in sent]


def mark_vanished(model: type[LocalCopy], keys: list[str]) -> None:
    for start in range(0, len(keys), 500):
        model._default_manager.filter(**{f"{model.key_field}__in": keys[start : start + 500]}).update(
            vanished_at=clock.now()
        )


def _guard_trips(kind: Kind, gone: list[str]) -> bool:
    """By school for enrolments (a school's live records of that year), else over all records of the kind."""
    if kind.year is None:
        return VANISHING.trips(len(gone), kind.entity.model._default_manager.filter(vanished_at=None).count())
    live = EnrolmentCopy.objects.filter(vanished_at=None, school_year=kind.year.ending, deleted=False)
    whole = Counter(live.values_list("school_code", flat=True))
    lost: Counter[str] = Counter()
    for start in range(0, len(gone), 500):
        lost.update(live.filter(ref_id__in=gone[start : start + 500]).values_list("school_code", flat=True))
    return any(VANISHING.trips(count, whole[school]) for school, count in lost.items())
