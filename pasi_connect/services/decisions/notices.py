"""Notices to other schools about what an action changed there, and about its undo; written in the same transaction.

They say who and what, never why: reason and note belong to the school that did it (docs/notes/0014).
"""

from collections.abc import Iterable
from typing import Any

from operations.actor import Actor
from operations.models import Notice
from operations.services import notices
from pasi_connect import entities, selectors
from pasi_connect.models import Action, ActionRecord
from sis.models import CourseEnrolment, School, SchoolEnrolment
from sis.services.events import SCHOOL_ENROLMENT, STUDENT

DONE = "guided_action"
UNDONE = "action_undone"
# Kind of action -> what is told to another school in place of the general sentence; the app that does the action fills it.
WORDS: dict[str, Any] = {}
OF_MANY = (Action.Kind.BULK_DECISION, Action.Kind.YEAR_END, Action.Kind.EXIT_CODES)


def tell_done(action: Action, records: Iterable[ActionRecord]) -> None:
    """Other than the school where it was done; of what was done over several schools, other than the person's own."""
    home = {action.school_code} if action.school_code else _own(action.user_id)
    _tell(action, DONE, records, home, action.actor_name)


def tell_undone(actor: Actor, action: Action, records: Iterable[ActionRecord]) -> None:
    """Other than the school where it was done, when its own people took it back, or whoever did it."""
    home = _own(actor.user_id)
    same = action.user_id == actor.user_id or action.school_code in home or action.kind == Action.Kind.DECISION
    if action.school_code and same:
        home = {action.school_code}
    _tell(action, UNDONE, records, home, actor.name)


def _own(user_id: int | None) -> set[str]:
    """The schools at which the person works. Those who see all schools work at none."""
    return set(School.objects.filter(access__user=user_id).values_list("code", flat=True)) if user_id else set()


def _tell(action: Action, kind: str, records: Iterable[ActionRecord], home: set[str], who: str) -> None:
    """One notice per school, however many chunks a job has: while it is unseen it covers all of them."""
    rows = list(records)
    codes = {row.school_code for row in rows}
    for row in rows:
        if row.decision is not None:
            codes |= selectors.touched_by(row.decision)
    codes |= _standing(rows)
    if codes <= home:
        return
    unseen = Notice.objects.filter(kind=kind, values__action=action.pk, seen_at=None)
    codes -= {*home, *unseen.values_list("school_code", flat=True)}
    student = None if not codes or action.kind in OF_MANY else _student(rows[0])
    values: dict[str, Any] = {
        "action": action.pk,
        "kind": action.kind,
        "school": action.school_code,
        "who": who,
        "student": student,
    }
    for code in sorted(codes):
        notices.leave(code, kind, values, f"/students/{student}/" if student else f"/actions/{action.pk}/")


def _standing(rows: list[ActionRecord]) -> set[str]:
    """For records that belong to several schools, the codes of these schools: each is notified."""
    codes: set[str] = set()
    for entity in entities.written():
        if entity.sis and entity.sis.schools:
            ids = {row.subject_id for row in rows if row.entity == entity.kind}
            codes |= (
                {school.code for schools in entity.sis.schools(ids).values() for school in schools} if ids else set()
            )
    return codes


def _student(record: ActionRecord) -> int | None:
    if record.entity == STUDENT:
        return record.subject_id
    model: Any = SchoolEnrolment if record.entity == SCHOOL_ENROLMENT else CourseEnrolment
    student_id: int | None = model.objects.filter(pk=record.subject_id).values_list("student_id", flat=True).first()
    return student_id
