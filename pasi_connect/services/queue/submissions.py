"""The queue of submissions: from state to state. A state changes only here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet, Subquery

from operations import clock, statements, wake
from operations.actor import SYNC, Actor
from operations.rules import callers, latin1
from operations.services import audit
from operations.statements import Given, Query
from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.models import EnrolmentCopy, Link, SchoolCopy, StudentCopy, Submission
from pasi_connect.models.submission import QUEUED, STUCK, Status
from pasi_connect.rules import compare, held, pasi, sendable
from pasi_connect.services.compare import failures, values
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import code_lists
from pasi_connect.services.queue import chains
from sis.models import Authority, DataEvent, SchoolEnrolment
from sis.models.organization import State
from sis.rules.school_year import SchoolYear
from sis.services import events as data_events

SEND = data_events.TAKE_UP


def link_of(enrolment: SchoolEnrolment) -> Link:
    """The link, made with a RefId of our own when there is none: stored before anything is sent."""
    link, _created = Link.objects.get_or_create(
        entity=SCHOOL_ENROLMENT, subject_id=enrolment.pk, defaults={"key": str(uuid4())}
    )
    link.enrolment = enrolment
    return link


def new_link(enrolment_id: int) -> Link:
    return link_of(SchoolEnrolment.objects.select_related("student", "school").get(pk=enrolment_id))


def copy_of(link: Link) -> EnrolmentCopy | None:
    return EnrolmentCopy.objects.filter(key=link.key, vanished_at=None).first()


def verdict_of(enrolment: SchoolEnrolment, link: Link, copy: EnrolmentCopy | None) -> compare.Verdict | None:
    """None when PASI has no such record."""
    if copy is None:
        return compare.not_shown(enrolment.school.code) if link.hidden_at and not enrolment.deleted else None
    return compare.compare(
        values.ours(enrolment, link),
        values.theirs(copy),
        values.typed(link.agreed),
        values.typed(link.kept),
        values.identity(enrolment, copy),
    )


@dataclass(frozen=True)
class Sides:
    """Both sides of a record and what their difference is; `verdict` is None when PASI has no such record."""

    ours: dict[str, Any]
    verdict: compare.Verdict | None
    version: int = 0  # PASI's, as the local copy has it; 0 when PASI has no such record
    names: tuple[
        str, ...
    ] = ()  # what goes out of ours, parts of the identity among them; nothing where nothing would be sent
    going: dict[str, Any] = field(default_factory=dict)  # every compared field as it would go out

    @classmethod
    def of(cls, enrolment: SchoolEnrolment, link: Link, copy: EnrolmentCopy | None) -> "Sides":
        ours, verdict = values.ours(enrolment, link), verdict_of(enrolment, link, copy)
        if copy is None or verdict is None:
            return cls(ours, verdict, 0, tuple(ours), ours)
        theirs = values.theirs(copy)
        names = compare.to_send(verdict, ours, theirs, values.typed(link.agreed), values.typed(link.kept))
        return cls(
            ours,
            verdict,
            copy.core_version,
            names,
            sendable.overlaid({**SCHOOL_ENROLMENT.empty, **theirs}, ours, names),
        )


STATE = (
    "status", "reason", "detail", "changed_at", "lease_until", "lease_holder", "finished_at", "actor_name", "actor_local_id",
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
        audit.record(actor, step(submission, before))
    if status in STUCK:
        supersede_stuck(submission)  # the newest one speaks for the record
    if status in STUCK or submission.finished_at:
        transaction.on_commit(partial(_next_of_chain, submission.lane), robust=True)
    return submission


def _next_of_chain(lane: str) -> None:
    """Of the same student, what waits for a submission of the same action may go now, or hears that it has stopped."""
    if _after.first(lane=lane) is not None:
        release_held(lane=lane, reason="after")


def back_to_queue(submission: Submission, **more: Any) -> None:
    """What was on its way and is not in PASI waits again; `more` as for `move`.

    It keeps its place. Only one of a record may be queued: where a later change waits already, that one carries everything
    (what is sent is computed from the state then) at this one's place, and this one ends as superseded.
    """
    later = (
        Submission.objects.select_for_update()
        .filter(subject_type=submission.subject_type, subject_id=submission.subject_id, status__in=QUEUED)
        .exclude(pk=submission.pk)
        .first()
    )
    if later is None:
        move(submission, Status.WAITING, **more)
        return
    later.fields = sorted({*submission.fields, *later.fields})
    later.seen_version = min(submission.seen_version, later.seen_version)
    later.place = min(submission.place, later.place)
    later.bulk = later.bulk and submission.bulk
    later.attempts = max(more.get("attempts", submission.attempts), later.attempts)
    later.next_attempt_at = more["next_attempt_at"]
    later.save(update_fields=["fields", "seen_version", "place", "bulk", "attempts", "next_attempt_at"])
    move(submission, Status.CANCELLED, reason="superseded")


def end_of_the_line() -> int:
    """The place of what a person sends anew now: behind every change that there is."""
    return DataEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


def step(submission: Submission, before: str) -> audit.Entry:
    """What the audit tells of it; `before` is "" for a new one."""
    changes = {"status": [before or None, submission.status]}
    return audit.Entry(
        audit.Verb.SUBMISSION, "submission", str(submission.pk), submission.school_code, changes, submission.reason
    )


def situation(
    submission: Submission,
    context: Context,
    enrolment: SchoolEnrolment,
    sides: Sides,
    after: str = "",
    told: "Told | None" = None,
) -> held.Situation:
    """`told` where it is known already."""
    ours, verdict = sides.ours, sides.verdict
    return held.Situation(
        sync_on=context.settings.regular_synchronization,
        school_active=enrolment.school.enrolment_sync == State.ACTIVE,
        year_ahead=enrolment.school_year > context.last_possible,
        year_synchronized=enrolment.school_year in context.years,
        year_accepted=context.year_accepted(enrolment.school_year),
        has_asn=bool(enrolment.student.asn),
        undecided=bool(verdict and verdict.undecided and not verdict.to_send),
        identity_changed=bool(verdict and verdict.kind == compare.IDENTITY_CHANGED),
        values=_values_refused(sides, enrolment.school_year),
        person_outside=not (latin1.fits(submission.actor_name) and latin1.fits(submission.actor_local_id)),
        after=after,
        years_known=bool(context.years),
        year_closed=context.year_closed(enrolment.school_year),
        read_live=submission.live_version == sides.version,
        refused=_refused(enrolment, ours, told or Told.of(enrolment)),
    )


def _values_refused(sides: Sides, year: SchoolYear) -> sendable.Refused:
    if not sides.names or (sides.verdict is None and sides.ours["deleted"]):
        return sendable.NOTHING  # nothing would be sent
    undecided = sides.verdict.undecided if sides.verdict else ()
    fields = SCHOOL_ENROLMENT.compared_fields
    unknown = code_lists.unknown(sendable.codes_in(fields, sides.going))
    broken = SCHOOL_ENROLMENT.broken(sides.going, year) if SCHOOL_ENROLMENT.broken else []
    return sendable.refused(fields, sides.going, unknown, broken, undecided)


@dataclass(frozen=True)
class Told:
    """What PASI has told of the students and schools of some records: the refusals that are foreseen stand on it."""

    people: dict[str, StudentCopy]  # by ASN
    foreign: frozenset[str]  # codes of our schools that PASI says belong to another authority

    @classmethod
    def of(cls, enrolment: SchoolEnrolment) -> "Told":
        asn, code = enrolment.student.asn, enrolment.school.code
        person = _person.first(asn=asn) if asn else None
        foreign = frozenset() if _foreign.first(code=code) is None else frozenset({code})
        return cls({asn: person} if asn and person else {}, foreign)

    @classmethod
    def of_all(cls, enrolments: Collection[SchoolEnrolment]) -> "Told":
        asns = {enrolment.student.asn for enrolment in enrolments if enrolment.student.asn}
        codes = {enrolment.school.code for enrolment in enrolments}
        people = StudentCopy.objects.filter(asn__in=asns, vanished_at=None).defer("document")
        return cls(
            {person.asn: person for person in people},
            frozenset(_foreign_schools().filter(code__in=codes).values_list("code", flat=True)),
        )


def _refused(enrolment: SchoolEnrolment, ours: dict[str, Any], told: Told) -> str:
    """The rule by which PASI would refuse it, as far as PASI has told us of the student and the school."""
    asn, code, year = enrolment.student.asn, enrolment.school.code, enrolment.school_year
    facts = pasi.StudentFacts()
    if asn and (person := told.people.get(asn)) is not None:
        primary = "" if person.primary_asn == asn else person.primary_asn
        facts = pasi.StudentFacts(deactivated=person.is_deactivated, primary_asn=primary)
    school = pasi.SchoolFacts(code, may_write=code not in told.foreign)
    return pasi.refused({**ours, "school_year": year}, facts, school, year)


def hold_or_release(
    submission: Submission,
    context: Context,
    enrolment: SchoolEnrolment,
    link: Link,
    sides: Sides | None = None,
    claimed: bool = False,
) -> bool:
    """Sets a queued submission to `held` with its reason, or to `waiting`. True when it may be sent.

    `enrolment` with its school and student; `sides` where they are known already. Whether another submission of the same
    action goes first is asked until it is let go, and never again after that.
    """
    after = "" if claimed else chains.place(enrolment.pk)
    sides = sides or Sides.of(enrolment, link, copy_of(link))
    return hold(submission, why_held(submission, context, enrolment, sides, after))


def why_held(
    submission: Submission,
    context: Context,
    enrolment: SchoolEnrolment,
    sides: Sides,
    after: str,
    told: Told | None = None,
) -> tuple[str, str] | None:
    """Reason and detail; None when it may be sent."""
    if submission.user is not None:  # the spelling may have been agreed in the profile since
        submission.actor_name = callers.renamed(submission.actor_name, submission.user.name_for_others)
    if submission.user is not None and not latin1.fits(submission.actor_local_id):
        submission.actor_local_id = submission.user.local_id or submission.user.get_username()
    found = situation(submission, context, enrolment, sides, after, told)
    reason = held.reason_of(found)
    if reason is None:
        return None
    details = {
        "text_outside": found.values.texts,
        "code_unknown": found.values.unknown,
        "value_refused": found.values.broken,
        "undecided_refused": found.values.undecided,
        "after": found.after,
    }
    return reason.code, details.get(reason.code, "")


def foreseen(key: str, who: Actor) -> Submission:
    """What a change of the record that `who` has just made will be when it is taken up: held with its reason, or waiting.

    Not saved. For the message right after a decision, which comes before the submission does.
    """
    submission = Submission(
        key=key, user_id=who.user_id, actor_name=who.name, actor_local_id=who.local_id, status=Status.WAITING
    )
    link = Link.objects.select_related("enrolment__student", "enrolment__school").filter(key=key).first()
    if link is not None:
        sides = Sides.of(link.enrolment, link, copy_of(link))
        reason = why_held(submission, Context(), link.enrolment, sides, chains.place(link.subject_id))
        if reason is not None:
            submission.status, (submission.reason, submission.detail) = Status.HELD, reason
    return submission


def hold(submission: Submission, reason: tuple[str, str] | None) -> bool:
    """`reason` as `why_held` gives it. True when it may be sent."""
    if reason is None:
        if submission.status == Status.HELD or submission.reason:
            move(submission, Status.WAITING, next_attempt_at=clock.now())
        return True
    if submission.status != Status.HELD or (submission.reason, submission.detail) != reason:
        move(submission, Status.HELD, reason=reason[0], detail=reason[1])
    return False


def release_held(*, hurried: bool = False, **which: Any) -> int:
    """Looks again at every held submission; those whose cause is gone go out. Gives the number released.

    Many that are released together are a bulk; `hurried`: something waits behind them that goes before bulks.
    """
    context = Context()
    released, after = 0, 0
    while batch := list(
        Submission.objects.filter(status=Status.HELD, pk__gt=after, **which)
        .order_by("pk")
        .values_list("pk", flat=True)[:500]
    ):
        after = batch[-1]
        for pk in batch:
            released += _released(pk, context, hurried, released >= data_events.FEW)
    return released


def _released(pk: int, context: Context, hurried: bool, many: bool) -> bool:
    try:
        return _release(pk, context, hurried, many)
    except Exception as error:  # noqa: BLE001 - counted, or raised on
        failures.of_submission(Submission(pk=pk), error, move)
        return False


@transaction.atomic
def _release(pk: int, context: Context, hurried: bool, many: bool) -> bool:
    rows = Submission.objects.select_for_update(of=("self",)).select_related("user")
    submission = rows.filter(pk=pk, status=Status.HELD).first()
    if submission is None:
        return False
    enrolment = SchoolEnrolment.objects.select_related("student", "school").get(pk=submission.subject_id)
    if not hold_or_release(submission, context, enrolment, link_of(enrolment)):
        return False
    if hurried or many:
        hurry = Submission.objects.filter(lane=submission.lane, status=Status.WAITING, bulk=False)
        submission.bulk = not hurried and not hurry.exclude(pk=pk).exists()
        submission.save(update_fields=["bulk"])
    wake.look_after_commit(SEND)
    return True


def supersede_stuck(submission: Submission) -> None:
    """A later submission of the record, accepted or stuck itself, answers the older ones that a person was asked to look at."""
    for stuck in _stuck.rows(subject_type=submission.subject_type, subject_id=submission.subject_id):
        if stuck.pk != submission.pk:
            move(stuck, Status.CANCELLED, reason="superseded")


_field: Callable[[str], Any] = Submission._meta.get_field
_person = Query(
    lambda: StudentCopy.objects.filter(asn=Given("asn", StudentCopy._meta.get_field("asn")), vanished_at=None).defer(
        "document"
    )[:1]
)


def _foreign_schools() -> QuerySet[SchoolCopy]:
    ours = Subquery(Authority.objects.values("code")[:1])
    return SchoolCopy.objects.filter(vanished_at=None).exclude(authority_code__in=["", ours]).defer("document")


_foreign = Query(lambda: _foreign_schools().filter(code=Given("code", SchoolCopy._meta.get_field("code")))[:1])
_after = Query(
    lambda: Submission.objects.filter(lane=Given("lane", _field("lane")), status=Status.HELD, reason="after").only(
        "pk"
    )[:1]
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
