"""Senders: claim a submission, send it, record what came back. The call is outside of every transaction.

A sender that dies leaves a row with a dead lease: an unknown outcome, which is read back before anything is sent again.
"""

import datetime as dt
import logging
import random
import time
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from operations import clock, wake
from operations.actor import SYNC, Actor
from pasi_connect.mapping import enrolment as mapping
from pasi_connect.models import EnrolmentCopy, EnrolmentLink, Exchange, LinkState, Submission, SyncSettings
from pasi_connect.models.submission import FLYING, Status
from pasi_connect.rules import back_off, faults, versions
from pasi_connect.services import comparing, copies, lease, submissions, values
from pasi_connect.services.context import Context
from pasi_connect.services.seen import our_steps
from pasi_connect.soap import codec, gateway
from pasi_connect.soap.gateway import Answer, Purpose
from sis.models import SchoolEnrolment

log = logging.getLogger(__name__)

OPERATION = "SubmitStudentSchoolEnrolment"
DRAIN_SECONDS = 20.0


def may_call() -> bool:
    """False while PASI is away or refuses us: then only the probe calls."""
    return LinkState.load().state in (LinkState.State.UP, LinkState.State.UNKNOWN)


def due() -> QuerySet[Submission]:
    """Waiting submissions whose time has come and before which nothing of the same lane waits or flies."""
    before = Submission.objects.filter(lane=OuterRef("lane")).filter(
        Q(status__in=FLYING) | Q(status=Status.WAITING, pk__lt=OuterRef("pk"))
    )
    return (
        Submission.objects.filter(status=Status.WAITING, next_attempt_at__lte=clock.now())
        .filter(~Exists(before))
        .order_by("id")
    )


def dead_leases() -> QuerySet[Submission]:
    return Submission.objects.filter(status__in=FLYING, lease_until__lt=clock.now()).order_by("id")


def drain(first: int | None = None) -> None:
    """Works for up to DRAIN_SECONDS: the submission `first` if it may go, then whatever is due; wakes a successor if more is."""
    started = time.monotonic()
    if first is not None:
        attempt(first)
    while may_call() and time.monotonic() - started < DRAIN_SECONDS:
        if not _forward():
            return
    if may_call() and due().exists():
        wake.now(submissions.SEND, 0)


def attempt(pk: int) -> bool:
    """One submission, one step further. False when another sender has it, or it may not go now."""
    if may_call() and _forward(pk):
        return True
    dead = _take_over(pk)
    if dead is not None:
        read_back(dead)
    return dead is not None


def _forward(pk: int | None = None) -> bool:
    """Sends the waiting submission `pk`, or else the first that is due. False when there is none to be had."""
    claimed = _claim(pk)
    if claimed is None:
        return False
    submission, document = claimed
    if document is not None:
        _send(submission, document)
    return True


# --- Claim -------------------------------------------------------------------------------------------------------


def _claim(pk: int | None) -> tuple[Submission, dict[str, Any] | None] | None:
    """Takes a waiting submission and prepares its message; (submission, None) when it ended or was held instead.

    Rows that another sender is just taking are passed over, not waited for (measured: ten senders were as slow as one). The
    conditional UPDATE and the one-flying-a-lane index decide between senders.
    """
    with transaction.atomic():
        ready = due() if pk is None else due().filter(pk=pk)
        pk = ready.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True).first()
        if pk is None:
            return None
        try:
            with transaction.atomic():
                taken = (
                    due()
                    .filter(pk=pk)
                    .update(
                        status=Status.IN_FLIGHT,
                        fence=F("fence") + 1,
                        lease_until=lease.until(),
                        lease_holder=lease.holder(),
                        changed_at=clock.now(),
                    )
                )
        except IntegrityError:
            return None
        if not taken:
            return None
        submission = Submission.objects.select_related("user").get(pk=pk)
        submission.status = Status.WAITING  # for the audit: it was, until this transaction
        document = _prepare(submission)
        if document is not None:
            submissions.move(submission, Status.IN_FLIGHT, attempts=submission.attempts + 1)
        return submission, document


