"""Three values, one table: what a difference between the SIS record and the local copy is.

Per compared field: `agreed` (when both sides were last known equal), `ours`, `theirs`; `kept` is PASI's value that a person
rejected and that is being reset. Pure; the same function serves one record and a hundred thousand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# States of a field
IN_STEP = "in_step"
OURS_TO_SEND = "ours_to_send"
RESET = "reset"
CHANGED_IN_PASI = "changed_in_pasi"
CHANGED_ON_BOTH = "changed_on_both"
NEVER_AGREED = "never_agreed"
# Kinds of an item, beside the three above
CREATED_IN_PASI = "created_in_pasi"
DELETED_IN_PASI = "deleted_in_pasi"
RESTORED_IN_PASI = "restored_in_pasi"
MISSING_IN_PASI = "missing_in_pasi"
IDENTITY_CHANGED = "identity_changed_in_pasi"

UNDECIDED = (IDENTITY_CHANGED, CHANGED_ON_BOTH, NEVER_AGREED, CHANGED_IN_PASI)  # the gravest first


@dataclass(frozen=True)
class FieldVerdict:
    name: str
    state: str
    agreed: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True)
class Verdict:
    """`kind` is "" when no person is needed. `fields` are those that differ; `to_send` the names that are ours to send.

    `identity`: PASI's record is of another student, school or year, decided or not; `fields` are then the parts that differ.
    """

    kind: str = ""
    fields: tuple[FieldVerdict, ...] = ()
    identity: bool = False

    @property
    def to_send(self) -> tuple[str, ...]:
        return tuple(row.name for row in self.fields if row.state in (OURS_TO_SEND, RESET))

    @property
    def undecided(self) -> tuple[str, ...]:
        return tuple(row.name for row in self.fields if row.state in UNDECIDED)

    @property
    def is_first_comparison(self) -> bool:
        """Whatever waits for a person was never compared before, and both records live."""
        waiting = [row for row in self.fields if row.state in UNDECIDED]
        return bool(waiting) and all(row.state == NEVER_AGREED and row.name != "deleted" for row in waiting)

    @property
    def resetting(self) -> bool:
        return any(row.state == RESET for row in self.fields)

    @property
    def in_step(self) -> bool:
        return not self.kind and not self.fields


def state_of(agreed: Any, ours: Any, theirs: Any, was_agreed: bool) -> str:
    """One row of the table. `was_agreed` is False where both sides have never held the same value."""
    if ours == theirs:
        return IN_STEP
    if not was_agreed:
        return NEVER_AGREED
    if ours == agreed:
        return CHANGED_IN_PASI
    if theirs == agreed:
        return OURS_TO_SEND
    return CHANGED_ON_BOTH


_NOT_KEPT = object()


def compare(
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    agreed: Mapping[str, Any] | None,
    kept: Mapping[str, Any] | None = None,
    identity: Sequence[tuple[str, str, str]] = (),
) -> Verdict:
    """Both records exist; `ours` and `theirs` have the compared fields of their kind. Values of each field are of one type on all sides.
    A field missing from `theirs` is not compared: what PASI holds in it is not known yet.

    `identity`: (part, ours, theirs) where the two are not of one student, school and year. Fields of two different enrolments
    are not laid side by side.
    """
    kept = kept or {}
    if ours.get("deleted") and theirs.get("deleted"):
        return Verdict()
    if identity:
        decided = all(kept.get(name, _NOT_KEPT) == other for name, _mine, other in identity)
        state = RESET if decided else IDENTITY_CHANGED
        rows = [FieldVerdict(name, state, mine, mine, other) for name, mine, other in identity]
        return Verdict("" if decided else IDENTITY_CHANGED, tuple(rows), identity=True)
    names = tuple(name for name in ours if name in theirs)
    if ours.get("deleted") != theirs.get("deleted"):
        # One side is deleted: that question comes first, the other fields after it.
        names = ("deleted",)
    rows = []
    for name in names:
        was_agreed = agreed is not None and name in agreed
        before = agreed[name] if was_agreed else None  # type: ignore[index]
        state = state_of(before, ours[name], theirs[name], was_agreed)
        if state == IN_STEP:
            continue
        if kept.get(name, _NOT_KEPT) == theirs[name]:
            state = RESET
        rows.append(FieldVerdict(name, state, before, ours[name], theirs[name]))
    states = {row.state for row in rows}
    kind = next((state for state in UNDECIDED if state in states), "")
    if kind and theirs.get("deleted") and not ours.get("deleted"):
        kind = DELETED_IN_PASI
    elif kind == CHANGED_IN_PASI and ours.get("deleted"):
        kind = RESTORED_IN_PASI
    return Verdict(kind, tuple(rows))


def within(verdict: Verdict, names: Collection[str]) -> Verdict:
    """The same of these fields alone, which are sent by themselves."""
    rows = tuple(row for row in verdict.fields if row.name in names)
    states = {row.state for row in rows}
    return Verdict(next((state for state in UNDECIDED if state in states), ""), rows, verdict.identity)


def not_shown(school: str) -> Verdict:
    """PASI has the record but no longer shows it to us: whose it is now, where and for which year is unknown."""
    row = FieldVerdict("school", IDENTITY_CHANGED, school, school, None)
    return Verdict(IDENTITY_CHANGED, (row,), identity=True)


def to_send(
    verdict: Verdict,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    agreed: Mapping[str, Any] | None,
    kept: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """The fields that a submission lays on PASI's record; `verdict` is that of the same values.

    The comparison of a deleted record ends with `deleted`, that of a moved one with its identity. Where ours lives and brings
    it back, what else is ours to send goes along: the submission replaces the whole record, and none follows it.
    """
    names = verdict.to_send
    if names and verdict.identity:
        return names + to_send(compare(ours, theirs, agreed, kept), ours, theirs, agreed, kept)
    if names != ("deleted",) or ours.get("deleted"):
        return names
    return names + compare(ours, {**theirs, "deleted": False}, agreed, kept).to_send
