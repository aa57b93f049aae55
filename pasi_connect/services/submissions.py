"""The queue of submissions: from data events to one row a record, and from state to state. A state changes only here."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from operations import clock, statements, wake
from operations.actor import SYNC, Actor
from operations.rules import latin1
from operations.services import audit
from operations.statements import Given, Query
from pasi_connect.models import EnrolmentCopy, EnrolmentLink, Submission
from pasi_connect.models.submission import QUEUED, STUCK, Status
from pasi_connect.rules import compare, held
from pasi_connect.services import comparing, values
from pasi_connect.services.actions import chains
from pasi_connect.services.context import Context
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from sis.models.organisation import State
from sis.services.events import SCHOOL_ENROLMENT, is_silent

SEND = "pasi_connect.send"


def link_of(enrolment: SchoolEnrolment) -> EnrolmentLink:
    """The link, made with a RefId of our own when there is none: stored before anything is sent."""
    return EnrolmentLink.objects.get_or_create(enrolment=enrolment, defaults={"ref_id": uuid4()})[0]


def new_link(enrolment_id: int) -> EnrolmentLink:
    return link_of(SchoolEnrolment.objects.select_related("student", "school").get(pk=enrolment_id))


def lock_record(ref_id: UUID) -> None:
    """Copy, then link: the order in which everybody locks a record before its submissions and discrepancies."""
    list(EnrolmentCopy.objects.select_for_update().filter(ref_id=ref_id).values_list("pk"))
    list(EnrolmentLink.objects.select_for_update().filter(ref_id=ref_id).values_list("pk"))


def copy_of(link: EnrolmentLink) -> EnrolmentCopy | None:
    return EnrolmentCopy.objects.filter(ref_id=link.ref_id, vanished_at=None).first()


def verdict_of(enrolment: SchoolEnrolment, link: EnrolmentLink, copy: EnrolmentCopy | None) -> compare.Verdict | None:
    """None when PASI has no such record."""
    if copy is None:
        return None
    return compare.compare(
        values.ours(enrolment, link), values.theirs(copy), values.typed(link.agreed), values.typed(link.kept)
    )


@dataclass(frozen=True)
class Sides:
    """Both sides of a record and what their difference is; `verdict` is None when PASI has no such record."""

    ours: dict[str, Any]
    verdict: compare.Verdict | None
    version: int = 0  # PASI's, as the local copy has it; 0 when PASI has no such record

    @classmethod
    def of(cls, enrolment: SchoolEnrolment, link: EnrolmentLink, copy: EnrolmentCopy | None) -> "Sides":
        version = copy.core_version if copy else 0
        return cls(values.ours(enrolment, link), verdict_of(enrolment, link, copy), version)


def collect(enrolment_id: int) -> None:
    """Makes ONE queued submission of all uncollected events of a record. Harmless when run twice."""
    enrolment = SchoolEnrolment.objects.select_related("student", "school").get(pk=enrolment_id)
    link = EnrolmentLink.objects.filter(enrolment=enrolment).first()
    if link is None:
        look_again([enrolment_id])
        if not _uncollected([enrolment_id]).exists():
            return  # nothing of it concerns PASI, so it needs no key there
        link = link_of(enrolment)
    with transaction.atomic():
        lock_record(link.ref_id)
        events = list(_uncollected([enrolment_id]).select_for_update().order_by("id"))
        if not events:
            return
        enrolment = SchoolEnrolment.objects.select_related("student", "school").get(pk=enrolment_id)
        link = EnrolmentLink.objects.get(pk=link.pk)
        DataEvent.objects.filter(pk__in=[event.pk for event in events]).update(collected_at=clock.now())
        own = [event for event in events if event.origin == Origin.SIS and not is_silent(SCHOOL_ENROLMENT, event.fields)]
        if own:
            queued = _queue(enrolment, link, own)
            hold_or_release(queued, Context(), enrolment, link)
            if queued.status == Status.WAITING:
                wake.after_commit(SEND, queued.pk)
        comparing.evaluate(enrolment_ids=[enrolment_id])


def _uncollected(enrolment_ids: Iterable[int]) -> QuerySet[DataEvent]:
    return DataEvent.objects.filter(
        subject_type=SCHOOL_ENROLMENT, subject_id__in=list(enrolment_ids), collected_at=None
    )


def look_again(enrolment_ids: Collection[int]) -> None:
    """Of these records, ends the changes that concern nobody outside: what people see is renewed, nothing is sent."""
    with transaction.atomic():
        comparing.evaluate(enrolment_ids=enrolment_ids)
        left = _uncollected(enrolment_ids).values_list("pk", "fields")
        silent = [pk for pk, fields in left if is_silent(SCHOOL_ENROLMENT, fields)]
        DataEvent.objects.filter(pk__in=silent, collected_at=None).update(collected_at=clock.now())


def _queue(enrolment: SchoolEnrolment, link: EnrolmentLink, events: list[DataEvent]) -> Submission:
    copy = copy_of(link)
    present = copy.core_version if copy else 0
    seen = min(present if event.seen_version is None else event.seen_version for event in events)
    fields = {name for event in events for name in event.fields}
    last = events[-1]
    person = {
        "user_id": last.user_id,
        "actor_name": last.actor_name,
        "actor_local_id": last.actor_local_id,
        "actor_ip": last.actor_ip,
    }
    now = clock.now()
    queued = (
        Submission.objects.select_for_update()
        .filter(subject_type=SCHOOL_ENROLMENT, subject_id=enrolment.pk, status__in=QUEUED)
        .first()
    )
    if queued is None:
        queued = Submission.objects.create(
            subject_type=SCHOOL_ENROLMENT,
            subject_id=enrolment.pk,
            lane=f"student:{enrolment.student_id}",
            ref_id=link.ref_id,
            school_code=enrolment.school.code,
            fields=sorted(fields),
            seen_version=seen,
            next_attempt_at=now,
            created_at=now,
            changed_at=now,
            **person,
        )
        _tell(queued, Actor(last.user_id, last.actor_name, last.actor_local_id, last.actor_ip), "")
        return queued
    queued.fields = sorted(fields | set(queued.fields))
    queued.seen_version = min(seen, queued.seen_version)
    queued.changed_at = now
    for name, value in person.items():
        setattr(queued, name, value)
    queued.save(update_fields=["fields", "seen_version", "changed_at", *person])
    return queued


STATE = (
    "status", "reason", "detail", "changed_at", "lease_until", "lease_holder", "finished_at", "actor_name",
)  # fmt: skip


def move(
    submission: Submission, status: str, actor: Actor = SYNC, *, reason: str = "", detail: str = "", **more: Any
) -> Submission:
    """To another state, with its audit entry; `more` are further fields. Inside the caller's transaction, which holds the row."""
    before = submission.status
    submission.status, submission.reason, submission.detail, submission.changed_at = status, reason, detail, clock.now()
    for name, value in more.items():
        setattr(submission, name, value)
    if status not in (Status.IN_FLIGHT, Status.CHECKING):
        submission.lease_until, submission.lease_holder = None, ""
    if status in (Status.ACCEPTED, Status.NO_CHANGE, Status.CANCELLED):
        submission.finished_at = clock.now()
    statements.update(submission, tuple(dict.fromkeys((*STATE, *more))))
    if status != before:
        _tell(submission, actor, before)
    if status in STUCK:
        supersede_stuck(submission)  # the newest one speaks for the record
    if status in STUCK or submission.finished_at:
        transaction.on_commit(partial(_next_of_chain, submission.lane), robust=True)
    return submission


