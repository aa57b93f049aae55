"""What can be reconciled, which columns each kind of file must have, and how a header is recognized.

Source: Set Up Data Synchronization, "Using the Reconciliation Process" (required columns); direct-connect 20 (real headers).
"""

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from operations.rules.words import gettext_noop


class Kind(StrEnum):
    """How the cells of a column are read."""

    ASN = "asn"
    CODE = "code"
    COURSES = "courses"
    SCHOOL_YEAR = "school_year"
    NUMBER = "number"
    MARK = "mark"
    DATE = "date"
    YES_NO = "yes_no"
    TEXT = "text"


@dataclass(frozen=True)
class Column:
    """A required column. `headers` are further exact headers, in the order in which they are tried."""

    name: str
    kind: Kind
    headers: tuple[str, ...] = ()
    exact: bool = False  # no other spelling of the header is taken


@dataclass(frozen=True)
class Type:
    code: str
    title: str
    key: tuple[Column, ...]
    compared: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.key + self.compared


ASN = Column("ASN", Kind.ASN, ("Alberta Student Number",))
# PASIprep writes group + blank + field, and the group is empty (direct-connect 20.2).
CODE = Column("Code", Kind.CODE, (" Code", "Course Code"))
SCHOOL_YEAR = Column("School Year", Kind.SCHOOL_YEAR)
# " Description", with the blank, is the course's text: another column, which trimming would lay over this one.
SECTION_DESCRIPTION = Column("Section Description", Kind.TEXT, ("Description",), exact=True)

TYPES: dict[str, Type] = {
    kind.code: kind
    for kind in (
        Type(
            "CM",
            gettext_noop("Course Marks"),
            (ASN, CODE),
            (
                Column("Credits Attempted", Kind.NUMBER),
                SECTION_DESCRIPTION,
                Column("Term", Kind.TEXT),
                Column("Exit Date", Kind.DATE),
                Column("Value", Kind.MARK),
                Column("Assignment Date", Kind.DATE),
                Column("Approved?", Kind.YES_NO),
                Column("Status", Kind.TEXT),
                Column("Funding Requested?", Kind.YES_NO),
                Column("Entry Date", Kind.DATE),
            ),
        ),
        Type(
            "EM",
            gettext_noop("Evaluated Marks"),
            (ASN, CODE, SCHOOL_YEAR),
            (
                Column("Credits", Kind.NUMBER),
                Column("Mark Value", Kind.MARK),
                Column("Mark Value Approved?", Kind.YES_NO),
                Column("Evaluation Method", Kind.TEXT),
                Column("Mark Evaluation Date", Kind.DATE),
                Column("Funding Requested?", Kind.YES_NO),
            ),
        ),
        Type(
            "SE",
            gettext_noop("Sections"),
            (Column("Courses Offered", Kind.COURSES), SCHOOL_YEAR),
            (
                Column("Credit Offered", Kind.NUMBER),
                Column("Section Term", Kind.TEXT),
                Column("Primary Delivery Method", Kind.TEXT),
                Column("Language of Instruction", Kind.TEXT),
                Column("Delivery Schedule", Kind.TEXT),
                Column("Instructional Mins Offered", Kind.NUMBER),
                Column("Start Date", Kind.DATE),
            ),
        ),
    )
}

DELETED = Column("Deleted?", Kind.YES_NO)
REFERENCE = Column("Reference #", Kind.TEXT)

# These change whenever a record is deleted and uploaded again, so they say nothing about a difference.
NEVER_COMPARED = ("Reference #", "Last Updated", "Work Items")

# Kinds of columns that PASIprep exports beside the required ones; what is not named here is text (direct-connect 20.1).
OPTIONAL_KINDS: dict[str, Kind] = {
    "Deleted?": Kind.YES_NO,
    "Dual Enrolment?": Kind.YES_NO,
    "Instructional Minutes Received": Kind.NUMBER,
    "End Date": Kind.DATE,
    "School Year": Kind.SCHOOL_YEAR,
}


def simplified(header: str) -> str:
    """The header without case, question mark and blanks around: what drifts from export to export."""
    return re.sub(r"\s+", " ", header).strip().removesuffix("?").rstrip().casefold()


def extra_kind(header: str) -> Kind:
    """How the cells of an extra column are read that both files have."""
    return OPTIONAL_KINDS.get(header.strip(), Kind.TEXT)


def is_never_compared(header: str) -> bool:
    return simplified(header) in {simplified(name) for name in NEVER_COMPARED}


@dataclass(frozen=True)
class HeaderMatch:
    """Places (from 0) of the columns by their required name, and what is wrong with the header.

    `unclear` names a column with the headers that could all be it; `twice` are headers that stand there more than once.
    """

    places: dict[str, int]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    twice: tuple[str, ...]
    unclear: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def is_complete(self) -> bool:
        return not (self.missing or self.twice or self.unclear)


def place_of(column: Column, headers: list[str]) -> int | tuple[str, ...] | None:
    """The place of the column; the headers that could be it, if there are several; None if there is none."""
    for name in (column.name, *column.headers):
        if name in headers:
            return headers.index(name)
    if column.exact:
        return None
    wanted = {simplified(name) for name in (column.name, *column.headers)}
    places = [place for place, header in enumerate(headers) if simplified(header) in wanted]
    if len(places) > 1:
        return tuple(headers[place] for place in places)
    return places[0] if places else None


def find_columns(kind: Type, headers: list[str]) -> HeaderMatch:
    """Which header is which column. Headers are taken as they are: " Description" and "Description" are two."""
    named = [header for header in headers if header.strip()]
    twice = tuple(header for header, count in Counter(named).items() if count > 1)
    places: dict[str, int] = {}
    missing, unclear = [], []
    for column in kind.columns:
        place = place_of(column, headers)
        if isinstance(place, int):
            places[column.name] = place
        elif place is None:
            missing.append(column.name)
        elif not set(place) & set(twice):  # said already
            unclear.append((column.name, place))
    taken = set(places.values())
    extra = tuple(header for place, header in enumerate(headers) if header.strip() and place not in taken)
    return HeaderMatch(places, tuple(missing), extra, twice, tuple(unclear))
