"""The WSDL as tables: for each operation its action, request and answer, and the schema that both are checked against.

zeep reads the WSDL; everything after that is ours, because zeep checks no facets, spends 25 times the parsing time on lists and
hands out an answer that is "not nil but Unknown" as a record (measured).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from lxml import etree
from zeep import Client, Settings, xsd

WSDL: Path = settings.PASI_CONTRACT
XS = "{http://www.w3.org/2001/XMLSchema}"
SIMPLE = {"string", "long", "int", "boolean", "date", "dateTime", "guid"}


@dataclass(frozen=True)
class Member:
    """An element of a type: `kind` is a simple type's name, or "" when `record` describes its content.

    `codes` are the only values of a type that lists its values; empty for all others.
    """

    name: str
    tag: str
    kind: str
    record: "Record | None"
    repeated: bool
    nillable: bool
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Record:
    """A complex type. `items` is set when it is a list: its one repeated member."""

    name: str
    members: tuple[Member, ...]

    # Both are asked for every record of every answer.
    @cached_property
    def items(self) -> Member | None:
        return self.members[0] if len(self.members) == 1 and self.members[0].repeated else None

    @cached_property
    def by_tag(self) -> dict[str, Member]:
        return {member.tag: member for member in self.members}


@dataclass(frozen=True)
class Operation:
    name: str
    action: str
    request_tag: str
    request: Member
    answer_tag: str
    answer: Member


@dataclass(frozen=True)
class Contract:
    operations: dict[str, Operation]
    check: Callable[[etree._Element], str]


@lru_cache(maxsize=1)
def contract() -> Contract:
    """Read once a process (25 ms)."""
    client = Client(str(WSDL), settings=Settings(strict=True, xml_huge_tree=False))
    tables = _Tables(_code_lists(WSDL))
    binding = next(iter(client.wsdl.bindings.values()))
    operations = {}
    for name, operation in binding._operations.items():
        request, answer = operation.input.body, operation.output.body
        operations[name] = Operation(
            name=name,
            action=operation.soapaction,
            request_tag=request.qname.text,
            request=tables.member(request.type.elements[0][1]),
            answer_tag=answer.qname.text,
            answer=tables.member(answer.type.elements[0][1]),
        )
    return Contract(operations, _checker(WSDL))


def _code_lists(path: Path) -> dict[str, frozenset[str]]:
    """By simple type, the values that it lists: zeep forgets them."""
    lists = {}
    for schema in etree.parse(str(path)).iter(f"{XS}schema"):
        for kind in schema.iterfind(f"{XS}simpleType"):
            values = frozenset(value.get("value", "") for value in kind.iter(f"{XS}enumeration"))
            if values:
                lists[f"{{{schema.get('targetNamespace', '')}}}{kind.get('name')}"] = values
    return lists


class _Tables:
    """Makes the members and records of the types, each type once."""

    def __init__(self, codes: dict[str, frozenset[str]]) -> None:
        self.codes = codes
        self.records: dict[str, Record] = {}

    def member(self, element: Any) -> Member:
        kind, record, codes = "", None, frozenset[str]()
        if isinstance(element.type, xsd.ComplexType):
            record = self.record(element.type)
        else:
            kind = _simple_name(element.type)
            codes = self.codes.get(element.type.qname.text, codes) if element.type.qname is not None else codes
        repeated = element.max_occurs == "unbounded" or element.max_occurs > 1
        return Member(element.name, element.qname.text, kind, record, repeated, bool(element.nillable), codes)

    def record(self, kind: Any) -> Record:
        name = kind.qname.text if kind.qname is not None else kind.name
        if name not in self.records:
            members = tuple(self.member(element) for _, element in kind.elements)
            self.records[name] = Record(name, members)
        return self.records[name]


def _simple_name(kind: Any) -> str:
    for base in type(kind).__mro__:
        name = getattr(getattr(base, "_default_qname", None), "localname", "")
        if name in SIMPLE:
            return name
    return "string"


class _Schemas(etree.Resolver):
    def __init__(self, texts: dict[str, bytes]) -> None:
        self.texts = texts

    def resolve(self, url: str, _public_id: str, context: Any) -> Any:  # type: ignore[override]
        return self.resolve_string(self.texts[url], context) if url in self.texts else None  # type: ignore[call-arg]


def _checker(path: Path) -> Callable[[etree._Element], str]:
    """The WSDL's schemas as one validator: gives the first fault found in an element, "" when there is none."""
    tree = etree.parse(str(path))
    schemas = tree.findall(f".//{XS}schema")
    places = {schema.get("targetNamespace", ""): f"memory:{number}.xsd" for number, schema in enumerate(schemas)}
    for schema in schemas:
        for link in schema.findall(f"{XS}import"):
            link.set("schemaLocation", places[link.get("namespace", "")])
    texts = {places[schema.get("targetNamespace", "")]: etree.tostring(schema) for schema in schemas}
    imports = "".join(f'<xs:import namespace="{space}" schemaLocation="{place}"/>' for space, place in places.items())
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Schemas(texts))
    whole = etree.fromstring(
        f'<xs:schema xmlns:xs="{XS[1:-1]}">{imports}</xs:schema>'.encode(), parser, base_url="memory:all.xsd"
    )
    validator = etree.XMLSchema(whole)

    def check(element: etree._Element) -> str:
        # A copy: the validator would otherwise see the envelope around the element.
        if validator.validate(etree.ElementTree(element)):
            return ""
        fault = validator.error_log[0]  # type: ignore[index]
        return f"{fault.type_name} at {fault.path}"

    return check
