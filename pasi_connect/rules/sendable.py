"""What PASI would refuse in a record as it would be sent, field by field. Pure: a function over tables kept elsewhere.

A submission replaces the whole record, so PASI looks at every value of it: also at one that nobody changed, and at one of its own
that goes back as it came. Characters: `operations.rules.latin1`; codes: PASI's lists; the rest: the rules of the kind of record.
Why so: docs/notes/0006.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.rules import latin1
from pasi_connect.rules.fields import Field
from sis.rules.enrolment import codes


@dataclass(frozen=True)
class Refused:
    """What PASI would refuse, in one text each that a submission keeps as its detail; "" where nothing is in the way.

    `texts`: field names. `unknown`: "field:code". `broken`: keys of rules. `undecided`: names of fields of which PASI holds such
    a value and nobody has decided which one stays.
    """

    texts: str = ""
    unknown: str = ""
    broken: str = ""
    undecided: str = ""


@dataclass(frozen=True)
class Broken:
    """A broken rule of the kind of record: where it is shown, its key, and the fields of which changing any would mend it."""

    field: str
    key: str
    together: tuple[str, ...]


NOTHING = Refused()


def codes_in(fields: Sequence[Field], record: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(class name, code) of every code of the record."""
    pairs = set()
    for field in fields:
        if field.code_class:
            pairs |= {(field.code_class, code) for code in _codes(field, record[field.name])}
    return pairs


def _codes(field: Field, value: Any) -> list[str]:
    if field.many:
        return codes(value)
    return [value] if value else []


def refused(
    fields: Sequence[Field],
    record: Mapping[str, Any],
    unknown: Collection[tuple[str, str]],
    broken: Sequence[Broken] = (),
    undecided: Collection[str] = (),
) -> Refused:
    """`record`: every compared field as it would go out. `unknown`: those of `codes_in` that no list of PASI's has."""
    problems: list[tuple[str, tuple[str, ...], str]] = []  # kind, fields concerned, what is kept of it
    for field in fields:
        value = record[field.name]
        if field.is_text and isinstance(value, str) and not latin1.fits(value):
            problems.append(("texts", (field.name,), field.name))
    for field in fields:
        if not field.code_class:
            continue
        wrong = sorted(code for code in _codes(field, record[field.name]) if (field.code_class, code) in unknown)
        problems += [("unknown", (field.name,), f"{field.name}:{code}") for code in wrong]
    problems += [("broken", one.together, one.key) for one in broken]
    by_kind: dict[str, list[str]] = {"texts": [], "unknown": [], "broken": [], "undecided": []}
    for kind, concerned, kept in problems:
        waiting = [one for one in concerned if one in undecided]
        by_kind["undecided" if waiting else kind] += waiting or [kept]
    return Refused(**{kind: ", ".join(dict.fromkeys(rows)) for kind, rows in by_kind.items()})


def overlaid(theirs: Mapping[str, Any], ours: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The compared fields as they go out: PASI's, with those that are ours to send laid on."""
    return {name: ours[name] if name in names else value for name, value in theirs.items()}