def _prepare(submission: Submission) -> dict[str, Any] | None:
    """The message as the state demands now, or None after moving the submission where it belongs."""
    enrolment = SchoolEnrolment.objects.select_related("student", "school").get(pk=submission.subject_id)
    link = submissions.link_of(enrolment)
    copy = submissions.copy_of(link)
    present = copy.core_version if copy else 0
    verdict = submissions.verdict_of(enrolment, link, copy)
    if verdict is not None and verdict.in_step:
        submissions.move(submission, Status.NO_CHANGE, core_version=present)  # whoever wrote it, PASI holds it already
        return None
    if not versions.may_replace(
        submission.seen_version, present, our_steps(submission.ref_id, submission.seen_version)
    ):
        submissions.move(submission, Status.NEEDS_REVIEW, reason="changed_in_pasi")
        return None
    if not submissions.hold_or_release(submission, Context(), enrolment, link):
        return None
    ours = values.ours(enrolment, link)
    if copy is None:
        if enrolment.deleted:
            submissions.move(submission, Status.NO_CHANGE, reason="never_in_pasi")
            return None
        base = mapping.new_document(
            link.ref_id, enrolment.student.asn or "", enrolment.school.code, enrolment.school_year
        )
        names: tuple[str, ...] = tuple(mapping.BY_NAME)
    else:
        assert verdict is not None
        names = verdict.to_send
        if not names:
            submissions.move(submission, Status.NO_CHANGE, core_version=present)
            return None
        base = copies.to_document(copy.document)
    document = mapping.lay_on(base, ours, names)
    for stamp in ("EffectiveUtc", "LastUpdate"):
        document.pop(stamp, None)  # set by PASI, ignored on input
    document["PASICoreVersion"] = present
    submission.base_version = present
    submission.sent_fields = list(names)
    submission.sent_document = copies.pack(copies.to_xml(document))
    return document


def _take_over(pk: int) -> Submission | None:
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


# --- Send and record ---------------------------------------------------------------------------------------------


def purpose(submission: Submission, actor: Actor | None = None) -> Purpose:
    person = actor or Actor(submission.user_id, submission.actor_name, submission.actor_local_id, submission.actor_ip)
    return Purpose(person, f"S.{submission.school_code}", str(submission.ref_id), submission.school_code, submission.pk)


def _send(submission: Submission, document: dict[str, Any]) -> None:
    with lease.Keeper(submission):
        answer = gateway.call(OPERATION, {"StudentSchoolEnrolment": document}, purpose(submission), writes=True)
        record(submission, answer)
        if answer.outcome in (faults.UNKNOWN, faults.VERSION_CONFLICT):
            read_back(submission, conflict=answer.outcome == faults.VERSION_CONFLICT)


def _ours(submission: Submission) -> Submission | None:
    """The row, its record locked before it, while the lease is still ours; None when somebody took it over: then our outcome is late and void."""
    submissions.lock_record(submission.ref_id)
    row = (
        Submission.objects.select_for_update(of=("self",))
        .filter(pk=submission.pk, fence=submission.fence, status__in=FLYING)
        .first()
    )
    if row is None:
        log.warning("Submission %s: an outcome came after its lease was taken over; it is not recorded.", submission.pk)
    return row


def record(submission: Submission, answer: Answer) -> None:
    """Writes the outcome: submission, local copy and discrepancy in one transaction."""
    with transaction.atomic():
        row = _ours(submission)
        if row is None:
            return
        told: dict[str, Any] = {"detail": answer.detail}
        match answer.outcome:
            case faults.ACCEPTED:
                accept(row, int(answer.value["PASICoreVersion"]))
            case faults.NO_CHANGE:
                accept(
                    row, int(answer.value["PASICoreVersion"]) if answer.value else row.base_version or 0, changed=False
                )
            case faults.REJECTED:
                submissions.move(
                    row,
                    Status.REJECTED,
                    reason=answer.code,
                    rejections=answer.rejections,
                    core_version=(answer.value or {}).get("PASICoreVersion"),
                    **told,
                )
                comparing.evaluate(enrolment_ids=[row.subject_id])
            case faults.OUR_FAULT if answer.code == "3002":
                submissions.move(
                    row, Status.REJECTED, reason="3002", rejections=[{"code": "3002", "message": answer.detail}], **told
                )
                comparing.evaluate(enrolment_ids=[row.subject_id])
            case faults.OUR_FAULT:
                submissions.move(row, Status.DEAD, reason=answer.code or "our_fault", **told)
            case faults.UNKNOWN | faults.VERSION_CONFLICT:
                submissions.move(
                    row,
                    Status.CHECKING,
                    reason="outcome_unknown" if answer.outcome == faults.UNKNOWN else "version_conflict",
                    **told,
                )
            case faults.UNAVAILABLE | faults.NOT_AUTHORISED:
                # Not seen by PASI: no attempt was spent.
                _later(row, answer, attempts=max(row.attempts - 1, 0))
            case _:
                _later(row, answer, attempts=row.attempts)


