"""Parts of an answer that the contract does not know: separated, so that the rest can be checked and read.

They stay in PASI's own XML, which is what is stored of a record.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pasi_connect.soap.contract import Member, Operation

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
ELEMENT, ATTRIBUTE, CODE, SHAPE, VALUE = "element", "attribute", "code", "shape", "value"
MOST = 50  # different strangers of one answer that are told
PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,40}")  # a code of this form may be repeated; anything else could be a student's
STEP = re.compile(r"\*/?|[\w-]+:|\[\d+\]")  # of a path: what the schema does not name, prefixes, numbers


@dataclass(frozen=True, order=True)
class Stranger:
    """`place` is a path of element names, with the code behind it; never a value of a record."""

    kind: str
    place: str


def apart(content: etree._Element, operation: Operation) -> tuple[etree._Element, list[Stranger]]:
    """A copy of the answer without what the contract does not know, and what that was, each once."""
    rest = copy.deepcopy(content)
    extras: dict[Stranger, None] = {}
    own = [Stranger(ATTRIBUTE, _cut(f"@{name}")) for name in _without_attributes(rest)]
    for stranger in (*own, *_take_out(rest, {operation.answer.tag: operation.answer}, "")):
        if len(extras) < MOST:
            extras.setdefault(stranger)
    return rest, list(extras)


def _take_out(element: etree._Element, members: dict[str, Member], path: str) -> Iterator[Stranger]:
    for child in list(element):
        name = child.tag if isinstance(child.tag, str) else ""
        member = members.get(name)
        here = f"{path}/{_local(name)}".lstrip("/")
        if member is None:
            yield Stranger(ELEMENT, _cut(here))
            element.remove(child)
            continue
        for name in _without_attributes(child):
            yield Stranger(ATTRIBUTE, _cut(f"{here}/@{name}"))
        if member.codes and (child.text or "") not in member.codes:
            yield Stranger(CODE, _cut(f"{here}: {plain(child.text or '')}"))
            child.text = min(member.codes)
        yield from _take_out(child, member.record.by_tag if member.record else {}, here)


def _without_attributes(element: etree._Element) -> list[str]:
    """Takes off all but the schema's own (xsi); gives their names."""
    taken = [str(name) for name in element.attrib if not str(name).startswith(XSI)]
    for name in taken:
        del element.attrib[name]
    return [_local(name) for name in taken]


def without_items(element: etree._Element, member: Member) -> None:
    """Takes strangers out from between the items of a list: its items and what is decoded of them go side by side."""
    items = member.record.items if member.record else None
    if items is not None:
        for child in [child for child in element if child.tag != items.tag]:
            element.remove(child)


def shape(problem: str) -> Stranger:
    """What the schema found wrong, without the numbers and prefixes of its path."""
    return Stranger(SHAPE, _cut(STEP.sub("", problem)).removesuffix(" at /"))


def plain(code: str) -> str:
    return code if PLAIN.fullmatch(code) else "…"


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _cut(place: str) -> str:
    return place[:200]
