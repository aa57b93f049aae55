"""Reads PASI's answer. Whatever it is, it becomes an outcome in words, never in those of an exception."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from pasi_connect.rules import faults
from pasi_connect.soap import codec, limits, strangers
from pasi_connect.soap.contract import Operation, contract
from pasi_connect.soap.strangers import Stranger

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE, BODY, FAULT = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Body", "Fault"))
MOST_CODE, MOST_DETAIL = 10, 500  # letters that are stored of what PASI says; a code has four or five
MOST_REJECTIONS = 200  # of one submit; PASI's messages are a line each


@dataclass(frozen=True)
class Answer:
    """`outcome` as in rules.faults; `value` the decoded result when PASI answered normally, `element` its XML.

    `answered`: PASI itself has spoken, whatever it said. `strangers` are what the contract does not know.
    """

    outcome: str
    value: Any = None
    element: etree._Element | None = None
    code: str = ""
    detail: str = ""
    rejections: list[dict[str, str]] = field(default_factory=list)
    exchange_id: int | None = None
    fault: str = ""  # why PASI's answer could not be read, without data
    answered: bool = False
    strangers: tuple[Stranger, ...] = ()
    of_call: bool = False  # one of several records: this was said of the call as a whole

    @property
    def good(self) -> bool:
        return self.outcome in (faults.ACCEPTED, faults.NO_CHANGE)


def read(operation: Operation, status: int, body: bytes, writes: bool) -> Answer:
    """The answer in `body`. Anything that is not PASI's own XML says nothing about what PASI did. Raises TooMuch."""
    lost = faults.UNKNOWN if writes else faults.UNAVAILABLE
    try:
        root = limits.parsed(body)
    except (etree.XMLSyntaxError, ValueError):
        return Answer(lost, detail=f"The answer (HTTP {status}) is not XML.")
    if root.getroottree().docinfo.doctype:  # type: ignore[attr-defined]
        return Answer(lost, detail="The answer carries a document type: refused.")
    wrapped = root.find(BODY) if root.tag == ENVELOPE else None
    content = wrapped[0] if wrapped is not None and len(wrapped) else None
    if content is None:
        return Answer(lost, detail=f"The answer (HTTP {status}) is not an envelope.")
    if content.tag == FAULT:
        return _fault(content)
    if status != 200:
        return Answer(lost, detail=f"The answer (HTTP {status}) is not one of {operation.name}.")
    if content.tag != operation.answer_tag:
        other = Stranger(strangers.ELEMENT, codec.local_name(content)[:200])
        return replace(unreadable(writes, f"it is not one of {operation.name}"), strangers=(other,))
    problem, extras = contract().check(content), list[Stranger]()
    if problem:
        rest, extras = strangers.apart(content, operation)
        problem = contract().check(rest)
    if problem:
        answer = unreadable(writes, f"it does not fit the contract, {problem}")
        return replace(answer, strangers=(*extras, strangers.shape(problem)))
    element = content.find(operation.answer.tag)
    assert element is not None
    if extras:
        strangers.without_items(element, operation.answer)
    return replace(_decoded(operation, element), strangers=tuple(extras))


BATCH = "SubmitResponses"  # of an operation that takes several records


def _decoded(operation: Operation, element: etree._Element) -> Answer:
    return _judged(codec.decode_member(element, operation.answer), element)


def of_each(answer: Answer, keys: Sequence[str]) -> list[Answer]:
    """What PASI says of each record of a call, in the order of their keys. What it says of the call as a whole holds for all.

    A record for which it does not answer, or twice, has an unknown outcome.
    """
    value = answer.value
    if not (isinstance(value, dict) and BATCH in value):
        return [replace(answer, of_call=len(keys) > 1)] * len(keys)
    by_key: dict[str, list[Any]] = {}
    for row in value[BATCH]:
        by_key.setdefault(str(row["Id"]).lower(), []).append(row)
    if len(keys) == 1 and len(value[BATCH]) == 1:
        return [replace(_judged(value[BATCH][0], answer.element), strangers=answer.strangers)]
    return [_one_of(by_key.get(key.lower(), []), answer) for key in keys]


def _one_of(rows: Sequence[Any], answer: Answer) -> Answer:
    if len(rows) != 1:
        return unreadable(True, "it does not answer once for each record that was sent")
    return replace(_judged(rows[0], answer.element), strangers=answer.strangers)


def of_all(answer: Answer, each: Sequence[Answer]) -> Answer:
    """What the exchange log says of the call."""
    if len(each) == 1:
        return each[0]
    if not (isinstance(answer.value, dict) and BATCH in answer.value):
        return answer
    return replace(answer, detail=f"{sum(one.good for one in each)} of {len(each)} records accepted.")


def _judged(value: Any, element: etree._Element | None) -> Answer:
    """What PASI says of one record, or of a question."""
    rejections = value.get("Rejections") or [] if isinstance(value, dict) else []
    if rejections:
        refusals = [
            {"code": row["Code"][:MOST_CODE], "message": row["Message"][:MOST_DETAIL]}
            for row in rejections[:MOST_REJECTIONS]
        ]
        outcome = faults.of_rejections([row["code"] for row in refusals]).outcome
        first = refusals[0]
        return Answer(
            outcome, value, element, code=first["code"], detail=first["message"], rejections=refusals, answered=True
        )
    return Answer(faults.ACCEPTED, value, element, answered=True)


def unreadable(writes: bool, why: str) -> Answer:
    """PASI has answered unreadably: a write has to be read back, and records asked for one by one."""
    return replace(refused(writes, f"The answer could not be read: {why}."), fault=why[:MOST_DETAIL])


def refused(writes: bool, why: str) -> Answer:
    """PASI has answered, but the answer is unusable: nobody knows what a write did."""
    outcome = faults.UNKNOWN if writes else faults.PASI_FAULT
    return Answer(outcome, detail=why[:MOST_DETAIL], fault=why[:MOST_DETAIL], answered=True)


def _fault(element: etree._Element) -> Answer:
    """A fault under 200 or under 500 alike: code and text stand in the detail, else in the fault string."""
    texts = {
        etree.QName(child).localname: (child.text or "").strip()
        for child in element.iter()
        if isinstance(child.tag, str)
    }
    text = texts.get("FaultString") or texts.get("faultstring", "")
    code = texts.get("FaultCode") or "".join(text.split(":")[:1]).strip()
    extras: tuple[Stranger, ...] = ()
    is_code = code.isascii() and code.isdigit()
    if (is_code or texts.get("FaultCode")) and code not in faults.FAULTS:
        extras = (Stranger(strangers.CODE, f"FaultCode: {strangers.plain(code)}"),)
    code = code if is_code and len(code) <= MOST_CODE else ""
    meaning = faults.of_fault(code)
    return Answer(meaning.outcome, code=code, detail=text[:MOST_DETAIL], answered=True, strangers=extras)
