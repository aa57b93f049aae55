"""Send now: PASI's records are read live, then ours is sent at once. For a record, or a school as a job.

Nothing equal is sent, and nothing over a change that nobody has looked at: "now" saves time, it skips no step.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from operations import clock, faults, wake
from operations.actor import SYNC, Actor
from operations.models import Job, JobRow
from operations.previews import taken_back
from operations.rules import latin1
from operations.services import audit, jobs
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Link, Submission
from pasi_connect.models.submission import FLYING, LIVE, QUEUED, Status
from pasi_connect.rules import forced
from pasi_connect.rules.versions import may_replace
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import absent, copies, reading
from pasi_connect.services.queue import collecting, matching, reviews, submissions
from pasi_connect.services.queue.claiming import may_call
from pasi_connect.services.queue.version_check import our_steps
from pasi_connect.soap.gateway import Purpose
from sis.models import DataEvent, School
from sis.models.organization import State
from sis.services import events

log = logging.getLogger(__name__)

JOB, PREVIEW = "pasi_connect.force_send", "pasi_connect.force_send_preview"
CHUNK = 100  # records in one transaction: well below a quarter of a second on SQLite
Result = TypeVar("Result")
GRAVEST = (forced.STUCK, forced.HELD, forced.ON_ITS_WAY)  # of a record that is sent in parts, what is said of the whole
READ_SECONDS = 20.0  # a person is waiting at the page


@dataclass(frozen=True)
class Outcome:
    """`code` as in rules.forced; `submission` is the live one of the record, if there is one."""

    code: str
    submission: int | None = None

    @property
    def row(self) -> forced.Row:
        return forced.BY_CODE[self.code]


def send_now(actor: Actor, record: Any) -> Outcome:
    """One SIS record, while the person waits. Call it outside of every transaction; its school must have been selected along."""
    context, entity = Context(), entities.of(record)
    if not context.takes(entity, record):
        submissions.release_held(entity=entity.kind, subject_id=record.pk)
        return Outcome(forced.NO_PART)
    collecting.collect(entity.kind, record.pk)
    link = submissions.link_of(record)
    matching.send_anyway(link)
    try:
        if not may_call():
            raise reading.NotAnswered
        answer = reading.read(entity, [link], _purpose(actor, entity.school_of(record), link.key), READ_SECONDS)
    except reading.NotAnswered:
        answer = reading.Reading(unread={link.key})
    with transaction.atomic():
        outcomes = _store_and_push(actor, entity, [record.pk], answer, context)
        audit.record(actor, audit.Entry(audit.Verb.SENT_NOW, entity.kind, str(record.pk), entity.school_code(record)))
    collecting.collect(entity.kind, record.pk)  # what has just been left goes at once, not with the next wake
    return _as_it_stands(entity, record.pk, outcomes[record.pk])


def preview(actor: Actor, record: Any, answer: Callable[[], Result]) -> Result:
    """PASI's record is read, nothing is sent: what `answer` gives while everything stands as `send_now` would leave it."""
    context, entity = Context(), entities.of(record)
    takes_part = context.takes(entity, record)
    link = Link.objects.of(entity.kind, [record.pk]).first()
    pasi_answer: reading.Reading | None = reading.Reading()
    if takes_part:
        try:
            if not may_call():
                raise reading.NotAnswered
            if link is not None:  # what has no key yet is not there
                pasi_answer = reading.read(
                    entity, [link], _purpose(actor, entity.school_of(record), link.key), READ_SECONDS
                )
        except reading.NotAnswered:
            pasi_answer = None
    with taken_back():
        if takes_part:
            collecting.collect(entity.kind, record.pk)
            link = submissions.link_of(record)
            matching.send_anyway(link)
            _store_and_push(actor, entity, [record.pk], pasi_answer or reading.Reading(unread={link.key}), context)
            collecting.collect(entity.kind, record.pk)
        else:
            submissions.release_held(entity=entity.kind, subject_id=record.pk)
        return answer()


def _as_it_stands(entity: Entity, pk: int, code: str) -> Outcome:
    live = Submission.objects.filter(entity=entity.kind, subject_id=pk, status__in=LIVE).order_by("-pk")
    newest = live.values_list("pk", "status").first()
    if newest is None:
        return Outcome(code)
    if code == forced.ON_ITS_WAY and newest[1] == Status.HELD:
        code = forced.HELD
    return Outcome(code, newest[0])


def _purpose(actor: Actor, school: School, key: str = "") -> Purpose:
    person = actor if latin1.fits(actor.name) else SYNC  # a name that PASI cannot store keeps nobody from reading
    return Purpose(person, school.organization_code, key, school.code)


# --- Stored, compared, let go ------------------------------------------------------------------------------------


