"""The parts of a rule, and the facts that it may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Facts = Mapping[str, Any]  # what fills a message's placeholders


class Judged(Protocol):
    """One submitted record and the facts about it."""

    @property
    def deleting(self) -> bool: ...


C = TypeVar("C", bound=Judged)


@dataclass(frozen=True, slots=True)
class Case:
    """One submitted enrolment and the facts about it that PASI holds.

    `current` is the stored enrolment or None; `student` and `school` are the records named by the submission, or None.
    `owns_submitted` and `owns_current`: whether the caller's organization represents the school of each.
    """

    enrolment: Mapping[str, Any]
    current: Mapping[str, Any] | None
    student: Mapping[str, Any] | None
    school: Mapping[str, Any] | None
    accepted_years: Sequence[int]
    owns_submitted: bool
    owns_current: bool

    @property
    def deleting(self) -> bool:
        return bool(self.enrolment.get("IsDeleted"))

    def values(self, key: str) -> list[str]:
        """The values of one key of the SISV1 list."""
        return [value for name, value in self.pairs() if name == key]

    def pairs(self) -> list[tuple[str, str]]:
        extended = self.enrolment.get("ExtendedSchoolEnrolmentInfo") or {}
        return [(pair["Key"], pair["Value"]) for pair in extended.get("KeyValues") or ()]


@dataclass(frozen=True, slots=True)
class Rule(Generic[C]):
    """One rejection: `fails` answers None when the case passes, else the facts for the message.

    `when_deleting`: whether it still holds for a submission that deletes (which rules do not is INFERRED from
    "deleted enrolments are ignored by nearly all rules"). `lacks`: what PASI looks at and the simulator does not.
    """

    number: str
    title: str
    message: str
    source: str
    member: str
    fails: Callable[[C], Facts | None]
    inferred: str = ""  # what about this row is INFERRED, in words; empty when the page states it
    when_deleting: bool = False
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    code: str
    message: str
    member: str


def failed(rules: Sequence[Rule[C]], case: C) -> list[Rejection]:
    """Every rule that fails, in the order of the table: a rejection lists them all."""
    rejections = []
    for rule in rules:
        if case.deleting and not rule.when_deleting:
            continue
        facts = rule.fails(case)
        if facts is not None:
            rejections.append(Rejection(rule.number, rule.message.format(**facts), rule.member))
    return rejections
