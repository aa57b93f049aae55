"""The rules for a school enrolment's values as they would be sent: `sis.rules.enrolment`, whose limits are PASI's."""

from collections.abc import Collection, Mapping
from typing import Any

from pasi_connect.rules.sendable import Broken
from sis.rules.enrolment import PAGE, RULES, Rule, at_most
from sis.rules.school_year import SchoolYear

# Rules that lay several fields side by side: changing any of them would mend it.
TOGETHER = {
    "10016": ("start_date", "exit_date"),
    "10064": ("program_percentage", "grants_program_codes"),
    "10133": ("grade", "grants_program_codes"),
}
_ROWS: dict[str, Rule] = {f"{rule.field}:{rule.number}": rule for rule in RULES}


def rule(most: Mapping[str, int], key: str) -> Rule | None:
    """The broken rule by the key that a submission keeps; `most` as for `broken`."""
    return _ROWS.get(key) or next((one for one in at_most(most) if key == f"{one.field}:{one.number}"), None)


def broken(days: Collection[str], most: Mapping[str, int], record: Mapping[str, Any], year: SchoolYear) -> list[Broken]:
    """`days`: names of the fields that hold a day; `most`: how many codes at most, of each field that holds several.

    Of a deleted record PASI looks only at what every message must have.
    """
    odd = {name for name in days if isinstance(record[name], str)}  # no day that any calendar here reckons with
    plain = {**record, **dict.fromkeys(odd), "school_year": year}
    rows = [row for row in RULES if row.source == PAGE] if record["deleted"] else [*RULES, *at_most(most)]
    violations = [row for row in rows if row.broken(plain) and row.field not in odd]
    if not record["deleted"]:
        violations += [_ROWS[f"{name}:10088"] for name in sorted(odd)]
    return [
        Broken(one.field, f"{one.field}:{one.number}", TOGETHER.get(one.number, (one.field,))) for one in violations
    ]
