"""The WSDL as tables: reading requests, writing answers, checking JSON records, all from one reading of the file.

Two fault codes come from here (Error Reporting): 3001 when a request does not match the schema, 3002 when a value
is missing, too long or of the wrong form. The split of the two is INFERRED: an element where none may be is
3001, what is wrong with a value is 3002.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSDL_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
V2009 = "http://schemas.datacontract.org/2004/07/PASI.DataContract.V2009"

INTEGER_BOUNDS = {"int": 2**31, "long": 2**63}
INTEGER = re.compile(r"[+-]?\d{1,19}\Z", re.ASCII)
# XML Schema's forms: years of more than four digits, and 24:00:00 for the end of a day.
DATE = re.compile(r"(\d{4,})(-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?\Z", re.ASCII)
DATE_TIME = re.compile(r"(\d{4,})(-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?\Z", re.ASCII)
MIDNIGHT = "24:00:00"
NO_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Document = dict[str, Any]


class ContractError(ValueError):
    """A request or record breaks the contract: `code` 3001 or 3002, `member` is its path, `problem` the check."""

    def __init__(self, code: str, member: str, problem: str) -> None:
        super().__init__(f"{member}: {problem}")
        self.code, self.member, self.problem = code, member, problem


@dataclass(frozen=True, slots=True)
class Simple:
    """A text-valued type: its XML Schema base and its facets."""

    base: str
    max_length: int | None = None
    pattern: re.Pattern[str] | None = None
    values: frozenset[str] = frozenset()


@dataclass(slots=True)
class Complex:
    """A type with members; an array type has one repeated member and is read as a list."""

    name: str
    members: list[Member]
    is_array: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    tag: str  # {namespace}name
    type: str  # {namespace}name of a named type, or "" when `simple` carries it
    simple: Simple | None
    required: bool
    nillable: bool


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    request: Member
    result: Member
    response_name: str


class Contract:
    """One WSDL end point. `decode` reads, `encode` writes, `read_json` checks records of the control API."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_bytes()
        root = etree.fromstring(self.text, hardened_parser())
        self.namespace: str = root.get("targetNamespace", "")
        self.prefixes = {uri: prefix for prefix, uri in root.nsmap.items() if prefix}
        self._types: dict[str, Simple | Complex] = {}
        self._elements: dict[str, list[Member]] = {}
        schemas = root.findall(f"{{{WSDL}}}types/{{{XS}}}schema")
        for schema in schemas:
            self._read_schema(schema)
        self.by_name = {t.name: t for t in self._types.values() if isinstance(t, Complex)}
        self.operations = {
            name: Operation(name, self._elements[name][0], self._elements[f"{name}Response"][0], f"{name}Response")
            for operation in root.iterfind(f"{{{WSDL}}}portType/{{{WSDL}}}operation")
            for name in [operation.get("name", "")]
        }
        self._validator = _validator(schemas)

    def wsdl_at(self, address: str) -> bytes:
        """The WSDL with the address at which this program is really reached."""
        root = etree.fromstring(self.text, hardened_parser())
        for element in root.iter(f"{{{WSDL_SOAP}}}address"):
            element.set("location", address)
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    # Reading -------------------------------------------------------------------------------------------------

    def decode(self, operation: Operation, element: etree._Element) -> Document:
        """The `request` of an operation's wrapper element as plain JSON values (dates and times stay ISO text)."""
        children = [child for child in element if isinstance(child.tag, str)]
        if len(children) != 1 or children[0].tag != operation.request.tag:
            raise ContractError("3001", operation.name, f"expected one element {operation.request.name}")
        value: Document = self._decode(children[0], operation.request, operation.request.name)
        if not self._validator.validate(element):
            raise ContractError("3001", operation.name, "the request does not match the schema")
        return value

    def _decode(self, element: etree._Element, member: Member, path: str) -> Any:
        if element.get(f"{{{XSI}}}nil") in ("true", "1"):
            if not member.nillable:
                raise ContractError("3002", path, "mandatory value missing (nil)")
            return None
        kind = self._type(member)
        if isinstance(kind, Simple):
            if len(element):
                raise ContractError("3001", path, "a plain value is expected here")
            return _read_text(element.text or "", kind, path)
        if (element.text or "").strip():
            raise ContractError("3001", path, "text where members are expected")
        children = [child for child in element if isinstance(child.tag, str)]
        if kind.is_array:
            item = kind.members[0]
            for child in children:
                if child.tag != item.tag:
                    raise ContractError("3001", f"{path}.{etree.QName(child).localname}", "does not belong here")
            return [self._decode(child, item, f"{path}[{n}]") for n, child in enumerate(children)]
        values: Document = {}
        position = 0
        for child in children:
            place = next((n for n in range(position, len(kind.members)) if kind.members[n].tag == child.tag), None)
            if place is None:
                raise ContractError("3001", f"{path}.{etree.QName(child).localname}", "does not belong here")
            self._demand(kind.members[position:place], path)
            part = kind.members[place]
            value = self._decode(child, part, f"{path}.{part.name}")
            if value is not None:
                values[part.name] = value
            position = place + 1
        self._demand(kind.members[position:], path)
        return values

    @staticmethod
    def _demand(skipped: Iterable[Member], path: str) -> None:
        for member in skipped:
            if member.required:
                raise ContractError("3002", f"{path}.{member.name}", "mandatory value missing")

    def read_json(self, type_name: str, value: object, path: str, *, partial: bool = False) -> Document:
        """A record given as JSON, checked against the type; `partial` lets mandatory members be absent."""
        kind = self.by_name[type_name]
        if not isinstance(value, Mapping):
            raise ContractError("3002", path, "an object is expected")
        members = {member.name: member for member in kind.members}
        for name in value:
            if name not in members:
                raise ContractError("3002", f"{path}.{name}", "unknown member")
        document: Document = {}
        for member in kind.members:
            part = value.get(member.name)
            if part is not None:
                document[member.name] = self._read_json_value(part, member, f"{path}.{member.name}")
            elif member.required and not partial:
                raise ContractError("3002", f"{path}.{member.name}", "mandatory value missing")
        return document

    def _read_json_value(self, value: object, member: Member, path: str) -> Any:
        kind = self._type(member)
        if isinstance(kind, Complex):
            if not kind.is_array:
                return self.read_json(kind.name, value, path)
            if not isinstance(value, list):
                raise ContractError("3002", path, "a list is expected")
            return [self._read_json_value(item, kind.members[0], f"{path}[{n}]") for n, item in enumerate(value)]
        if kind.base in INTEGER_BOUNDS:
            if isinstance(value, bool) or not isinstance(value, int):
                raise ContractError("3002", path, "a whole number is expected")
            return _read_text(str(value), kind, path)
        if kind.base == "boolean":
            if not isinstance(value, bool):
                raise ContractError("3002", path, "true or false is expected")
            return value
        if not isinstance(value, str):
            raise ContractError("3002", path, "text is expected")
        if NO_XML_CHARACTER.search(value):
            raise ContractError("3002", path, "a character that XML cannot carry")
        return _read_text(value, kind, path)

    # Writing -------------------------------------------------------------------------------------------------

    def encode(self, operation: Operation, result: Any) -> bytes:
        """The SOAP answer. Text is joined by hand: a full set may hold 600,000 pairs."""
        parts: list[str] = []
        self._encode(operation.result, result, parts)
        return self._envelope(f"<tns:{operation.response_name}>{''.join(parts)}</tns:{operation.response_name}>")

    def encode_fault(self, code: str, text: str) -> bytes:
        """A SOAP 1.1 fault; whether the caller or PASI is at fault follows the code's first digit."""
        side = "Client" if code[:1] in ("1", "3") else "Server"
        words = escape(text)
        return self._envelope(
            f"<soap:Fault><faultcode>soap:{side}</faultcode><faultstring>{code}: {words}</faultstring>"
            f"<detail><v9:PASIFault><v9:FaultCode>{code}</v9:FaultCode><v9:FaultString>{words}</v9:FaultString>"
            "</v9:PASIFault></detail></soap:Fault>"
        )

    def _envelope(self, body: str) -> bytes:
        names = " ".join(
            f'xmlns:{prefix}="{uri}"' for uri, prefix in self.prefixes.items() if prefix not in ("wsdl", "soap", "xs")
        )
        return (
            f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:i="{XSI}" {names}>'
            f"<soap:Body>{body}</soap:Body></soap:Envelope>"
        ).encode()

    def _encode(self, member: Member, value: Any, parts: list[str]) -> None:
        uri, name = member.tag[1:].split("}")
        tag = f"{self.prefixes[uri]}:{name}"
        if value is None:
            if member.nillable:
                parts.append(f'<{tag} i:nil="true"/>')
            elif member.required:
                raise ValueError(f"{member.name} has no value")
            return
        kind = self._type(member)
        if isinstance(kind, Simple):
            text = ("true" if value else "false") if kind.base == "boolean" else escape(str(value))
            parts.append(f"<{tag}>{text}</{tag}>")
            return
        parts.append(f"<{tag}>")
        if kind.is_array:
            for item in value:
                self._encode(kind.members[0], item, parts)
        else:
            for part in kind.members:
                self._encode(part, value.get(part.name), parts)
        parts.append(f"</{tag}>")

    # The tables ----------------------------------------------------------------------------------------------

    def _type(self, member: Member) -> Simple | Complex:
        return member.simple or self._types[member.type]

    def _read_schema(self, schema: etree._Element) -> None:
        target = schema.get("targetNamespace", "")
        for node in schema.iterfind(f"{{{XS}}}simpleType"):
            self._types[f"{{{target}}}{node.get('name')}"] = _simple(node)
        for node in schema.iterfind(f"{{{XS}}}complexType"):
            name = node.get("name", "")
            members = [_member(e, target) for e in node.iterfind(f"{{{XS}}}sequence/{{{XS}}}element")]
            repeated = any(e.get("maxOccurs") for e in node.iterfind(f"{{{XS}}}sequence/{{{XS}}}element"))
            self._types[f"{{{target}}}{name}"] = Complex(name, members, repeated)
        for node in schema.iterfind(f"{{{XS}}}element"):
            inner = node.iterfind(f"{{{XS}}}complexType/{{{XS}}}sequence/{{{XS}}}element")
            self._elements[node.get("name", "")] = [_member(e, target) for e in inner]