def _next_of_chain(lane: str) -> None:
    """Of the same student, what waits for a submission of the same action may go now, or hears that it has stopped."""
    if _after.first(lane=lane) is not None:
        release_held(lane=lane, reason="after")


def back_to_queue(submission: Submission, **more: Any) -> Submission:
    """What was on its way and is not in PASI waits again; `more` as for `move`. Gives the submission that goes next.

    Only one of a record may be queued. Where a later change waits already, that one carries everything (what is sent is
    computed from the state then), and this one ends as superseded.
    """
    later = (
        Submission.objects.select_for_update()
        .filter(subject_type=submission.subject_type, subject_id=submission.subject_id, status__in=QUEUED)
        .exclude(pk=submission.pk)
        .first()
    )
    if later is None:
        return move(submission, Status.WAITING, **more)
    later.fields = sorted({*submission.fields, *later.fields})
    later.seen_version = min(submission.seen_version, later.seen_version)
    later.attempts = max(more.get("attempts", submission.attempts), later.attempts)
    later.next_attempt_at = more["next_attempt_at"]
    later.save(update_fields=["fields", "seen_version", "attempts", "next_attempt_at"])
    move(submission, Status.CANCELLED, reason="superseded")
    return later


def _tell(submission: Submission, actor: Actor, before: str) -> None:
    changes = {"status": [before or None, submission.status]}
    audit.record(
        actor,
        audit.Entry("submission", "submission", str(submission.pk), submission.school_code, changes, submission.reason),
    )


