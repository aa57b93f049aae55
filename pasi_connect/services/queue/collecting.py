"""Collecting what changed here: chunk by chunk, people's single changes before bulks, lanes in the order of events.

No message names events: whoever looks takes the next chunk, so a lost message loses nothing.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from operations import clock, faults, statements, wake
from operations.actor import Actor
from operations.services import audit
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import ActionRecord, Link, Submission
from pasi_connect.models.submission import QUEUED, Status
from pasi_connect.services import facts, locks
from pasi_connect.services.compare import comparing, failures, tying
from pasi_connect.services.compare.context import Context
from pasi_connect.services.facts import Facts
from pasi_connect.services.queue import chains, matching, submissions
from pasi_connect.services.queue.submissions import Sides
from sis.models import DataEvent
from sis.models.event import Origin
from sis.selectors import made_by_a_load
from sis.services.events import subject_of, uncollected

log = logging.getLogger(__name__)

CHUNK = 100  # events; with what else their lanes left, 100 to 250 ms in one transaction on SQLite
NEWEST = 20  # behind thousands of others a change that has just been made must not wait for them all
QUICK = 10  # changes of one person that go before bulks; more at a time are a bulk too, whatever door they came through
STUDENT = "student"  # the lane of all that belongs to one student
MUTEX = 0x50415349  # PostgreSQL's name for "somebody is at the next chunk"


@dataclass(frozen=True)
class Lane:
    """The unit of order: a student, or a record that belongs to none. What the tries are counted against."""

    kind: str  # STUDENT, or the kind of the record
    pk: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.pk}"

    @classmethod
    def of(cls, student_id: int | None, kind: str, subject_id: int) -> "Lane":
        return cls(kind, subject_id) if student_id is None else cls(STUDENT, student_id)


Subject = tuple[str, int]  # kind and id of a SIS record


def take_up(most: int = 1) -> bool:
    """Takes up to `most` chunks. True when something may be left."""
    return all(_next_chunk() for _ in range(most))


def _next_chunk() -> bool:
    lanes: list[Lane] = []
    try:
        with transaction.atomic():
            if not uncollected().exists() or not _mine():
                return False
            lanes = _lanes()
            collect_lanes(lanes)
            return True
    except Exception as error:  # one record must not stand in the way of all others
        if not faults.ours(error):
            raise
        log.warning("A chunk of changes could not be taken up: each lane by itself. %s", faults.place(error))
    return sum(alone(lane) for lane in lanes) > 0


def alone(lane: Lane) -> bool:
    """The changes of one lane. Where that raises it is counted; after the last try each record is taken up by itself."""
    try:
        collect_lanes([lane])
    except Exception as error:
        if not faults.ours(error):
            raise
        counted = failures.note(failures.Step.COLLECT, lane.kind, str(lane.pk), error)
        if not counted.is_set_aside:
            return False
        _each_record(lane)
    failures.over(failures.Step.COLLECT, lane.kind, [lane.pk])
    return True


def _each_record(lane: Lane) -> None:
    """In the order of their changes; the record that raises alone becomes a dead letter, so that a person sees it."""
    waiting = uncollected().filter(_within([lane])).order_by("id")
    for subject in dict.fromkeys(waiting.values_list("entity", "subject_id")):
        try:
            collect_lanes([lane], only=subject)
        except Exception as error:
            if not faults.ours(error):
                raise
            _set_aside(subject, failures.where(error))


@transaction.atomic
def _set_aside(subject: Subject, where: str) -> None:
    """What was to be taken up waits as a dead letter: sent again, it carries the record as it stands then."""
    kind, pk = subject
    entity, mine = entities.by_kind(kind), {"entity": kind, "subject_id": pk}
    left = uncollected().filter(**mine).select_for_update(of=("self",)).select_related("user").order_by("id")
    events = list(left)
    own = [event for event in events if event.origin == Origin.SIS and not entity.is_silent(event.fields)]
    if own:
        record = entity.records.get(pk=pk)
        queued = Submission.objects.select_for_update(of=("self",)).select_related("user")
        row = queued.filter(**mine, status__in=QUEUED).first()
        fields = sorted({name for event in own for name in event.fields})
        row = row or _new(record, submissions.link_of(record), own[0], next(iter(entity.by_part(fields)), ""))
        _join(row, own, Sides({}, None))
        row.save()
        submissions.move(row, Status.DEAD, reason=failures.SET_ASIDE, detail=where, faults=faults.MOST_TRIES)
    DataEvent.objects.filter(pk__in=[event.pk for event in events]).update(collected_at=clock.now())


def _lanes() -> list[Lane]:
    waiting = uncollected().values_list("student_id", "entity", "subject_id")
    turn = list(waiting.order_by("bulk", "id")[:CHUNK])
    if len(turn) == CHUNK:
        turn += waiting.filter(bulk=False).order_by("-id")[:NEWEST]
    return list(dict.fromkeys(Lane.of(*row) for row in turn))


def _within(lanes: Iterable[Lane]) -> Q:
    """The events of these lanes."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for lane in lanes:
        by_kind[lane.kind].append(lane.pk)
    which = Q(student__in=by_kind.pop(STUDENT, []))
    for kind, ids in by_kind.items():
        which |= Q(student=None, entity=kind, subject_id__in=ids)
    return which


