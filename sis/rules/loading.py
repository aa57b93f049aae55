"""What a line of a load may hold, and what becomes of each value. Pure: members are data, a value is read by its kind.

Three values decide: what the source delivered last, what it delivers now, and what stands here (docs/notes/0023).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from operations.rules import latin1
from operations.rules.words import gettext_noop
from sis.rules import asn
from sis.rules.enrolment import canonical_codes
from sis.rules.school_year import SchoolYear

LONGEST_ID = 64  # characters of an external ID
NEVER: Any = object()  # delivered last, of a member that never was


class Kind(Enum):
    TEXT = auto()
    DAY = auto()
    FLAG = auto()
    NUMBER = auto()
    YEAR = auto()
    CODES = auto()
    ASN = auto()


class Unreadable(Exception):
    """The value cannot stand in this member. The message is a sentence for people, not yet translated; `values` go into it."""

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(message)
        self.message, self.values = message, values


@dataclass(frozen=True)
class Member:
    """`empty`: what null stands for. `needed`: null is refused. `choices`: the only values; `most`: characters, or the highest number."""

    name: str
    kind: Kind
    empty: Any = ""
    needed: bool = False
    most: int = 0
    choices: frozenset[Any] = frozenset()


EMPTY = gettext_noop("This field cannot be empty.")
TEXT = gettext_noop("Enter a text, in quotes.")
LONG = gettext_noop("This is longer than %(most)s characters.")
DAY = gettext_noop("Enter a day like 2026-09-01, in quotes.")
FLAG = gettext_noop("Enter true or false, without quotes.")
NUMBER = gettext_noop("Enter a whole number, without quotes.")
HIGH = gettext_noop("Enter a number from 0 to %(most)s.")
YEAR = gettext_noop("Enter a school year like 2026-2027.")
AN_ASN = gettext_noop("An ASN has nine digits, like 1234-5678-9.")
CODES = gettext_noop("Enter a list of codes.")
CHOICE = gettext_noop("Enter one of these: %(choices)s.")


def _text(member: Member, value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable(TEXT)
    if len(value) > member.most:
        raise Unreadable(LONG, most=member.most)
    if not latin1.enterable(value):
        raise Unreadable(latin1.INVISIBLE)
    if member.needed and not value.strip():
        raise Unreadable(EMPTY)
    return value


def _day(_member: Member, value: Any) -> dt.date:
    if isinstance(value, str) and len(value) == 10:
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise Unreadable(DAY)


def _flag(_member: Member, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unreadable(FLAG)
    return value


def _number(member: Member, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable(NUMBER)
    if not 0 <= value <= member.most:
        raise Unreadable(HIGH, most=member.most)
    return value


def _year(_member: Member, value: Any) -> SchoolYear:
    try:
        return SchoolYear.parse(value)
    except (ValueError, AttributeError):
        raise Unreadable(YEAR) from None


def _codes(member: Member, value: Any) -> str:
    if isinstance(value, list) and all(isinstance(code, str) for code in value):
        value = " ".join(value)
    if not isinstance(value, str):
        raise Unreadable(CODES)
    return _text(member, canonical_codes(value))


def _asn(_member: Member, value: Any) -> str:
    try:
        return asn.normalize(value)
    except (ValueError, AttributeError, TypeError):
        raise Unreadable(AN_ASN) from None


READERS: Mapping[Kind, Callable[[Member, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.DAY: _day,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
    Kind.YEAR: _year,
    Kind.CODES: _codes,
    Kind.ASN: _asn,
}


def read(member: Member, value: Any) -> Any:
    """The value as it stands in a record. Raises Unreadable."""
    if value is None:
        if member.needed:
            raise Unreadable(EMPTY)
        return member.empty
    result = READERS[member.kind](member, value)
    if member.choices and result not in member.choices and result != member.empty:
        raise Unreadable(CHOICE, choices=", ".join(sorted(map(str, member.choices))))
    return result


def plain(value: Any) -> Any:
    """A value as JSON keeps it, the same however the source wrote it."""
    if isinstance(value, dt.date | SchoolYear):
        return str(value)
    return value


@dataclass(frozen=True)
class Difference:
    """The source has not changed this since its last delivery, and here it stands otherwise: it stays as it is here."""

    field: str
    delivered: Any
    here: Any


def decide(
    delivered: Mapping[str, Any], last: Mapping[str, Any], here: Callable[[str], Any]
) -> tuple[list[str], list[Difference]]:
    """Names of the members that are to be changed here, and what differs and is kept. All values as `plain` gives them."""
    changed, kept = [], []
    for name, value in delivered.items():
        present = here(name)
        if value == present:
            continue
        if last.get(name, NEVER) == value:
            kept.append(Difference(name, value, present))
        else:
            changed.append(name)
    return changed, kept
