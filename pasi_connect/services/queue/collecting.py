"""Taking up what changed here: chunk by chunk, people's single changes before bulks, each student's in the order of the events.

Nobody says which events: whoever looks takes the next chunk, so messages need not name them and a lost one loses nothing.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection
from uuid import uuid4

from django.db import connection, transaction

from operations import clock, faults, statements, wake
from operations.actor import Actor
from operations.services import audit
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import ActionRecord, EnrolmentCopy, Link, Submission
from pasi_connect.models.submission import QUEUED, Status
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, failures
from pasi_connect.services.compare.context import Context
from pasi_connect.services.queue import chains, submissions
from pasi_connect.services.queue.submissions import Sides
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.services.events import SCHOOL_ENROLMENT, uncollected

log = logging.getLogger(__name__)

CHUNK = 100  # events; with what else their students left, 100 to 250 ms in one transaction on SQLite
NEWEST = 20  # behind thousands of others a change that has just been made must not wait for them all
QUICK = 10  # changes of one person that go before bulks; more at a time are a bulk too, whatever door they came through
STUDENT = "student"  # what the tries are counted against
MUTEX = 0x50415349  # PostgreSQL's name for "somebody is at the next chunk"


def take_up(most: int = 1) -> bool:
    """Takes up to `most` chunks. True when something may be left."""
    return all(_next_chunk() for _ in range(most))


def _next_chunk() -> bool:
    students: list[int] = []
    try:
        with transaction.atomic():
            if not uncollected().exists() or not _mine():
                return False
            students = _students()
            collect_students(students)
            return True
    except Exception as error:  # one record must not stand in the way of all others
        if not faults.ours(error):
            raise
        log.warning("A chunk of changes could not be taken up: each student by itself. %s", faults.place(error))
    return sum(alone(student) for student in students) > 0


def alone(student: int) -> bool:
    """The changes of one student. Where that raises it is counted; after the last try each record is taken up by itself."""
    try:
        collect_students([student])
    except Exception as error:
        if not faults.ours(error):
            raise
        counted = failures.note(failures.Step.COLLECT, STUDENT, str(student), error)
        if not counted.is_set_aside:
            return False
        _each_record(student)
    failures.over(failures.Step.COLLECT, STUDENT, [student])
    return True


def _each_record(student: int) -> None:
    """In the order of their changes; the record that raises alone becomes a dead letter, so that a person sees it."""
    waiting = uncollected().filter(student=student, subject_type=SCHOOL_ENROLMENT).order_by("id")
    for subject in dict.fromkeys(waiting.values_list("subject_id", flat=True)):
        try:
            collect_students([student], only=subject)
        except Exception as error:
            if not faults.ours(error):
                raise
            _set_aside(subject, failures.where(error))


@transaction.atomic
def _set_aside(subject: int, where: str) -> None:
    """What was to be taken up waits as a dead letter: sent again, it carries the record as it stands then."""
    events = list(
        uncollected()
        .filter(subject_type=SCHOOL_ENROLMENT, subject_id=subject)
        .select_for_update(of=("self",))
        .select_related("user")
        .order_by("id")
    )
    own = [event for event in events if event.origin == Origin.SIS and not ENTITY.is_silent(event.fields)]
    if own:
        enrolment = SchoolEnrolment.objects.select_related("student", "school").get(pk=subject)
        queued = Submission.objects.select_for_update(of=("self",)).select_related("user")
        row = queued.filter(subject_type=SCHOOL_ENROLMENT, subject_id=subject, status__in=QUEUED).first()
        row = row or _new(enrolment, submissions.link_of(enrolment), own[0])
        _join(row, own, Sides({}, None))
        row.save()
        submissions.move(row, Status.DEAD, reason=failures.SET_ASIDE, detail=where, faults=faults.MOST_TRIES)
    DataEvent.objects.filter(pk__in=[event.pk for event in events]).update(collected_at=clock.now())


def _students() -> list[int]:
    waiting = uncollected().values_list("student_id", flat=True)
    turn = list(waiting.order_by("bulk", "id")[:CHUNK])
    if len(turn) == CHUNK:
        turn += waiting.filter(bulk=False).order_by("-id")[:NEWEST]
    return [student for student in dict.fromkeys(turn) if student is not None]


def _mine() -> bool:
    """For this transaction nobody else is at the next chunk: two would wait for each other's rows. SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [MUTEX])
        return bool(cursor.fetchone()[0])


def collect(enrolment_id: int) -> None:
    """Takes up the changes of a record, and with them those of its student's other records: order is the order of the changes."""
    student = SchoolEnrolment.objects.filter(pk=enrolment_id).values_list("student_id", flat=True).get()
    collect_students([student])


