"""Taking a submission to send: the row, the message as the state demands now, and its exchange, in one transaction before the call.

The row is the claim. Rows that another sender is just taking are passed over, not waited for (ten senders were as slow as one);
the index of one flying submission a lane decides where two would still meet.
"""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, DateTimeField, F, OuterRef, QuerySet, Subquery, When

from operations import clock
from operations.actor import Actor
from operations.statements import Given, Query
from pasi_connect.mapping import enrolment as mapping
from pasi_connect.models import EnrolmentCopy, EnrolmentLink, Exchange, LinkState, Submission
from pasi_connect.models.present import Present
from pasi_connect.models.submission import FLYING, Status
from pasi_connect.rules import compare, faults, versions
from pasi_connect.services import copies, lease, submissions, values
from pasi_connect.services.context import Context
from pasi_connect.services.seen import our_steps
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Purpose

OPERATION = "SubmitStudentSchoolEnrolment"


@dataclass(frozen=True)
class Flight:
    """A claimed submission with its message: the exchange's row is there, the call is still to be made."""

    submission: Submission
    document: dict[str, Any]
    message: gateway.Call


def reachable(link: LinkState) -> bool:
    """False while PASI is away or refuses us: then only the probe calls."""
    return link.state in (LinkState.State.UP, LinkState.State.UNKNOWN)


def may_call() -> bool:
    return reachable(LinkState.load())


def due(now: Any = None) -> QuerySet[Submission]:
    """Waiting submissions whose time has come and before which nothing of the same lane waits or flies."""
    # Who leads the lane is asked row by row, by the index of the lanes. NOT EXISTS would say the same, but PostgreSQL makes a
    # join of it, and with statistics from before a bulk job that took 650 ms among 2,000 waiting rows.
    live = Submission.objects.filter(lane=OuterRef("lane"), status__in=(Status.WAITING, *FLYING))
    leader = live.order_by(Case(When(status=Status.WAITING, then=1), default=0), "id").values("pk")[:1]
    return Submission.objects.filter(
        status=Status.WAITING, next_attempt_at__lte=now or clock.now(), pk=Subquery(leader)
    ).order_by("id")


def dead_leases() -> QuerySet[Submission]:
    return Submission.objects.filter(status__in=FLYING, lease_until__lt=clock.now()).order_by("id")


READ = tuple(field.name for field in Submission._meta.concrete_fields if field.name != "sent_document")


def _free(ready: QuerySet[Submission]) -> QuerySet[Submission]:
    rows = ready.select_for_update(skip_locked=True, of=("self",)).select_related("user")
    return rows.only(*READ, *(f"user__{name}" for name in ("username", "first_name", "last_name", "plain_name")))[:1]


_first = Query(lambda: _free(due(Given("now", DateTimeField()))))
_this = Query(lambda: _free(due(Given("now", DateTimeField())).filter(pk=Given("pk", Submission._meta.pk))))
_record = Query(
    lambda: EnrolmentLink.objects.filter(
        enrolment_id=Given("enrolment", EnrolmentLink._meta.get_field("enrolment"))
    ).select_related("enrolment__student", "enrolment__school")[:1]
)
_copy = Query(
    lambda: EnrolmentCopy.objects.filter(
        ref_id=Given("ref_id", EnrolmentCopy._meta.get_field("ref_id")), vanished_at=None
    )[:1]
)