def hardened_parser() -> etree.XMLParser:
    """No entities, no network, no huge trees: the text comes from a stranger."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _member(node: etree._Element, target: str) -> Member:
    inline = node.find(f"{{{XS}}}simpleType")
    type_name, simple = "", None
    if inline is not None:
        simple = _simple(inline)
    else:
        prefix, local = node.get("type", "").split(":")
        uri = node.nsmap[prefix]
        if uri == XS:
            simple = Simple(local)
        else:
            type_name = f"{{{uri}}}{local}"
    name = node.get("name", "")
    return Member(
        name, f"{{{target}}}{name}", type_name, simple, node.get("minOccurs") != "0", node.get("nillable") == "true"
    )


def _simple(node: etree._Element) -> Simple:
    restriction = node.find(f"{{{XS}}}restriction")
    assert restriction is not None
    facet = {child.tag: child.get("value", "") for child in restriction}
    longest, pattern = facet.get(f"{{{XS}}}maxLength"), facet.get(f"{{{XS}}}pattern")
    values = frozenset(e.get("value", "") for e in restriction.iterfind(f"{{{XS}}}enumeration"))
    return Simple(
        restriction.get("base", "").split(":")[1],
        int(longest) if longest else None,
        re.compile(pattern + r"\Z", re.ASCII) if pattern else None,
        values,
    )


def _read_text(text: str, kind: Simple, path: str) -> Any:
    if kind.base == "string":
        if kind.max_length is not None and len(text) > kind.max_length:
            raise ContractError("3002", path, f"longer than {kind.max_length} characters")
        if kind.pattern and not kind.pattern.match(text):
            raise ContractError("3002", path, "wrong format")
        if kind.values and text not in kind.values:
            raise ContractError("3002", path, "not a value of its list")
        return text
    text = text.strip()
    if kind.base in INTEGER_BOUNDS:
        bound = INTEGER_BOUNDS[kind.base]
        if not INTEGER.match(text) or not -bound <= int(text) < bound:
            raise ContractError("3002", path, "not a whole number in range")
        return int(text)
    if kind.base == "boolean":
        if text not in ("true", "false", "1", "0"):
            raise ContractError("3002", path, "neither true nor false")
        return text in ("true", "1")
    try:
        if kind.base == "date" and (match := DATE.match(text)):
            date.fromisoformat(_four_digits(match[1]) + match[2])
            return match[1] + match[2]
        if kind.base == "dateTime" and (match := DATE_TIME.match(text)):
            clock = "00:00:00" if match[3] == MIDNIGHT else match[3]
            datetime.fromisoformat(f"{_four_digits(match[1])}{match[2]}T{clock}")
            return text
    except ValueError:
        pass
    raise ContractError("3002", path, f"not a valid {kind.base}")


def _four_digits(year: str) -> str:
    """The same place in the calendar's 400 years, for what Python's calendar does not reach."""
    return year if len(year) == 4 else f"{2000 + int(year) % 400:04d}"


def _validator(schemas: list[etree._Element]) -> etree.XMLSchema:
    """One validator over the WSDL's inline schemas, which import each other by namespace only."""
    sources: dict[str, bytes] = {}
    for number, schema in enumerate(schemas):
        copy = etree.fromstring(etree.tostring(schema, with_tail=False))
        for node in copy.iterfind(f"{{{XS}}}import"):
            place = [s.get("targetNamespace") for s in schemas].index(node.get("namespace"))
            node.set("schemaLocation", f"wsdl:{place}")
        sources[f"wsdl:{number}"] = etree.tostring(copy)

    class Inline(etree.Resolver):
        def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
            return self.resolve_string(sources[system_url], context, base_url=system_url)

    parser = etree.XMLParser()
    parser.resolvers.add(Inline())
    imports = "".join(
        f'<xs:import namespace="{s.get("targetNamespace")}" schemaLocation="wsdl:{n}"/>' for n, s in enumerate(schemas)
    )
    return etree.XMLSchema(etree.fromstring(f'<xs:schema xmlns:xs="{XS}">{imports}</xs:schema>'.encode(), parser))