def _store_and_push(
    actor: Actor, entity: Entity, ids: Sequence[int], answer: reading.Reading, context: Context
) -> dict[int, str]:
    """Inside the caller's transaction: the records as read, compared anew, and what is ours to send queued. {id: code}."""
    keys = list(Link.objects.of(entity.kind, ids).values_list("key", flat=True))
    locks.records(entity, keys)
    copies.store(entity.copy, answer.received)
    absent.hide(entity, answer.hidden)
    comparing.evaluate(entity, keys=keys)
    by_key = {getattr(copy, entity.copy.key_field): copy for copy in entity.live_copies(keys)}
    records = entity.records.in_bulk(list(ids))
    links = {link.subject_id: link for link in Link.objects.of(entity.kind, ids).order_by("pk")}
    live: dict[int, list[Submission]] = defaultdict(list)
    for row in (
        Submission.objects.select_for_update(of=("self",))
        .select_related("user")
        .defer("sent_document")
        .filter(entity=entity.kind, subject_id__in=ids, status__in=LIVE)
        .order_by("pk")
    ):
        live[row.subject_id].append(row)
    coming = set(
        DataEvent.objects.filter(entity=entity.kind, subject_id__in=ids, collected_at=None).values_list(
            "subject_id", flat=True
        )
    )
    left: dict[tuple[tuple[str, ...], int], list[Any]] = defaultdict(list)
    codes: dict[int, str] = {}
    for pk in ids:
        record, link = records[pk], links[pk]
        copy = by_key.get(link.key)
        if pk in live:
            version = copy.core_version if copy else 0
            row_codes = [_let_go(actor, row, record, link, version, context) for row in live[pk]]
            codes[pk] = next((code for code in GRAVEST if code in row_codes), row_codes[0])
        elif pk in coming:
            codes[pk] = forced.ON_ITS_WAY
        else:
            codes[pk], fields = _ours_to_send(record, link, copy, answer)
            if fields:
                left[fields, copy.core_version if copy else 0].append(record)
    _hurry(row.pk for rows in live.values() for row in rows if row.status == Status.WAITING)
    for (fields, core_version), rows in left.items():
        events.leave_all(actor, [(events.subject_of(row), fields) for row in rows], seen_version=core_version)
    return codes


def _let_go(actor: Actor, row: Submission, record: Any, link: Link, present: int, context: Context) -> str:
    """Releases a submission that only time or an earlier refusal held back."""
    if row.status in (Status.REJECTED, Status.DEAD):
        # Over a version that nobody has seen it goes only by the hand of somebody who looks at it.
        if may_replace(row.seen_version, present, our_steps(row.entity, row.key, row.seen_version)):
            row.status = reviews.send_again(actor, row.pk).status
    elif row.status == Status.HELD and submissions.hold_or_release(row, context, record, link):
        wake.look_after_commit(submissions.SEND)
    if row.status in FLYING or row.status == Status.WAITING:
        return forced.ON_ITS_WAY
    return forced.HELD if row.status == Status.HELD else forced.STUCK


def _ours_to_send(record: Any, link: Link, copy: Any, answer: reading.Reading) -> tuple[str, tuple[str, ...]]:
    """The code, and the fields that are to be sent."""
    if link.key in answer.unread:
        return forced.NOT_READ, ()
    if link.key in answer.hidden or (copy is not None and link.key in answer.absent):
        return forced.NOT_SHOWN, ()
    verdict, entity = submissions.verdict_of(record, link, copy), entities.of(record)
    if verdict is None:
        return (forced.IN_STEP, ()) if entity.is_deleted(record) else (forced.ON_ITS_WAY, entity.compared)
    if verdict.to_send:
        return forced.ON_ITS_WAY, verdict.to_send
    return (forced.IN_STEP if verdict.in_step else forced.DIFFERS), ()


def _hurry(waiting: Iterable[int]) -> None:
    """Ends the back-off of these submissions."""
    due = list(waiting)
    Submission.objects.filter(pk__in=due, status=Status.WAITING).update(next_attempt_at=clock.now())
    if due:
        if not jobs.in_job():  # a person waits for it, and what stands before it in its lane must hurry too
            lanes = Submission.objects.filter(pk__in=due).values_list("lane", flat=True)
            Submission.objects.filter(lane__in=list(lanes), status__in=QUEUED, bulk=True).update(bulk=False)
        wake.look_after_commit(submissions.SEND)


# --- A school ----------------------------------------------------------------------------------------------------


class NotPossible(Exception):
    """The school does not take part; the message says so."""


