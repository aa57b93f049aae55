"""Answers that fit the WSDL, made of the edges of what each of its types may say. Read from the schema itself, not from our tables of it."""

from typing import Any
from xml.sax.saxutils import escape

from hypothesis import strategies as st
from lxml import etree

from pasi_connect.soap.contract import WSDL

XS = "{http://www.w3.org/2001/XMLSchema}"
SERVICE = "urn:pasi:core:service:2020"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'

TEXTS = [
    "",
    " ",
    "Ines",
    "=1+1",
    "]]>&<",
    "\U0001f600" * 3,
    "\x85\u2028",
    "x" * 300,
    "4801",
    "123456789",
    "StudentSchoolEnrolment.2027",
    "é\u0301",
]
EDGES = {
    "string": TEXTS,
    "long": ["0", "-1", "1", "9223372036854775807", "-9223372036854775808", "+5", " 7 ", "000000000000000000000012"],
    "int": ["0", "-1", "2027", "1899", "2201", "2147483647", "-2147483648", " 12 ", "+3"],
    "boolean": ["true", "false", "1", "0", " true ", "\n0\t"],
    "date": ["2026-11-20", "0001-01-01", "9999-12-31", "12345-01-01", "-0044-03-15", "2026-11-20+14:00", "2026-11-20-14:00", "2026-11-20Z"],
    "dateTime": [
        "2026-11-20T10:00:00Z", "2026-11-20T24:00:00", "2026-12-31T24:00:00.000Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999999Z",
        "99999-01-01T00:00:00Z", "-0001-12-31T24:00:00Z", "2026-11-20T10:00:00.1234567890123+14:00", "2200-12-31T24:00:00", "2026-11-20T10:00:00-13:59",
    ],
    "guid": ["6b0c1f4e-58a1-4c8e-9a57-0d2f7f7f1a11", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "٣" * 8 + "-0000-0000-0000-000000000000"],
}  # fmt: skip

_tree = etree.parse(str(WSDL))
_types: dict[str, Any] = {}
_elements: dict[str, Any] = {}
for _schema in _tree.iter(f"{XS}schema"):
    for _kind in _schema:
        _space = _schema.get("targetNamespace", "")
        (_elements if _kind.tag == f"{XS}element" else _types)[f"{{{_space}}}{_kind.get('name')}"] = (_kind, _space)
OPERATIONS = sorted(
    one.get("name")
    for one in _tree.iter("{http://schemas.xmlsoap.org/wsdl/}operation")
    if one.getparent().get("type") is None
)


def _qualified(name: str, place: Any) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{place.nsmap[prefix or None]}}}{local}"


def _simple(restriction: Any) -> st.SearchStrategy[str]:
    listed = [one.get("value") for one in restriction.iter(f"{XS}enumeration")]
    if listed:
        return st.sampled_from(listed)
    if restriction.find(f"{XS}pattern") is not None:
        return st.sampled_from(EDGES["guid"])
    longest = restriction.find(f"{XS}maxLength")
    most = int(longest.get("value")) if longest is not None else 300
    return st.sampled_from(sorted({text[:most] for text in TEXTS}))


def _content(element: Any) -> st.SearchStrategy[str]:
    inner = next((one for one in element if one.tag in (f"{XS}complexType", f"{XS}simpleType")), None)
    space = element.xpath("ancestor::*[local-name()='schema']")[0].get("targetNamespace")
    if inner is None:
        name = _qualified(element.get("type"), element)
        if name.startswith(XS):
            return st.sampled_from(EDGES[name[len(XS) :]]).map(escape)
        inner, space = _types[name]
    if inner.tag == f"{XS}simpleType":
        return _simple(inner.find(f"{XS}restriction")).map(escape)
    parts = [_occurring(one, space) for one in inner.find(f"{XS}sequence")]
    return st.tuples(*parts).map("".join)


def _occurring(element: Any, space: str) -> st.SearchStrategy[str]:
    tag = f'{element.get("name")} xmlns="{space}"'
    whole = st.deferred(lambda: _content(element)).map(lambda content: f"<{tag}>{content}</{element.get('name')}>")
    if element.get("maxOccurs") == "unbounded":
        return st.lists(whole, max_size=3).map("".join)
    choices = [whole, whole]
    if element.get("nillable") == "true":
        choices.append(st.just(f"<{tag} {NIL}/>"))
    if element.get("minOccurs") == "0":
        choices.append(st.just(""))
    return st.one_of(*choices)


def answers_of(operation: str) -> st.SearchStrategy[str]:
    """Bodies of whole answers to an operation."""
    element, _space = _elements[f"{{{SERVICE}}}{operation}Response"]
    name = element.get("name")
    return _content(element).map(lambda content: envelope(f'<{name} xmlns="{SERVICE}">{content}</{name}>'))


def envelope(content: str) -> str:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'


CODES = ["", "9014", "2001", "1007", "31415", "9" * 400, "E-17", "²", " 4001 ", "-1", "x" * 300]
faults = st.builds(
    lambda code, text: envelope(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{escape(text)}</faultstring><detail>"
        '<PASIFault xmlns="http://schemas.datacontract.org/2004/07/PASI.DataContract.V2009">'
        f"<FaultCode>{escape(code)}</FaultCode><FaultString>{escape(text)}</FaultString></PASIFault></detail></s:Fault>"
    ),
    st.sampled_from(CODES),
    st.sampled_from([*TEXTS, "x" * 2000, "31415: no such thing"]),
)


@st.composite
def with_strangers(draw: Any, answers: st.SearchStrategy[str]) -> str:
    """An answer into which elements, attributes and codes were put that no contract has."""
    root = etree.fromstring(draw(answers).encode())
    below = [one for one in root[0][0].iter() if isinstance(one.tag, str)]
    for number in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(below))
        what = draw(st.sampled_from(["element", "attribute", "code"]))
        if what == "element":
            new = etree.Element(
                draw(st.sampled_from([f"New{number}", "{urn:new}StudentSchoolEnrolment", "{urn:new}PASICoreVersion"]))
            )
            new.text = "1"
            place.insert(draw(st.integers(0, len(place))), new)
        elif what == "attribute":
            place.set("Id", "i1")
        else:
            for status in (one for one in below if etree.QName(one).localname == "AvailabilityStatus"):
                status.text = draw(st.sampled_from(["Merged", "", "=1+1", "Normal "]))
    return etree.tostring(root).decode()