@transaction.atomic
def collect_students(student_ids: Collection[int], only: int | None = None) -> None:
    """Makes ONE queued submission a record of all events of these students that nobody has taken up. Harmless when run twice.

    In one transaction and a handful of statements, however many records it is; in the order of the events. `only`: of this
    record, where another one of the student cannot be taken up.
    """
    waiting = uncollected().filter(student__in=list(student_ids))
    if only is not None:
        waiting = waiting.filter(subject_type=SCHOOL_ENROLMENT, subject_id=only)
    refs = _keys_of(list(waiting.order_by("id").values_list("subject_id", "fields")))
    locks.records(refs.values())
    events: dict[int, list[DataEvent]] = defaultdict(list)
    for event in waiting.select_for_update(of=("self",)).select_related("user").order_by("id"):
        # A record that got its first event since then has no key yet: whoever looks next takes it up.
        if event.subject_id in refs or ENTITY.is_silent(event.fields):
            events[event.subject_id].append(event)
    if not events:
        return
    own = {
        subject: [one for one in some if one.origin == Origin.SIS and not ENTITY.is_silent(one.fields)]
        for subject, some in events.items()
    }
    if _queue({subject: some for subject, some in own.items() if some}):
        wake.look_after_commit(submissions.SEND)
    taken = [event.pk for some in events.values() for event in some]  # not before: chains ask what is still to come
    DataEvent.objects.filter(pk__in=taken).update(collected_at=clock.now())
    comparing.evaluate(enrolment_ids=events)


def _keys_of(waiting: list[tuple[int, list[str]]]) -> dict[int, str]:
    """The RefId of each record; made where there is none and the change concerns PASI at all."""
    subjects = {subject for subject, _fields in waiting}
    links = Link.objects.of(SCHOOL_ENROLMENT, subjects)
    known = dict(links.values_list("subject_id", "key"))
    loud = {subject for subject, fields in waiting if not ENTITY.is_silent(fields)}
    if new := sorted(loud - known.keys()):
        made = [Link(entity=SCHOOL_ENROLMENT, subject_id=subject, key=str(uuid4())) for subject in new]
        Link.objects.bulk_create(made, ignore_conflicts=True, batch_size=500)
        known = dict(links.values_list("subject_id", "key"))
    return known


def _queue(events: dict[int, list[DataEvent]]) -> bool:
    """The events of each record become (part of) its queued submission. True when any of them may go."""
    if not events:
        return False
    found = SchoolEnrolment.objects.select_related("student", "school").in_bulk(list(events))
    links = {link.subject_id: link for link in Link.objects.of(SCHOOL_ENROLMENT, events)}
    refs = [link.key for link in links.values()]
    copies = {copy.key: copy for copy in EnrolmentCopy.objects.filter(key__in=refs, vanished_at=None).defer("document")}
    queued = {
        row.subject_id: row
        for row in Submission.objects.select_for_update(of=("self",))
        .select_related("user")
        .defer("sent_document")
        .filter(lane__in={_lane(enrolment) for enrolment in found.values()}, status__in=QUEUED)
        .order_by("id")
    }
    chained = ActionRecord.objects.filter(subject_id__in=list(events), subject_type=SCHOOL_ENROLMENT, chained=True)
    in_chains = set(chained.values_list("subject_id", flat=True))
    context, told = Context(), submissions.Told.of_all(found.values())
    joined, new, released = [], [], False
    for subject, some in events.items():
        enrolment, link = found[subject], links[subject]
        sides = Sides.of(enrolment, link, copies.get(link.key))
        row = queued.get(subject)
        after = chains.place(subject) if subject in in_chains else ""
        if row is None:
            row = _new(enrolment, link, some[0])
            _join(row, some, sides)
            reason = submissions.why_held(row, context, enrolment, sides, after, told)
            if reason is not None:
                row.status, row.reason, row.detail = Status.HELD, *reason
            new.append(row)
        else:
            _join(row, some, sides)
            joined.append(row)
            submissions.hold(row, submissions.why_held(row, context, enrolment, sides, after, told))
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


def _lane(enrolment: SchoolEnrolment) -> str:
    return f"student:{enrolment.student_id}"


def _new(enrolment: SchoolEnrolment, link: Link, first: DataEvent) -> Submission:
    now = clock.now()
    return Submission(
        subject_type=SCHOOL_ENROLMENT,
        subject_id=enrolment.pk,
        lane=_lane(enrolment),
        place=first.pk,
        bulk=True,
        key=link.key,
        school_code=enrolment.school.code,
        next_attempt_at=now,
        created_at=now,
    )


PERSON = ("user", "actor_name", "actor_local_id", "actor_ip")
JOINED = ("fields", "seen_version", "place", "bulk", "changed_at", *PERSON)


def _join(row: Submission, events: list[DataEvent], sides: Sides) -> None:
    """The row carries these events too; its person is that of the last one."""
    seen = [sides.version if event.seen_version is None else event.seen_version for event in events]
    row.seen_version = min(seen if row.seen_version is None else [row.seen_version, *seen])
    row.fields = sorted({*row.fields, *(name for event in events for name in event.fields)})
    row.place = min(row.place, events[0].pk)
    row.bulk = row.bulk and all(event.bulk for event in events)
    row.changed_at = clock.now()
    for name in PERSON:
        setattr(row, name, getattr(events[-1], name))