def _later(row: Submission, answer: Answer, attempts: int) -> None:
    if attempts >= SyncSettings.load().maximum_attempts:
        submissions.move(row, Status.DEAD, reason="attempts", detail=answer.detail)
        return
    wait = back_off.seconds(max(attempts, 1), settings.BACK_OFF_SECONDS, settings.BACK_OFF_MAX_SECONDS, random.random())
    submissions.back_to_queue(
        row,
        reason=answer.outcome,
        detail=answer.detail,
        attempts=attempts,
        next_attempt_at=clock.now() + dt.timedelta(seconds=wait),
    )


def accept(row: Submission, version: int, changed: bool = True) -> None:
    """PASI holds what we sent, at `version`: the local copy says so at once, provisional until it is read from PASI."""
    assert row.sent_document is not None
    document = copies.to_document(row.sent_document)
    if changed:
        document |= {
            "PASICoreVersion": version,
            "EffectiveUtc": clock.now(),
            "LastUpdate": {"OrganizationCode": f"S.{row.school_code}", "UserName": row.actor_name},
        }
        received = copies.Received(document, copies.to_xml(document))
        copies.store(EnrolmentCopy, [received], provisional=True)
    _agree(row, document, version)
    submissions.move(row, Status.ACCEPTED if changed else Status.NO_CHANGE, core_version=version)
    submissions.supersede_stuck(row)
    comparing.evaluate(ref_ids=[row.ref_id])


def _agree(row: Submission, document: dict[str, Any], version: int) -> None:
    """What was sent is what both sides held equal at `version`; rejected changes among it are reset now."""
    link = EnrolmentLink.objects.select_for_update().get(ref_id=row.ref_id)
    sent = values.plain(mapping.values(document))
    link.agreed = {**(link.agreed or {}), **{name: sent[name] for name in row.sent_fields}}
    link.agreed_at = clock.now()
    link.kept = {name: value for name, value in link.kept.items() if name not in row.sent_fields}
    link.accepted_version = max(link.accepted_version, version)
    link.save(update_fields=["agreed", "agreed_at", "kept", "accepted_version"])


# --- Read back ---------------------------------------------------------------------------------------------------


def read_back(submission: Submission, conflict: bool = False) -> None:
    """Asks PASI what it holds, then decides: accepted, not applied (goes again), or a person must look. Never a blind resend."""
    request = {"RefIds": [{"ExpectedVersion": 0, "RefId": str(submission.ref_id)}]}
    with lease.Keeper(submission):
        answer = gateway.call("GetStudentSchoolEnrolment", request, purpose(submission, SYNC))
    with transaction.atomic():
        row = _ours(submission)
        if row is None:
            return
        if not answer.good or not answer.value:
            # Still unknown. The lease runs out by itself and the sweep asks again; PASI being away keeps it here.
            wait = min(settings.LEASE_SECONDS, 5)
            Submission.objects.filter(pk=row.pk).update(
                lease_until=clock.now() + dt.timedelta(seconds=wait), detail=answer.detail
            )
            return
        found = answer.value[0]
        if found["AvailabilityStatus"] == "NoAccess":
            submissions.move(row, Status.NEEDS_REVIEW, reason="no_access")
            return
        document = found.get("StudentSchoolEnrolment") if found["AvailabilityStatus"] == "Normal" else None
        _decide(row, document, conflict, _xml_of_first(answer))


def _xml_of_first(answer: Answer) -> bytes:
    element = (
        next((child for child in answer.element.iter() if codec.local_name(child) == "StudentSchoolEnrolment"), None)
        if answer.element is not None
        else None
    )
    return codec.bare_xml(element) if element is not None else b""


def _decide(row: Submission, document: dict[str, Any] | None, conflict: bool, xml: bytes) -> None:
    base = row.base_version or 0
    version = int(document["PASICoreVersion"]) if document else 0
    sent = copies.to_document(row.sent_document) if row.sent_document else None
    if document is not None:
        copies.store(EnrolmentCopy, [copies.Received(document, xml)])
    if document is not None and sent is not None and version > base and mapping.same_content(sent, document):
        _agree(row, sent, version)
        submissions.move(row, Status.ACCEPTED, reason="read_back", core_version=version)
        submissions.supersede_stuck(row)
        comparing.evaluate(ref_ids=[row.ref_id])
        return
    if version == base and not conflict:
        # PASI has not seen it: it goes again with the version that the person saw.
        following = submissions.back_to_queue(row, reason="not_applied", next_attempt_at=clock.now())
        wake.after_commit(submissions.SEND, following.pk)
        return
    submissions.move(row, Status.NEEDS_REVIEW, reason="changed_in_pasi", core_version=version)
    comparing.evaluate(ref_ids=[row.ref_id])
