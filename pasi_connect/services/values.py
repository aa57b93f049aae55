"""The values of one record on each side, in one form, and how they travel through JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from operations.rules import latin1
from pasi_connect.mapping.enrolment import TEXT_FIELDS
from pasi_connect.models import EnrolmentCopy, EnrolmentLink
from pasi_connect.rules.compare import COMPARED
from sis.models import SchoolEnrolment

DATES = {"start_date", "exit_date"}


def ours(enrolment: SchoolEnrolment, link: EnrolmentLink | None) -> dict[str, Any]:
    """The SIS record's compared fields as PASI would hold them: with the spellings that a person agreed to."""
    found = {name: getattr(enrolment, name) for name in COMPARED}
    for name, spellings in (link.written if link else {}).items():
        found[name] = spellings.get(found[name], found[name])
    return found


def theirs(copy: EnrolmentCopy) -> dict[str, Any]:
    return {name: getattr(copy, name) for name in COMPARED}


def to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(name: str, value: Any) -> Any:
    return dt.date.fromisoformat(value) if name in DATES and value else value


def typed(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if stored is None else {name: from_json(name, value) for name, value in stored.items()}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in values.items()}


def outside(values: Mapping[str, Any]) -> list[str]:
    """Names of text fields that PASI cannot store as they stand."""
    return [name for name in TEXT_FIELDS if values[name] and not latin1.fits(values[name])]
