"""Checks an enrolment against the student's other stays before it is written. The rules are `sis.rules.stays`."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.services import notices
from sis.models import SchoolEnrolment, Student
from sis.rules import stays as rules
from sis.rules.stays import LOOKED_AT as LOOKED_AT
from sis.rules.stays import Case, Fault, Stay

FIELDS = ("school", "school_year", "start_date", "exit_date", "programming_type", "programming_timeframe", "concurrent")
COLUMNS = ("school__code", *FIELDS[1:])
SECOND_MAIN = "second_main_stay"  # the kind of the notice
TWINS = ("starts_within", "ends_within")
Others = Mapping[int, list[Stay]]


class GuidedOnly(Exception):
    """This edit is a guided action: `action` is its name in addresses (`withdraw`), `field` the edited one."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(sentence(fault))
        self.action, self.field = fault.row.action, fault.row.field


def sentence(fault: Fault) -> str:
    """What is wrong, and the next step."""
    return f"{_(fault.row.message)} {_(fault.row.next_step)}" % fault.words


def lock(students: Iterable[int]) -> None:
    """Stays of one student are checked one after the other. Call before locking the enrolment itself."""
    ids = sorted(set(students))
    list(Student.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))


def of_students(students: Iterable[int]) -> Others:
    """The live stays of each student at our schools. One query."""
    rows = SchoolEnrolment.objects.filter(student_id__in=set(students), deleted=False).order_by("start_date", "pk")
    by_student: dict[int, list[Stay]] = defaultdict(list)
    for student, pk, *row in rows.values_list("student_id", "pk", *COLUMNS):
        by_student[student].append(Stay(**dict(zip(FIELDS, row, strict=True)), enrolment_id=pk))
    return by_student


def tell_main_schools(
    actor: Actor, enrolment: SchoolEnrolment, before: Mapping[str, Any] | None, others: Iterable[Stay]
) -> None:
    """`enrolment` is new as a second main stay, or has become one: the schools of the others get a notice, since they would
    not learn of it from PASI's record. Schools that it was a second one for before get no further notice."""
    rest = [stay for stay in others if stay.enrolment_id != enrolment.pk]
    after = {name: getattr(enrolment, name) for name in (*FIELDS, "deleted")}
    new, old = _second_main(after, enrolment, rest), _second_main(before, enrolment, rest)
    values = {"who": actor.name, "school": enrolment.school.code, "student": enrolment.student_id}
    for code in sorted({other.school for other in new if other not in old}):
        notices.leave(code, SECOND_MAIN, values, f"/students/{enrolment.student_id}/")


def _second_main(record: Mapping[str, Any] | None, enrolment: SchoolEnrolment, rest: list[Stay]) -> list[Stay]:
    if record is None or record["deleted"]:
        return []
    mine = Stay(**{name: record[name] for name in FIELDS if name != "school"}, school=enrolment.school.code)
    return rules.second_main(mine, rest)


def as_planned(others: Others, wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, list[Stay]]:
    """The same stays once the fields in `wanted`, by enrolment id, have been written."""
    names = {"start_date", "exit_date", "programming_type", "programming_timeframe"}
    return {
        student: [
            replace(stay, **{name: value for name, value in fields.items() if name in names})
            for stay in mine
            if not (fields := wanted.get(stay.enrolment_id or 0, {})).get("deleted")
        ]
        for student, mine in others.items()
    }


def faults(
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    others: Iterable[Stay],
    *,
    pk: int | None = None,
    guided: bool,
    reason: str,
    today: dt.date | None = None,
) -> list[Fault]:
    """`after` and `before` hold all fields by name; `others` may hold the record itself, which is left out by its `pk`."""
    rest = [stay for stay in others if pk is None or stay.enrolment_id != pk]
    case = Case(before, after, after["school"].code, rest, today or clock.today(), reason)
    return rules.faults(case, guided=guided)


def refuse(broken: Iterable[Fault]) -> None:
    """Raises GuidedOnly for the first fault that names a guided action, else ValidationError {field: [sentences]}."""
    problems: dict[str, list[str]] = {}
    for fault in broken:
        if fault.row.action:
            raise GuidedOnly(fault)
        problems.setdefault(fault.row.field, []).append(sentence(fault))
    if problems:
        raise ValidationError(problems)
