"""The one door to PASI. Caller identity, time limits, checks both ways, the exchange log and the link's state live here."""

import datetime as dt
import logging
import random
import threading
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from lxml import etree

from operations import clock, statements
from operations import faults as own_faults
from operations.actor import Actor
from operations.rules import back_off, callers, latin1
from pasi_connect.models import CallerSettings, ConnectionSettings, Exchange, LinkState
from pasi_connect.models.present import Present
from pasi_connect.rules import faults
from pasi_connect.services.pull import contract_changes
from pasi_connect.soap import answers, certificate_files, codec
from pasi_connect.soap.answers import BODY, ENVELOPE, SOAP, Answer
from pasi_connect.soap.contract import Operation, contract
from pasi_connect.soap.limits import TooMuch
from pasi_connect.soap.transport import HungUp, NoAnswer, NotSent, Refused, Transport

log = logging.getLogger(__name__)

MOST_REQUEST_BYTES = 65_536  # PASI drops larger requests without a code (Error Reporting)
PROBE_FIRST_SECONDS, PROBE_MOST_SECONDS = 1.0, 30.0


@dataclass(frozen=True)
class Purpose:
    """On whose behalf and for which record a call is made."""

    actor: Actor
    organization: str
    key: str = ""
    school_code: str = ""
    submission_id: int | None = None


class Line:
    """A connection that is kept from call to call; one call at a time. Replaced when the certificate files have changed."""

    def __init__(self) -> None:
        self.kept: Transport | None = None

    def transport(self, connection: ConnectionSettings) -> Transport:
        files = connection.files()
        if self.kept is None or not self.kept.is_current(*files):
            for file, what in zip(files, certificate_files.names(), strict=True):
                try:
                    certificate_files.checked(str(file), what)
                except certificate_files.Unusable as error:
                    raise Refused(error.message) from None
            self.kept = Transport(*files)
        return self.kept


_local = threading.local()


def line() -> Line:
    """That of this thread and process. Whoever makes calls in another thread on its behalf gives it to `exchange`."""
    if not hasattr(_local, "line"):
        _local.line = Line()
    kept: Line = _local.line
    return kept


@dataclass(frozen=True)
class Call:
    """A message that is ready to go; its exchange row is stored, and must be committed before `exchange`."""

    operation: Operation
    body: bytes
    problem: str  # why it must not go; "" when it may
    message_id: uuid.UUID
    exchange_id: int
    seconds: float
    writes: bool
    present: Present


def call(
    name: str, request: dict[str, Any], purpose: Purpose, *, seconds: float | None = None, writes: bool = False
) -> Answer:
    """Calls PASI's operation `name` with the members of `request` (without CallerInfo). Never raises for what PASI says or does.

    `writes`: the operation changes PASI, so an answer that did not come is an unknown outcome, not a failure.
    The exchange row is committed before the call; no transaction may be open around this function. Who has a transaction of
    their own before and after the call takes the three steps one by one: `prepare`, `exchange`, `note`.
    """
    message = prepare(name, request, purpose, Present.load(), seconds=seconds, writes=writes)
    result = exchange(message)
    with transaction.atomic():
        note(message, result, Present.load())
    return result.answer


def prepare(
    name: str,
    request: dict[str, Any],
    purpose: Purpose,
    present: Present,
    *,
    seconds: float | None = None,
    writes: bool = False,
) -> Call:
    """Makes and checks the message and stores its exchange row. The arguments are those of `call`."""
    operation = contract().operations[name]
    message_id = uuid.uuid4()
    body, problem = _envelope(operation, request, present.caller, purpose, message_id)
    row = Exchange(
        message_id=message_id,
        operation=name,
        key=purpose.key[:60],
        submission_id=purpose.submission_id,
        school_code=purpose.school_code,
        organization=purpose.organization,
        person_name=purpose.actor.name,
        person_local_id=purpose.actor.local_id,
        person_username=purpose.actor.username,
        person_full_name=purpose.actor.full_name,
        person_ip=purpose.actor.ip,
        sent_at=clock.now(),
        request_bytes=len(body),
        request_body=body.decode() if present.sync.keep_bodies else "",
    )
    statements.insert(row)
    return Call(
        operation,
        body,
        problem,
        message_id,
        row.pk,
        seconds or settings.CALL_SECONDS or present.sync.web_service_timeout_minutes * 60,
        writes,
        present,
    )


@dataclass(frozen=True)
class CallResult:
    """What came of a call: the answer, its bytes, and how long it took."""

    answer: Answer
    raw: bytes
    milliseconds: int
    at: dt.datetime


def exchange(message: Call, over: Line | None = None) -> CallResult:
    """The call itself. Touches no database, so another thread may make it, over the line of the thread that ordered it."""
    started = time.monotonic()
    raw = b""
    if message.problem:
        answer = Answer(faults.OUR_FAULT, code="", detail=message.problem)
    elif not message.present.connection.complete:
        answer = Answer(faults.NOT_AUTHORIZED, detail="The connection is not set up yet.")
    else:
        answer, raw = _exchange(message, over or line())
    took = int((time.monotonic() - started) * 1000)
    if answer.outcome in (faults.OUR_FAULT, faults.NOT_AUTHORIZED, faults.UNKNOWN):
        log.warning("%s %s: %s %s", message.operation.name, message.message_id, answer.outcome, answer.code)
    return CallResult(replace(answer, exchange_id=message.exchange_id), raw, took, clock.now())


OUTCOME = ("answered_at", "milliseconds", "outcome", "code", "detail", "answer_bytes", "answer_body")


