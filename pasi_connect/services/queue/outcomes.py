"""The outcome of a call, written in one transaction: exchange, submission, local copy, what is agreed, discrepancy.

The record is locked first (copy, then link), then the submission, and only while its lease is still ours: an outcome that comes
after another sender took over is void. An unknown outcome is read back before anything is sent again.
"""

import datetime as dt
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from operations import clock, statements, wake
from operations.actor import SYNC
from operations.rules import back_off, callers
from pasi_connect import entities
from pasi_connect.entities import Entity, mapping
from pasi_connect.models import Exchange, ExchangePart, Link, Submission
from pasi_connect.models.present import Present
from pasi_connect.models.submission import Status
from pasi_connect.rules import availability, faults
from pasi_connect.services import locks
from pasi_connect.services.compare import comparing, values
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import absent, copies, reading
from pasi_connect.services.queue import lease, submissions
from pasi_connect.services.queue.claiming import Flight, Leg, purpose
from pasi_connect.soap import answers, gateway
from pasi_connect.soap.gateway import Answer, CallResult

log = logging.getLogger(__name__)


@dataclass
class _Rows:
    """The rows of a submission that is still ours, locked."""

    copy: Any  # the local copy
    link: Link
    row: Submission

    @property
    def entity(self) -> Entity:
        return entities.by_kind(self.row.entity)


def _locked(submission: Submission) -> _Rows | None:
    """None when somebody took it over: then our outcome is late and void."""
    copy, link, row = locks.flight(submission)
    if row is None:
        log.warning("Submission %s: an outcome came after its lease was taken over; it is not recorded.", submission.pk)
        return None
    assert link is not None
    return _Rows(copy, link, row)


def record(flight: Flight, result: CallResult) -> None:
    """Writes the outcome of a submit that carried one record."""
    [leg] = flight.legs
    with transaction.atomic():
        present = Present.load()
        rows = _locked(leg.submission)
        if rows is not None:
            _write(rows, leg.document, result.answer, present)
        gateway.note(flight.message, result, present)  # its row is everybody's: locked last, for the shortest time


# What one record of several in a call cannot have caused: it holds for each of them.
OF_THE_LINE = (faults.UNKNOWN, faults.UNAVAILABLE, faults.NOT_AUTHORIZED)


def record_one(flight: Flight, leg: Leg, answer: Answer) -> None:
    """Writes the outcome of one record of several that a call carried, in a transaction of its own: one that raises stops no other.

    Where PASI refused the call as a whole, each record goes again by itself, so that the one that caused it holds up no other.
    """
    with transaction.atomic():
        present = Present.load()
        rows = _locked(leg.submission)
        mine = ExchangePart.objects.filter(exchange=flight.message.exchange_id, submission=leg.submission.pk)
        mine.update(outcome=answer.outcome, code=answer.code[: answers.MOST_CODE])
        if rows is None:
            return
        if is_of_the_call(answer):
            again = {"alone": True, "attempts": max(rows.row.attempts - 1, 0), "next_attempt_at": clock.now()}
            submissions.back_to_queue(rows.row, reason="alone", detail=answer.detail, **again)
            wake.look_after_commit(submissions.SEND)
            return
        _write(rows, leg.document, answer, present)


def is_of_the_call(answer: Answer) -> bool:
    """Of a record among several: PASI did not judge it, but refused the call, and any of its records may be why."""
    return answer.of_call and answer.outcome not in OF_THE_LINE


def record_call(flight: Flight, result: CallResult) -> None:
    """What the exchange log says of a call that carried several."""
    with transaction.atomic():
        gateway.note(flight.message, result, Present.load())


def _write(rows: _Rows, document: dict[str, Any], answer: Answer, present: Present) -> None:
    row = rows.row
    details: dict[str, Any] = {"detail": answer.detail}
    match answer.outcome:
        case faults.ACCEPTED:
            document = _answered(rows, document, str(answer.value.get("Id") or ""))
            accept(rows, document, int(answer.value["PASICoreVersion"]), Context(present.sync))
        case faults.NO_CHANGE:
            version = int(answer.value["PASICoreVersion"]) if answer.value else row.base_version or 0
            accept(rows, document, version, Context(present.sync), changed=False)
        case faults.REJECTED:
            submissions.move(
                row,
                Status.REJECTED,
                reason=answer.code,
                rejections=answer.rejections,
                core_version=(answer.value or {}).get("PASICoreVersion"),
                **details,
            )
            comparing.evaluate(rows.entity, ids=[row.subject_id])
        case faults.OUR_FAULT if answer.code == "3002":
            submissions.move(
                row, Status.REJECTED, reason="3002", rejections=[{"code": "3002", "message": answer.detail}], **details
            )
            comparing.evaluate(rows.entity, ids=[row.subject_id])
        case faults.OUR_FAULT:
            submissions.move(row, Status.DEAD, reason=answer.code or "our_fault", **details)
        case faults.UNKNOWN | faults.VERSION_CONFLICT:
            reason = "outcome_unknown" if answer.outcome == faults.UNKNOWN else "version_conflict"
            submissions.move(row, Status.CHECKING, reason=reason, **details)
        case faults.UNAVAILABLE | faults.NOT_AUTHORIZED:
            # Not seen by PASI: no attempt was spent.
            _later(row, answer, max(row.attempts - 1, 0), present)
        case _:
            _later(row, answer, row.attempts, present)


