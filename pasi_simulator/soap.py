"""One SOAP request: the checks in PASI's order, the operation, the answer.

Order (5.1): certificate, role, organization, schema and structure, then node cache, lock and business in the operation.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pasi_simulator.clients import Client, Organization
from pasi_simulator.contract import SOAP, V2009, ContractError, hardened_parser
from pasi_simulator.core import Caller, Core, Disconnect, Reply
from pasi_simulator.faults import Fault
from pasi_simulator.operations import SERVICES
from pasi_simulator.rules.structure import caller_problems
from pasi_simulator.state import Call
from pasi_simulator.visibility import may_act_for

HTML = b"<!DOCTYPE html><html><head><title>Service</title></head><body><h1>We will be right back</h1></body></html>"
SUBMITS = frozenset(name for name in SERVICES if name.startswith("Submit"))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of the connection."""

    certificate_sha256: str
    address: str
    gone: Callable[[], bool]


def handle(core: Core, body: bytes, peer: Peer) -> Answer:
    """Answers one request; raises Disconnect when the connection is to be closed without an answer."""
    call = Call()
    try:
        client = _client(core, peer, call)
        operation = _operation(body, call)
        answer = _injected(core, call)
        if answer:
            return answer
        reply = _run(core, client, operation, peer, call)
        body = core.contract.encode(core.contract.operations[call.operation or ""], reply.result)
        status = 200
    except Disconnect:
        raise
    except Exception as problem:
        fault = _as_fault(problem)
        reply = Reply(None, call)
        call.outcome, call.applied, call.fault_code, call.rejections = "fault", False, fault.code, None
        body, status = core.contract.encode_fault(fault.code, fault.text), 500
    if not reply.logged:
        with core.state.writing() as writer:
            writer.log(call)
    return _delivered(core, call, Answer(status, body))


def _as_fault(problem: Exception) -> Fault:
    """Anything that is neither a fault nor a broken contract is our failure: 9001, its kind on the terminal."""
    if isinstance(problem, Fault):
        return problem
    if isinstance(problem, ContractError):
        return Fault(problem.code, str(problem))
    print(f"pasi_simulator: {type(problem).__name__} while answering a call", file=sys.stderr)
    return Fault("9001")


def _run(core: Core, client: Client, operation: etree._Element, peer: Peer, call: Call) -> Reply:
    name = call.operation or ""
    service = SERVICES.get(name)
    if service is None or operation.tag != f"{{{core.contract.namespace}}}{name}":
        raise Fault("3001", f"unknown operation {name}")
    if service.role not in client.roles:
        raise Fault("1007", f"role {service.role} is needed")
    code = operation.findtext(f".//{{{V2009}}}CallerInfo/{{{V2009}}}User/{{{V2009}}}OrganizationCode")
    if code and not may_act_for(core.state.reader(), client, code):
        raise Fault("1008", code[:20])
    request = core.contract.decode(core.contract.operations[name], operation)
    caller_info = request["CallerInfo"]
    call.request, call.organization = request, caller_info["User"]["OrganizationCode"]
    call.user, call.message_id = caller_info["User"]["Name"], caller_info["ClientMessageID"]
    for member, problem in caller_problems(caller_info):
        raise Fault("3002", f"{member}: {problem}")
    injected = core.knobs.take_fault(name)
    if injected:
        raise Fault(injected)
    caller = Caller(client, Organization(call.organization or ""), call.user or "", peer.gone)
    return service.run(core, caller, request, call)


def _client(core: Core, peer: Peer, call: Call) -> Client:
    """[Source: PASI Core Security]. 1004 stands here for a certificate that is registered twice (INFERRED)."""
    clients = core.clients.with_certificate(peer.certificate_sha256)
    if not clients:
        raise Fault("1001")
    client = clients[0]
    call.client = client.name
    if not client.certificate_active:
        raise Fault("1002")
    if not client.client_active:
        raise Fault("1003")
    if len(clients) > 1 or not client.organizations:
        raise Fault("1004")
    if client.ip_addresses is not None and peer.address not in client.ip_addresses:
        raise Fault("1006", peer.address)
    return client


def _operation(body: bytes, call: Call) -> etree._Element:
    """The operation's wrapper element; its name goes into the call."""
    try:
        root = etree.fromstring(body, hardened_parser())
    except etree.XMLSyntaxError:
        raise Fault("3001", "not valid XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Fault("3001", "a document type is not allowed")
    operations = [child for child in root.iterfind(f"{{{SOAP}}}Body/*") if isinstance(child.tag, str)]
    if root.tag != f"{{{SOAP}}}Envelope" or len(operations) != 1:
        raise Fault("3001", "a SOAP 1.1 envelope with one operation is expected")
    call.operation = etree.QName(operations[0]).localname[:60]
    return operations[0]


def _injected(core: Core, call: Call) -> Answer | None:
    """Trouble before PASI: an answer that is late, or the page of something that stands in front of it."""
    if core.knobs["delay_ms"]:
        time.sleep(core.knobs["delay_ms"] / 1000)
    if core.knobs.take("html", call.operation or ""):
        return Answer(200, HTML, "text/html; charset=utf-8")
    return None


def _delivered(core: Core, call: Call, answer: Answer) -> Answer:
    """Trouble behind PASI: what was done stays done, but the answer is lost or cut."""
    name = call.operation or ""
    dropped: Any = core.knobs["answer_dropped"]
    if dropped and call.applied and (name in SUBMITS) and core.knobs.take("answer_dropped", name):
        raise Disconnect
    if core.knobs.take("truncated", name):
        return Answer(answer.status, answer.body[: len(answer.body) * 2 // 3], answer.content_type)
    return answer