def note(message: Call, result: CallResult, present: Present) -> None:
    """Writes the outcome into the exchange's row and moves the link's state, in the caller's transaction, which read `present`."""
    answer = result.answer
    # No database keeps a null in a text.
    kept = result.raw.decode(errors="replace")[:2_000_000].replace("\x00", "\ufffd") if present.sync.keep_bodies else ""
    row = Exchange(
        pk=message.exchange_id,
        answered_at=result.at,
        milliseconds=result.milliseconds,
        outcome=answer.outcome,
        code=answer.code[: answers.MOST_CODE],
        detail=answer.detail[: answers.MOST_DETAIL],
        answer_bytes=len(result.raw),
        answer_body=kept,
    )
    statements.update(row, OUTCOME)
    contract_changes.note(message.operation.name, answer.strangers)
    if not message.problem:
        _note_link(present.link, answer)


def _envelope(
    operation: Operation, request: dict[str, Any], caller: CallerSettings, purpose: Purpose, message_id: uuid.UUID
) -> tuple[bytes, str]:
    """(bytes to send, "" or why they must not be sent)."""
    members = {"CallerInfo": _caller_info(caller, purpose, message_id), **request}
    if not all(latin1.fits(text) for text in _texts(members["CallerInfo"])):
        return b"", "The caller information has letters that PASI cannot store."
    envelope = etree.Element(ENVELOPE, nsmap={"s": SOAP, "i": "http://www.w3.org/2001/XMLSchema-instance"})
    wrapper = etree.SubElement(etree.SubElement(envelope, BODY), operation.request_tag)
    codec.encode_member(wrapper, operation.request, members)
    body = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    if len(body) > MOST_REQUEST_BYTES:
        return body, f"The request has {len(body)} bytes; PASI takes {MOST_REQUEST_BYTES}."
    fault = contract().check(wrapper)
    return body, f"The request does not fit the contract: {fault}." if fault else ""


def _caller_info(caller: CallerSettings, purpose: Purpose, message_id: uuid.UUID) -> dict[str, Any]:
    """Mandatory on every request (Authentication and Authorization; Calling PASI Services)."""
    actor = purpose.actor
    system = actor.is_system
    return {
        "ClientMessageID": str(message_id),
        "SentUtcTime": clock.now(),
        "Software": {
            "BuildNumber": caller.build,
            "Manufacturer": caller.manufacturer,
            "Product": caller.product,
            "Version": caller.software_version,
        },
        "User": {
            "IPAddress": (caller.ip_address if system else actor.ip)[:50],
            "LocalID": (caller.sync_local_id if system else actor.local_id)[:50],
            "Name": (caller.sync_name if system else callers.for_pasi(actor.name))[:100],
            "OrganizationCode": purpose.organization,
        },
    }


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def _exchange(message: Call, over: Line) -> tuple[Answer, bytes]:
    operation, connection = message.operation, message.present.connection
    lost = faults.UNKNOWN if message.writes else faults.UNAVAILABLE
    try:
        reply = over.transport(connection).post(
            connection.endpoint_url, message.body, operation.action, message.seconds
        )
    except Refused as error:
        return Answer(faults.NOT_AUTHORIZED, code="TLS", detail=str(error)), b""
    except HungUp:
        return Answer(faults.UNAVAILABLE, code=faults.HUNG_UP, detail=faults.FAULTS[faults.HUNG_UP].message), b""
    except NotSent as error:
        return Answer(faults.UNAVAILABLE, detail=f"PASI did not answer: {error}"), b""
    except NoAnswer as error:
        return Answer(lost, detail=f"No whole answer: {error}"), b""
    except TooMuch as error:
        return answers.refused(message.writes, str(error)), b""
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a broken line makes of our libraries is an outcome
        return Answer(lost, detail=f"No whole answer: {own_faults.place(error)}"[: answers.MOST_DETAIL]), b""
    try:
        return answers.read(operation, reply.status, reply.body, message.writes), reply.body
    except TooMuch as error:
        return answers.refused(message.writes, str(error)), reply.body
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001 - whatever PASI says has an outcome
        return answers.unreadable(message.writes, own_faults.place(error)), reply.body


AWAY = {faults.UNAVAILABLE, faults.NOT_AUTHORIZED}  # PASI may say so itself: by code 2001, 1001 and their like


def _note_link(state: LinkState, answer: Answer) -> None:
    """Moves the link's state by what the call showed. One row; a reachable link is written at most once a second."""
    now = clock.now()
    if answer.answered and answer.outcome not in AWAY:
        if (
            state.state == LinkState.State.UP
            and state.last_answer_at
            and 0 <= (now - state.last_answer_at).total_seconds() < 1
        ):
            return
        after = LinkState.State.UP
        state.failures, state.next_probe_at, state.code, state.detail = 0, None, "", ""
        state.last_answer_at = now
    else:
        after = LinkState.State.NOT_AUTHORIZED if answer.outcome == faults.NOT_AUTHORIZED else LinkState.State.DOWN
        if answer.code == "1007":  # this operation alone is barred
            after = LinkState.State(state.state)
        state.failures += 1
        wait = back_off.seconds(state.failures, PROBE_FIRST_SECONDS, PROBE_MOST_SECONDS, random.random())
        state.next_probe_at = now + clock.dt.timedelta(seconds=wait)
        state.code, state.detail = answer.code[: answers.MOST_CODE], answer.detail[:300]
    if after != state.state:
        state.state, state.since = after, now
        log.warning("The connection to PASI is %s. %s", after, answer.detail)
    state.pk = 1
    state.save()