def _answered(rows: _Rows, document: dict[str, Any], item: str) -> dict[str, Any]:
    """The record that was sent, with what follows from the RefId that PASI gave its part. The submission names it from now on."""
    part = rows.entity.parts_by_name.get(rows.row.part)
    if part is None or not (item.isascii() and item.isdigit() and int(item)):
        return document
    rows.row.item = item
    return part.answered(document, item)


def _later(row: Submission, answer: Answer, attempts: int, present: Present) -> None:
    if attempts >= present.sync.maximum_attempts:
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


def accept(rows: _Rows, document: dict[str, Any], version: int, context: Context, changed: bool = True) -> None:
    """PASI holds what we sent, at `version`: the local copy says so at once, provisional until it is read from PASI."""
    row, link, entity = rows.row, rows.link, rows.entity
    if changed:
        stamps = {
            "EffectiveUtc": clock.now(),
            "LastUpdate": {"OrganizationCode": f"S.{row.school_code}", "UserName": callers.for_pasi(row.actor_name)},
        }
        set_by_pasi = entity.submit.stamps if entity.submit else ()
        document = document | {name: stamps[name] for name in set_by_pasi} | {"PASICoreVersion": version}
        received = copies.Received(document, copies.to_xml(document, entity))
        rows.copy = copies.store_over(entity.copy, rows.copy, received, provisional=True)
    _agree(rows, document, version)
    submissions.move(row, Status.ACCEPTED if changed else Status.NO_CHANGE, core_version=version, item=row.item)
    submissions.supersede_stuck(row)
    comparing.evaluate_locked(entity, rows.copy, link, context)
    statements.update(link, AGREED)


def give_back(flight: Flight) -> None:
    """The call was not made: its submissions wait as if they had not been claimed."""
    for leg in flight.legs:
        with transaction.atomic():
            rows = _locked(leg.submission)
            if rows is None:
                continue
            Exchange.objects.filter(pk=flight.message.exchange_id).delete()
            attempts = max(rows.row.attempts - 1, 0)
            submissions.back_to_queue(rows.row, attempts=attempts, next_attempt_at=clock.now())


AGREED = ("agreed", "agreed_at", "agreed_digest", "kept", "accepted_version")


def _agree(rows: _Rows, document: dict[str, Any], version: int) -> None:
    """What was sent is what both sides held equal at `version`; rejected changes among it are reset now. The link is not saved."""
    row, link = rows.row, rows.link
    sent = values.plain(mapping.values(rows.entity, document))
    link.agreed = {**(link.agreed or {}), **{name: sent[name] for name in row.sent_fields if name in sent}}
    link.agreed_at = clock.now()
    link.kept = {name: value for name, value in link.kept.items() if name not in row.sent_fields}
    link.accepted_version = max(link.accepted_version, version)


# --- Read back ---------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """PASI's record was read back and our own program could not read it."""


def read_back(submission: Submission, conflict: bool = False) -> None:
    """Asks PASI what it holds, then decides: accepted, not applied (goes again), or a person must look. Never a blind resend."""
    entity = entities.by_kind(submission.entity)
    with lease.Keeper(submission):
        reply = reading.ask(entity, [(submission.key, 0)], purpose(submission, SYNC))
    answer = reply.answer
    with transaction.atomic():
        rows = _locked(submission)
        if rows is None:
            return
        if answer.fault:
            raise Unreadable(answer.fault)
        if not reply.items:
            # Still unknown: in nobody's hands until the sweep has it asked for again; PASI being away keeps it here.
            wait = dt.timedelta(seconds=min(settings.LEASE_SECONDS, 5))
            Submission.objects.filter(pk=submission.pk).update(
                lease_until=None, lease_holder="", next_attempt_at=clock.now() + wait, detail=answer.detail
            )
            return
        item = reply.items[0]
        if item.status not in availability.TELLS:
            raise Unreadable("a status that does not tell what PASI holds")
        if item.status == availability.NO_ACCESS:
            submissions.move(rows.row, Status.NEEDS_REVIEW, reason="no_access")
            absent.hide(entity, [submission.key])
            comparing.evaluate(entity, keys=[submission.key])
            return
        record = item.record
        _decide(rows, record.document if record else None, conflict, record.xml if record else b"")


def _decide(rows: _Rows, document: Mapping[str, Any] | None, conflict: bool, xml: bytes) -> None:
    row, entity = rows.row, rows.entity
    base = row.base_version or 0
    version = int(document["PASICoreVersion"]) if document else 0
    sent = copies.to_document(row.sent_document, entity) if row.sent_document else None
    if document is not None:
        copies.store(entity.copy, [copies.Received(document, xml)])
    if (
        document is not None
        and sent is not None
        and version > base
        and mapping.same_content(entity, sent, document, row.part)
    ):
        _agree(rows, sent, version)
        statements.update(rows.link, AGREED)
        part = entity.parts_by_name.get(row.part)
        item = part.item(document) if part else row.item
        submissions.move(row, Status.ACCEPTED, reason="read_back", core_version=version, item=item)
        submissions.supersede_stuck(row)
        comparing.evaluate(entity, keys=[row.key])
        return
    if version == base and not conflict:
        # PASI has not seen it: it goes again with the version that the person saw.
        submissions.back_to_queue(row, reason="not_applied", next_attempt_at=clock.now())
        wake.look_after_commit(submissions.SEND)
        return
    submissions.move(row, Status.NEEDS_REVIEW, reason="changed_in_pasi", core_version=version)
    comparing.evaluate(entity, keys=[row.key])