def situation(
    submission: Submission, context: Context, enrolment: SchoolEnrolment, sides: Sides, after: str = ""
) -> held.Situation:
    ours, verdict = sides.ours, sides.verdict
    sent = set(verdict.to_send) if verdict else set(compare.COMPARED)
    return held.Situation(
        sync_on=context.settings.regular_synchronization,
        school_active=enrolment.school.enrolment_sync == State.ACTIVE,
        year_ahead=enrolment.school_year > context.last_possible,
        year_synchronised=enrolment.school_year in context.years,
        year_accepted=context.year_accepted(enrolment.school_year),
        has_asn=bool(enrolment.student.asn),
        undecided=bool(verdict and verdict.undecided and not verdict.to_send),
        text_outside=", ".join(name for name in values.outside(ours) if name in sent),
        person_outside=not latin1.fits(submission.actor_name),
        after=after,
        years_known=bool(context.years),
        year_closed=context.year_closed(enrolment.school_year),
        read_live=submission.live_version == sides.version,
    )


def hold_or_release(
    submission: Submission,
    context: Context,
    enrolment: SchoolEnrolment,
    link: EnrolmentLink,
    sides: Sides | None = None,
    claimed: bool = False,
) -> bool:
    """Sets a queued submission to `held` with its reason, or to `waiting`. True when it may be sent.

    `enrolment` with its school and student; `sides` where they are known already. Whether another submission of the same
    action goes first is asked until it is let go, and never again after that.
    """
    if submission.user is not None and submission.actor_name != submission.user.name_for_others:
        submission.actor_name = submission.user.name_for_others  # agreed in the profile since
    after = "" if claimed else chains.place(enrolment.pk)
    found = situation(submission, context, enrolment, sides or Sides.of(enrolment, link, copy_of(link)), after)
    reason = held.reason_of(found)
    if reason is None:
        if submission.status == Status.HELD or submission.reason:
            move(submission, Status.WAITING, next_attempt_at=clock.now())
        return True
    detail = {"text_outside": found.text_outside, "after": found.after}.get(reason.code, "")
    if submission.status != Status.HELD or (submission.reason, submission.detail) != (reason.code, detail):
        move(submission, Status.HELD, reason=reason.code, detail=detail)
    return False


def release_held(**which: Any) -> int:
    """Looks again at every held submission; those whose cause is gone go out. Gives the number released."""
    context = Context()
    released, after = 0, 0
    while batch := list(
        Submission.objects.filter(status=Status.HELD, pk__gt=after, **which)
        .order_by("pk")
        .values_list("pk", flat=True)[:500]
    ):
        after = batch[-1]
        released += sum(_release(pk, context) for pk in batch)
    return released


@transaction.atomic
def _release(pk: int, context: Context) -> bool:
    rows = Submission.objects.select_for_update(of=("self",)).select_related("user")
    submission = rows.filter(pk=pk, status=Status.HELD).first()
    if submission is None:
        return False
    enrolment = SchoolEnrolment.objects.select_related("student", "school").get(pk=submission.subject_id)
    if not hold_or_release(submission, context, enrolment, link_of(enrolment)):
        return False
    wake.after_commit(SEND, submission.pk)
    return True


def supersede_stuck(submission: Submission) -> None:
    """A later submission of the record, accepted or stuck itself, answers the older ones that a person was asked to look at."""
    for stuck in _stuck.rows(subject_type=submission.subject_type, subject_id=submission.subject_id):
        if stuck.pk != submission.pk:
            move(stuck, Status.CANCELLED, reason="superseded")


_field: Callable[[str], Any] = Submission._meta.get_field
_after = Query(
    lambda: Submission.objects.filter(lane=Given("lane", _field("lane")), status=Status.HELD, reason="after").only("pk")[:1]
)
_stuck = Query(
    lambda: (
        Submission.objects.select_for_update()
        .filter(
            subject_type=Given("subject_type", _field("subject_type")),
            subject_id=Given("subject_id", _field("subject_id")),
            status__in=STUCK,
        )
        .defer("sent_document")
        .order_by("id")
    )
)
