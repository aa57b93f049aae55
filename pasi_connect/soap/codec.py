"""Converts between XML and values by the contract's tables. An absent member stays absent, a nil one is None.

A record is a dict by member name; a list type is a list; dates, times and whole numbers are typed. A day or a moment that no
calendar here holds stays the text that it came as (rules.days), and goes back as it came.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from lxml import etree

from pasi_connect.rules import days
from pasi_connect.soap.contract import Member, Record

XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


READ: dict[str, Callable[[str], Any]] = {
    "string": str,
    "guid": str.lower,
    "long": int,
    "int": int,
    "boolean": lambda text: text.strip() in ("true", "1"),
    "date": days.day,
    "dateTime": days.moment,
}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def decode_member(element: etree._Element, member: Member) -> Any:
    """The value of one element. Raises ValueError when its text does not fit the type."""
    if element.attrib and element.get(XSI_NIL) in ("true", "1"):
        return None
    if member.record is not None:
        return decode(element, member.record)
    return READ[member.kind](element.text or "")


def decode(element: etree._Element, record: Record) -> Any:
    """A dict of the members that are there, or a list for a list type."""
    if record.items is not None:
        items = record.items
        return [decode_member(child, items) for child in element if child.tag == items.tag]
    by_tag = record.by_tag
    values = {}
    for child in element:
        member = by_tag.get(child.tag)
        if member is not None:
            values[member.name] = decode_member(child, member)
    return values


def encode_member(parent: etree._Element, member: Member, value: Any) -> etree._Element:
    """Appends `value` to `parent` as one element. Raises KeyError naming a member that the contract does not have."""
    element = etree.SubElement(parent, member.tag)
    if value is None:
        element.set(XSI_NIL, "true")
    elif member.record is None:
        element.text = _written(value)
    else:
        encode(element, member.record, value)
    return element


def encode(element: etree._Element, record: Record, value: Any) -> None:
    """Fills `element` with the members in the contract's order."""
    if record.items is not None:
        for item in value:
            encode_member(element, record.items, item)
        return
    unknown = set(value) - {member.name for member in record.members}
    if unknown:
        raise KeyError(f"{record.name} has no member {', '.join(sorted(unknown))}")
    for member in record.members:
        if member.name in value:
            encode_member(element, member, value[member.name])


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def bare_xml(element: etree._Element) -> bytes:
    """The element's own XML, without what surrounds it: the evidence kept of one record."""
    etree.cleanup_namespaces(element)
    return etree.tostring(element, with_tail=False)
