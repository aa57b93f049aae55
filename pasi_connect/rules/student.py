"""What PASI would refuse in a student's names and identification as sent. The rows are in `sis.rules.student`."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pasi_connect.rules.sendable import Broken
from sis.rules import student as rules

# A kind of document that only PASI's own systems may send is taken where it has not changed, a day of issue is warned about: PASI
# decides.
LEFT_TO_PASI = frozenset({"11225", "11232"})
_TABLE: tuple[Any, ...] = (*rules.RULES, *rules.EXPECTATIONS)
_ROWS: dict[str, Any] = {f"{row.field}:{row.number}": row for row in _TABLE if row.number not in LEFT_TO_PASI}


def rule(key: str) -> Any:
    """The row of the key that a submission keeps, with `message` and `number`; None for an unknown one."""
    return _ROWS.get(key)


def broken(record: Mapping[str, Any]) -> list[Broken]:
    """Broken rules of the record, each with the fields of which changing any would mend it."""
    days = ("birth_date", "identity_document_issued")
    plain = {name: None if name in days and isinstance(value, str) else value for name, value in record.items()}
    violations = [
        Broken(row.field, f"{row.field}:{row.number}", row.looks_at) for row in rules.RULES if row.broken(plain)
    ]
    violations += [
        Broken(row.field, f"{row.field}:{row.number}", (row.field,))
        for row in rules.EXPECTATIONS
        if row.number and row.number not in LEFT_TO_PASI and row.at(plain, dt.date.min)
    ]
    return violations