def _in_the_order_of_the_index() -> None:
    """For this transaction. With old statistics PostgreSQL expects one waiting row, and sorts the thousands that there are.

    What sorting is said to cost then must not make it compile the statement first (measured: 300 ms).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL jit = off")


class _TakenMeanwhile(Exception):
    pass


def claim(pk: int | None = None) -> tuple[Submission, Flight | None] | None:
    """Takes the submission `pk`, or else the first that is due, and prepares its message.

    (submission, None) when it ended or was held instead; None when there is none to be had or PASI is away.
    """
    try:
        with transaction.atomic():
            present = Present.load()
            if not reachable(present.link):
                return None
            now = clock.now()
            _in_the_order_of_the_index()
            submission = _first.first(now=now) if pk is None else _this.first(now=now, pk=pk)
            if submission is None:
                return None
            return submission, _prepare(submission, present)
    except _TakenMeanwhile:
        return None


def _prepare(submission: Submission, present: Present) -> Flight | None:
    """The message as the state demands now, or None after moving the submission where it belongs."""
    link = _record.first(enrolment=submission.subject_id) or submissions.new_link(submission.subject_id)
    enrolment = link.enrolment
    copy = _copy.first(ref_id=link.ref_id)
    held = copy.core_version if copy else 0
    sides = submissions.Sides.of(enrolment, link, copy)
    if sides.verdict is not None and sides.verdict.in_step:
        submissions.move(submission, Status.NO_CHANGE, core_version=held)  # whoever wrote it, PASI holds it already
        return None
    if not _may_replace(submission, held):
        submissions.move(submission, Status.NEEDS_REVIEW, reason="changed_in_pasi")
        return None
    if not submissions.hold_or_release(submission, Context(present.sync), enrolment, link, sides, claimed=True):
        return None
    if copy is None:
        if enrolment.deleted:
            submissions.move(submission, Status.NO_CHANGE, reason="never_in_pasi")
            return None
        base = mapping.new_document(
            link.ref_id, enrolment.student.asn or "", enrolment.school.code, enrolment.school_year
        )
        names: tuple[str, ...] = tuple(mapping.BY_NAME)
    else:
        assert sides.verdict is not None
        names = compare.to_send(
            sides.verdict, sides.ours, values.theirs(copy), values.typed(link.agreed), values.typed(link.kept)
        )
        if not names:
            submissions.move(submission, Status.NO_CHANGE, core_version=held)
            return None
        base = copies.to_document(copy.document)
    document = mapping.lay_on(base, sides.ours, names)
    for stamp in ("EffectiveUtc", "LastUpdate"):
        document.pop(stamp, None)  # set by PASI, ignored on input
    document["PASICoreVersion"] = held
    return _take(submission, document, names, present)


def _may_replace(submission: Submission, held: int) -> bool:
    seen = submission.seen_version
    return seen == held or versions.may_replace(seen, held, our_steps(submission.ref_id, seen))


def _take(submission: Submission, document: dict[str, Any], names: tuple[str, ...], present: Present) -> Flight:
    try:
        submissions.move(
            submission,
            Status.IN_FLIGHT,
            attempts=submission.attempts + 1,
            fence=submission.fence + 1,
            lease_until=lease.until(),
            lease_holder=lease.holder(),
            base_version=document["PASICoreVersion"],
            sent_fields=list(names),
            sent_document=copies.pack(copies.to_xml(document)),
        )
    except IntegrityError:
        raise _TakenMeanwhile from None  # another one of the lane flies since this moment
    request = {"StudentSchoolEnrolment": document}
    message = gateway.prepare(OPERATION, request, purpose(submission), present, writes=True)
    return Flight(submission, document, message)


def purpose(submission: Submission, actor: Actor | None = None) -> Purpose:
    person = actor or Actor(submission.user_id, submission.actor_name, submission.actor_local_id, submission.actor_ip)
    return Purpose(person, f"S.{submission.school_code}", str(submission.ref_id), submission.school_code, submission.pk)


def take_over(pk: int) -> Submission | None:
    """A submission whose sender died, now ours to find out about; None when its lease lives or it is not on its way."""
    with transaction.atomic():
        taken = (
            dead_leases()
            .filter(pk=pk)
            .update(fence=F("fence") + 1, lease_until=lease.until(), lease_holder=lease.holder())
        )
        if not taken:
            return None
        Exchange.objects.filter(submission_id=pk, outcome="").update(
            outcome=faults.UNKNOWN, detail="The process ended before the answer was recorded."
        )
        submission = Submission.objects.get(pk=pk)
        return submissions.move(submission, Status.CHECKING, reason="outcome_unknown")
