"""What the rules over a part of a student look at, and the rejections that all parts share.

[Source: Submit services of student parts]. That a deactivated number ends in 9010 is INFERRED: it has no associations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pasi_simulator.rules.case import Facts, Rule

NO_FACTS: Facts = {}


@dataclass(frozen=True, slots=True)
class StudentCase:
    """One submitted part and the facts about its student.

    `part` is the submitted record, or the pointer's request; `student` the stored aggregate, or None. `associated`: the
    caller's organization is associated with the student. `twins`: ASNs of other students who would be equal. `fresh`: the
    student was created in the last 30 days. `changed`: whether anything changes at all.
    """

    asn: str
    part: Mapping[str, Any]
    student: Mapping[str, Any] | None
    associated: bool = True
    ministry: bool = False
    roles: frozenset[str] = frozenset()
    twins: Sequence[str] = ()
    fresh: bool = True
    changed: bool = True
    deleting: bool = False

    @property
    def record(self) -> Mapping[str, Any]:
        """The identification as it is stored."""
        return (self.student or {}).get("IdentificationRecord") or {}

    @property
    def names(self) -> Sequence[dict[str, Any]]:
        return (self.student or {}).get("StudentNames") or ()


def _student_unknown(case: StudentCase) -> Facts | None:
    return None if case.student else NO_FACTS


def _secondary(case: StudentCase) -> Facts | None:
    primary = case.student and case.student.get("PrimaryStateProvinceId")
    return {"primary": primary} if primary and primary != case.asn and not case.ministry else None


def _not_associated(case: StudentCase) -> Facts | None:
    return NO_FACTS if case.student and not case.associated else None


def _nothing_changed(case: StudentCase) -> Facts | None:
    return None if case.changed else NO_FACTS


COMMON = "Validation Rules between 0 and 9999"
GENERAL: tuple[Rule[StudentCase], ...] = (
    Rule("9002", "Invalid ASN", "The Alberta Student Number does not exist or is not accessible",
         COMMON, "StateProvinceId", _student_unknown, when_deleting=True),
    Rule("9011", "Secondary ASN used", "The Alberta Student Number is secondary; use the primary number {primary}",
         COMMON, "StateProvinceId", _secondary, when_deleting=True),
    Rule("9010", "Organization not associated to the student", "The organization is not associated with the student",
         COMMON, "StateProvinceId", _not_associated, inferred="that a deactivated number ends here", when_deleting=True),
)  # fmt: skip
UNCHANGED = Rule("9023", "Empty update", "The update changes nothing",
                 COMMON, "StateProvinceId", _nothing_changed, when_deleting=True)  # fmt: skip
