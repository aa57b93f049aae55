"""The values of one record on each side, in the same form, and their conversion to and from JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from operations.rules import latin1
from pasi_connect import entities
from pasi_connect.entities import Entity
from pasi_connect.models import Link, LocalCopy
from pasi_connect.rules import days
from pasi_connect.rules.identity import differing
from pasi_connect.services.compare import columns


def ours(record: Any, link: Link | None) -> dict[str, Any]:
    """The SIS record's compared fields as PASI would hold them: with the spellings that a person agreed to."""
    fields = {name: getattr(record, name) for name in entities.of(record).compared}
    for name, spellings in (link.written if link else {}).items():
        fields[name] = spellings.get(fields[name], fields[name])
    return fields


def theirs(copy: LocalCopy) -> dict[str, Any]:
    """What PASI holds, in the types of the SIS record; what these cannot hold is PASI's own text (the copy's `odd`).

    Without the fields whose columns are younger than the row: they are not compared.
    """
    entity = entities.of(copy)
    unknown, odd = columns.unfilled(entity, copy), getattr(copy, "odd", {})
    return {name: odd[name] if name in odd else getattr(copy, name) for name in entity.compared if name not in unknown}


def identity(record: Any, copy: LocalCopy) -> tuple[tuple[str, str, str], ...]:
    """(part, ours, theirs) where PASI's record is not of our student, school and year. Reads what the kind's identity names."""
    parts = entities.of(copy).identity
    return differing({part.name: str(part.of(record)) for part in parts}, identity_of(copy))


def identity_of(copy: LocalCopy) -> dict[str, str]:
    """Each part of the identity as PASI has it, "" for what is not known."""
    return {part.name: str(getattr(copy, part.column) or "") for part in entities.of(copy).identity}


def their(copy: LocalCopy, name: str) -> Any:
    """PASI's value of a compared field or of a part of the identity, as in JSON."""
    if name not in entities.of(copy).compared:
        return identity_of(copy)[name]
    odd: dict[str, Any] = getattr(copy, "odd", {})
    return to_json(odd[name] if name in odd else getattr(copy, name))


def to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def from_json(entity: Entity, name: str, value: Any) -> Any:
    return days.day(value) if name in entity.days and value else value


def typed(entity: Entity, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if stored is None else {name: from_json(entity, name, value) for name, value in stored.items()}


def before(link: Link) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What was agreed last, and what of PASI's is about to be reset, in the types of the SIS record."""
    entity = entities.by_kind(link.entity)
    return typed(entity, link.agreed), typed(entity, link.kept)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in values.items()}


def outside(entity: Entity, values: Mapping[str, Any]) -> list[str]:
    """Names of text fields that PASI cannot store as they stand."""
    return [name for name in entity.texts if values[name] and not latin1.fits(values[name])]