def _mine() -> bool:
    """For this transaction nobody else is at the next chunk: two would wait for each other's rows. SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [MUTEX])
        return bool(cursor.fetchone()[0])


def collect(kind: str, subject_id: int) -> None:
    """Takes up the changes of a record, and with them all of its lane: order is the order of the changes."""
    record = entities.by_kind(kind).records.get(pk=subject_id)
    collect_lanes([_lane(record)])


@transaction.atomic
def collect_lanes(lanes: Collection[Lane], only: Subject | None = None) -> None:
    """Makes ONE queued submission a record of all events of these lanes that nobody has taken up. Harmless when run twice.

    In one transaction and a handful of statements a kind, however many records it is; in the order of the events. `only`: of
    this record, where another one of the lane cannot be taken up.
    """
    waiting = uncollected().filter(_within(lanes))
    if only is not None:
        waiting = waiting.filter(entity=only[0], subject_id=only[1])
    keys = _keys_of(list(waiting.order_by("id").values_list("entity", "subject_id", "fields")))
    for entity in entities.written():
        if mine := [key for (kind, _pk), key in keys.items() if kind == entity.kind]:
            locks.records(entity, mine)
    events: dict[Subject, list[DataEvent]] = defaultdict(list)
    for event in waiting.select_for_update(of=("self",)).select_related("user").order_by("id"):
        # A record that got its first event since then has no key yet: whoever looks next takes it up.
        subject = (event.entity, event.subject_id)
        if subject in keys or entities.by_kind(event.entity).is_silent(event.fields) or _is_unknown(event):
            events[subject].append(event)
    if not events:
        return
    own = {subject: [one for one in some if _goes_out(one)] for subject, some in events.items() if subject in keys}
    if _queue({subject: some for subject, some in own.items() if some}):
        wake.look_after_commit(submissions.SEND)
    taken = [event.pk for some in events.values() for event in some]  # not before: chains ask what is still to come
    DataEvent.objects.filter(pk__in=taken).update(collected_at=clock.now())
    for entity in entities.written():
        if ids := [pk for kind, pk in events if kind == entity.kind]:
            comparing.evaluate(entity, ids=ids)


def _is_unknown(event: DataEvent) -> bool:
    """PASI does not know the record yet: once its key is entered here, what is sent is computed from the state then."""
    sis = entities.by_kind(event.entity).sis
    return sis is not None and bool(sis.key)


def _goes_out(event: DataEvent) -> bool:
    return event.origin == Origin.SIS and not entities.by_kind(event.entity).is_silent(event.fields)


def _keys_of(waiting: list[tuple[str, int, list[str]]]) -> dict[Subject, str]:
    """The key of each record; made where there is none and the change concerns PASI at all."""
    keys: dict[Subject, str] = {}
    for entity in entities.written():
        mine = [(pk, fields) for kind, pk, fields in waiting if kind == entity.kind]
        if not mine:
            continue
        tying.tie(entity, ids=[pk for pk, _fields in mine])
        links = entity.links.filter(subject_id__in={pk for pk, _fields in mine})
        by_id = dict(links.values_list("subject_id", "key"))
        if entity.sis and entity.sis.key:
            keys |= {(entity.kind, pk): key for pk, key in by_id.items()}
            continue
        loud = {pk for pk, fields in mine if not entity.is_silent(fields)}
        if new := sorted(loud - by_id.keys()):
            loaded = made_by_a_load(entity.kind, new)
            rows = [Link(entity=entity.kind, subject_id=pk, key=entity.new_key(), unmatched=pk in loaded) for pk in new]
            Link.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
            if loaded:
                matching.free(entity, entity.links.filter(subject_id__in=loaded))
            by_id = dict(links.values_list("subject_id", "key"))
        keys |= {(entity.kind, pk): key for pk, key in by_id.items()}
    return keys


@dataclass(frozen=True)
class _Sides:
    """Both sides of the records of one kind, by id and by key."""

    records: dict[int, Any]
    links: dict[int, Link]
    copies: dict[str, Any]
    facts: Facts

    @classmethod
    def of(cls, entity: Entity, ids: list[int]) -> "_Sides":
        records = entity.records.in_bulk(ids)
        entity.read_schools(records.values())
        links = {link.subject_id: link for link in Link.objects.of(entity.kind, ids)}
        live = entity.live_copies(link.key for link in links.values())
        copies = {getattr(copy, entity.copy.key_field): copy for copy in live}
        return cls(records, links, copies, facts.of_all(records.values()))


def _queue(events: dict[Subject, list[DataEvent]]) -> bool:
    """Turns the events of each record into its queued submission, or adds them to it. True when any of them may go."""
    if not events:
        return False
    by_kind: dict[str, list[int]] = defaultdict(list)
    for kind, pk in events:
        by_kind[kind].append(pk)
    sides_of = {kind: _Sides.of(entities.by_kind(kind), ids) for kind, ids in by_kind.items()}
    lanes = {str(_lane(record)) for sides in sides_of.values() for record in sides.records.values()}
    queued = {
        (row.entity, row.subject_id, row.part): row
        for row in Submission.objects.select_for_update(of=("self",))
        .select_related("user")
        .defer("sent_document")
        .filter(lane__in=lanes, status__in=QUEUED)
        .order_by("id")
    }
    chained = ActionRecord.objects.filter(subject_id__in=[pk for _kind, pk in events], chained=True)
    in_chains = set(chained.values_list("entity", "subject_id"))
    context = Context()
    joined, new, released = [], [], False
    for (kind, pk, part), some in _of_parts(events).items():
        of_kind, link = sides_of[kind], sides_of[kind].links[pk]
        record = of_kind.records[pk]
        sides = Sides.of(record, link, of_kind.copies.get(link.key), part)
        row = queued.get((kind, pk, part))
        after = chains.place(kind, pk) if (kind, pk) in in_chains else ""
        if row is None:
            row = _new(record, link, some[0], part)
            _join(row, some, sides)
            reason = submissions.why_held(row, context, record, sides, after, of_kind.facts)
            if reason is not None:
                row.status, row.reason, row.detail = Status.HELD, *reason
            new.append(row)
        else:
            _join(row, some, sides)
            joined.append(row)
            submissions.hold(row, submissions.why_held(row, context, record, sides, after, of_kind.facts))
        released = released or row.status == Status.WAITING
    _share_out([*new, *joined], {row.pk for row in queued.values() if not row.bulk})
    # A change that goes first must not wait behind an earlier one of its student that goes last.
    first = {row.lane for row in (*new, *joined) if not row.bulk}
    for row in (*queued.values(), *new):
        if row.bulk and row.lane in first:
            row.bulk = False
            if row.pk:
                joined.append(row)
    statements.update_all(joined, JOINED)
    statements.insert_all(new)
    steps: dict[Actor, list[audit.Entry]] = defaultdict(list)
    for row in new:
        steps[Actor(row.user_id, row.actor_name, row.actor_local_id, row.actor_ip)].append(submissions.step(row, ""))
    for actor, entries in steps.items():
        audit.record_all(actor, entries)
    return released


def _of_parts(events: dict[Subject, list[DataEvent]]) -> dict[tuple[str, int, str], list[DataEvent]]:
    """By kind and id of the record and the part that a submission carries: of each event the parts whose fields it names."""
    by_part: dict[tuple[str, int, str], list[DataEvent]] = defaultdict(list)
    for (kind, pk), some in events.items():
        entity = entities.by_kind(kind)
        for event in some:
            for part in entity.by_part(event.fields):
                by_part[kind, pk, part].append(event)
    return by_part


def _share_out(rows: list[Submission], quick: set[int]) -> None:
    """Of each person only so many go before the bulks, the newest of those that come together; `quick` do so already."""
    fresh = [row for row in rows if not row.bulk and row.pk not in quick]
    if not fresh:
        return
    waiting = Submission.objects.filter(status=Status.WAITING, bulk=False)
    taken: Counter[tuple[int | None, str]] = Counter(
        waiting.order_by("place", "id").values_list("user_id", "actor_local_id")
    )
    for row in sorted(fresh, key=lambda row: row.place, reverse=True):
        person = (row.user_id, row.actor_local_id)
        row.bulk = taken[person] >= QUICK
        taken[person] += not row.bulk


def _lane(record: Any) -> Lane:
    subject = subject_of(record)
    return Lane.of(subject.student_id, subject.kind, subject.pk)


def _new(record: Any, link: Link, first: DataEvent, part: str) -> Submission:
    now, subject = clock.now(), subject_of(record)
    return Submission(
        entity=link.entity,
        subject_id=record.pk,
        lane=str(Lane.of(subject.student_id, subject.kind, subject.pk)),
        place=first.pk,
        bulk=True,
        key=link.key,
        part=part,
        school_code=entities.of(record).school_code(record),
        next_attempt_at=now,
        created_at=now,
    )


PERSON = ("user", "actor_name", "actor_local_id", "actor_ip")
JOINED = ("fields", "seen_version", "place", "bulk", "changed_at", *PERSON)


def _join(row: Submission, events: list[DataEvent], sides: Sides) -> None:
    """The row carries these events too; its person is that of the last one."""
    versions = [sides.version if event.seen_version is None else event.seen_version for event in events]
    row.seen_version = min(versions if row.seen_version is None else [row.seen_version, *versions])
    changed = {name for event in events for name in event.fields}
    if row.part:
        changed &= entities.by_kind(row.entity).fields_of(row.part)
    row.fields = sorted({*row.fields, *changed})
    row.place = min(row.place, events[0].pk)
    row.bulk = row.bulk and all(event.bulk for event in events)
    row.changed_at = clock.now()
    for name in PERSON:
        setattr(row, name, getattr(events[-1], name))