@transaction.atomic
def start(actor: Actor, school: School, entity: Entity, *, dry_run: bool = False) -> Job:
    """A job over the school's records of one kind in the synchronized years. With `dry_run` it reads PASI and sends nothing."""
    assert entity.sis is not None
    if getattr(school, entity.sis.switch) != State.ACTIVE:
        raise NotPossible(_("Enrolment synchronization of this school is inactive. Make it active first."))
    if not Context().years:
        raise NotPossible(_("PASI has not sent its current school year yet."))
    inputs = {"school": school.code, "entity": entity.kind}
    if dry_run:
        return jobs.start(actor, PREVIEW, inputs)
    audit.record(actor, audit.Entry(audit.Verb.SCHOOL_SENT_NOW, "school", str(school.pk), school.code))
    return jobs.start(actor, JOB, inputs)


def records(entity: Entity, school_code: str, context: Context | None = None) -> QuerySet[Any]:
    """The school's records of one kind in the synchronized years."""
    assert entity.sis is not None
    if entity.sis.at is not None:
        mine = entity.records.filter(pk__in=entity.sis.at([school_code]))
    else:
        mine = entity.records.filter(school__code=school_code)
    if not entity.by_year:
        return mine
    years = [year.ending for year in (context or Context()).years]
    return mine.filter(**{f"{entity.sis.year}__in": years})


def run(running: jobs.Running) -> None:
    """Chunk by chunk: read, then stored, compared and let go in one transaction with the mark."""
    entity = entities.by_kind(running.inputs["entity"])
    for school, ids, context in _chunks(running, entity):
        links = _links_of(entity, ids)
        answer = _read(entity, links, running.actor, school)
        with transaction.atomic():
            codes = _each(running.actor, entity, ids, answer, context)
            _step(running, entity, links, codes, school.code)


def _each(actor: Actor, entity: Entity, ids: list[int], answer: reading.Reading, context: Context) -> dict[int, str]:
    """As `_store_and_push`; a record that raises alone is left out and keeps no other from going."""
    codes: dict[int, str] = {}

    def push(some: Sequence[int]) -> None:
        codes.update(_store_and_push(actor, entity, some, answer, context))

    def left_out(pk: int, error: Exception) -> None:
        log.warning("Record %s (%s) was not sent now: %s", pk, entity, faults.place(error))
        codes[pk] = forced.FAULT

    faults.each(ids, push, left_out)
    return codes


def run_preview(running: jobs.Running) -> dict[str, Any]:
    """The same, each chunk taken back: the rows also name what would go out; the result counts the records by code."""
    entity = entities.by_kind(running.inputs["entity"])
    for school, ids, context in _chunks(running, entity):
        links = list(Link.objects.of(entity.kind, ids).order_by("subject_id"))
        answer = _read(entity, links, running.actor, school)
        with taken_back():
            _links_of(entity, ids)
            codes = _each(running.actor, entity, ids, answer, context)
        would = {forced.ON_ITS_WAY: forced.WOULD_GO}
        with transaction.atomic():
            _step(running, entity, links, {pk: would.get(code, code) for pk, code in codes.items()}, school.code)
    job = Job.objects.get(pk=running.job_id)
    counts = dict(job.rows.values_list("code").annotate(n=Count("pk")))
    return {"counts": {forced.IN_STEP: job.done + job.failed - sum(counts.values()), **counts}}


def _chunks(running: jobs.Running, entity: Entity) -> Iterator[tuple[School, list[int], Context]]:
    context, code = Context(), running.inputs["school"]
    school = School.objects.get(code=code)
    running.count(records(entity, code, context).count())
    while True:
        running.check()
        rows = records(entity, code, context).filter(pk__gt=running.mark or 0).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        yield school, ids, context


def _read(entity: Entity, links: Sequence[Link], actor: Actor, school: School) -> reading.Reading:
    try:
        return reading.read(entity, links, _purpose(actor, school))
    except reading.NotAnswered:
        raise ValidationError(
            _("PASI does not answer. Resume the job when it does; the job continues where it stopped.")
        ) from None


def _links_of(entity: Entity, ids: list[int]) -> list[Link]:
    linked = Link.objects.of(entity.kind, ids)
    subjects = set(linked.values_list("subject_id", flat=True))
    new = [Link(entity=entity.kind, subject_id=pk, key=entity.new_key()) for pk in ids if pk not in subjects]
    Link.objects.bulk_create(new, ignore_conflicts=True)
    return list(linked.order_by("subject_id"))


def _step(running: jobs.Running, entity: Entity, links: list[Link], codes: dict[int, str], school_code: str) -> None:
    refs = {link.subject_id: link.key for link in links}
    rows = [
        JobRow(
            entity=entity.kind,
            subject_id=str(pk),
            key=refs.get(pk, ""),
            school_code=school_code,
            code=code,
            message=_(forced.BY_CODE[code].message),
            failed=code in (forced.NOT_READ, forced.FAULT),
        )
        for pk, code in codes.items()
        if not forced.BY_CODE[code].good
    ]
    failed = sum(row.failed for row in rows)
    running.step(max(codes), done=len(codes) - failed, failed=failed, rows=rows)
