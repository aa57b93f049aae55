"""The values of one record on each side, in one form, and how they travel through JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from operations.rules import latin1
from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.models import EnrolmentCopy, Link
from pasi_connect.rules import days
from pasi_connect.rules.identity import PARTS, Identity, differing
from pasi_connect.services.compare import columns
from sis.models import SchoolEnrolment


def ours(enrolment: SchoolEnrolment, link: Link | None) -> dict[str, Any]:
    """The SIS record's compared fields as PASI would hold them: with the spellings that a person agreed to."""
    found = {name: getattr(enrolment, name) for name in COMPARED}
    for name, spellings in (link.written if link else {}).items():
        found[name] = spellings.get(found[name], found[name])
    return found


def theirs(copy: EnrolmentCopy) -> dict[str, Any]:
    """What PASI holds, in the types of the SIS record; what these cannot hold is PASI's own text (`EnrolmentCopy.odd`).

    Without the fields whose columns are younger than the row: they are not compared.
    """
    unknown = columns.unfilled(SCHOOL_ENROLMENT, copy)
    return {name: copy.odd.get(name, getattr(copy, name)) for name in COMPARED if name not in unknown}


def identity(enrolment: SchoolEnrolment, copy: EnrolmentCopy) -> tuple[tuple[str, str, str], ...]:
    """(part, ours, theirs) where PASI's record is not of our student, school and year. Reads the record's student and school."""
    ours = Identity(enrolment.student.asn or "", enrolment.school.code, str(enrolment.school_year))
    return differing(ours, identity_of(copy))


def identity_of(copy: EnrolmentCopy) -> Identity:
    return Identity(copy.asn, copy.school_code, str(copy.school_year or ""))


def their(copy: EnrolmentCopy, name: str) -> Any:
    """PASI's value of a compared field or of a part of the identity, as in JSON."""
    return getattr(identity_of(copy), name) if name in PARTS else to_json(copy.odd.get(name, getattr(copy, name)))


def to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(name: str, value: Any) -> Any:
    return days.day(value) if name in SCHOOL_ENROLMENT.days and value else value


def typed(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if stored is None else {name: from_json(name, value) for name, value in stored.items()}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in values.items()}


def outside(values: Mapping[str, Any]) -> list[str]:
    """Names of text fields that PASI cannot store as they stand."""
    return [name for name in SCHOOL_ENROLMENT.texts if values[name] and not latin1.fits(values[name])]
