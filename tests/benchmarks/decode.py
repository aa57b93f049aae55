"""A list answer of enrolments into typed values: the product's decoder, against lxml that only parses it."""

from typing import Any

from lxml import etree
from zeep import Client, Settings

from pasi_connect.soap import answers, codec, gateway
from pasi_connect.soap.contract import WSDL, contract
from tests.benchmarks.measuring import Figure, at_most, interleaved, seconds
from tests.benchmarks.upsert import document

OPERATION = "GetStudentSchoolEnrolment"


def answer(count: int) -> bytes:
    """PASI's answer with `count` made-up enrolments."""
    operation = contract().operations[OPERATION]
    envelope = etree.Element(gateway.ENVELOPE, nsmap={"s": gateway.SOAP})
    wrapper = etree.SubElement(etree.SubElement(envelope, gateway.BODY), operation.answer_tag)
    rows = [{"AvailabilityStatus": "Normal", "StudentSchoolEnrolment": document(number)} for number in range(count)]
    codec.encode_member(wrapper, operation.answer, rows)
    return etree.tostring(envelope)


def parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True
    )


def decode(body: bytes) -> Any:
    content = etree.fromstring(body, parser()).find(gateway.BODY)[0]  # type: ignore[index]
    return codec.decode_member(content[0], contract().operations[OPERATION].answer)


def as_zeep(value: Any) -> Any:
    """Our value in the form that zeep gives: absent and nil are one there, and a GUID keeps the case that it came in."""
    if isinstance(value, dict):
        return {name: as_zeep(part) for name, part in value.items() if part is not None}
    return [as_zeep(part) for part in value] if isinstance(value, list) else value


def of_zeep(value: Any) -> Any:
    if hasattr(value, "__values__"):
        value = {name: value[name] for name in value}
    if isinstance(value, dict):
        kept = {name: of_zeep(part) for name, part in value.items() if part is not None}
        # zeep keeps the list's own element as a layer of its own; ours is the list.
        only = next(iter(kept.values()), None)
        return only if len(kept) == 1 and isinstance(only, list) else kept
    return [of_zeep(part) for part in value] if isinstance(value, list) else value


def run(quick: bool) -> list[Figure]:
    count = 500 if quick else 10_000
    body = answer(count)
    client = Client(str(WSDL), settings=Settings(strict=True, xml_huge_tree=False))
    operation = next(iter(client.wsdl.bindings.values()))._operations[OPERATION]

    def by_zeep() -> Any:
        return operation.process_reply(etree.fromstring(body, parser()))

    ours, theirs = as_zeep(decode(body)), of_zeep(by_zeep())
    theirs = theirs if isinstance(theirs, list) else [theirs]
    equal = ours == theirs
    if not equal:
        print(
            "decode: the first that differ:",
            *next(((a, b) for a, b in zip(ours, theirs, strict=False) if a != b), (len(ours), len(theirs))),
            sep="\n",
        )
    floor, value, read = interleaved(
        lambda: etree.fromstring(body, parser()),
        lambda: decode(body),
        lambda: answers.read(contract().operations[OPERATION], 200, body, writes=False),
    )
    slow = seconds(by_zeep)
    return [
        at_most(f"decode {count:,} enrolments", value, floor, "s", 4, "lxml parse only"),
        Figure("decode: values equal to zeep's", float(equal), "", demand="equal", holds=equal),
        Figure("decode, with the check against the schema", read, "s", floor, read / floor),
        Figure("decode by zeep, once", slow, "s", floor, slow / floor),
    ]
