"""Undoing a guided action as a whole, until a record changes again: every record gets back what it had.

Where PASI has accepted a change already, the former values go there as changes of their own; a new record is deleted.
What is only planned is cancelled.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from operations.actor import Actor
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action, ActionRecord, Discrepancy, Submission
from pasi_connect.models.submission import FLYING
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import entries, taking_back
from pasi_connect.services.queue import submissions
from sis.models import CourseEnrolment, SchoolEnrolment, Student
from sis.services import course_enrolments, enrolments
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT

Kind = Action.Kind
GUIDED = (
    Kind.WITHDRAW, Kind.CORRECT_LAST_DAY, Kind.NEVER_ATTENDED, Kind.ENTERED_IN_ERROR, Kind.UNDELETE,
    Kind.WITHDRAWAL_WAS_A_MISTAKE, Kind.ENROL, Kind.RETURN, Kind.TRANSFER_OUT, Kind.CLOSE_CONCURRENT, Kind.END_COURSES,
)  # fmt: skip
UNDONE_YET = (Action.Status.PLANNED, Action.Status.STOPPED)  # nothing has been done


def why_not(action: Action, records: Sequence[ActionRecord]) -> dict[int, str]:
    """A sentence by record id for each that has moved on."""
    if action.status in UNDONE_YET:
        return {}
    present = {
        SCHOOL_ENROLMENT: _revisions(SchoolEnrolment, records, SCHOOL_ENROLMENT),
        COURSE_ENROLMENT: _revisions(CourseEnrolment, records, COURSE_ENROLMENT),
    }
    refs = {record.key for record in records if record.key}
    differ = set(
        Discrepancy.objects.filter(key__in=refs, status=Discrepancy.Status.OPEN, undecided__gt=0).values_list(
            "key", flat=True
        )
    )
    flying = set(Submission.objects.filter(key__in=refs, status__in=FLYING).values_list("key", flat=True))
    run_into = enrolments.twins(
        {record.subject_id: _before(record) for record in records if record.entity == SCHOOL_ENROLMENT}
    )
    sentences = {}
    for record in records:
        if present[record.entity].get(record.subject_id) != record.revision_after:
            sentences[record.pk] = (
                _("An enrolment of this action has been changed since.")
                if record.entity == SCHOOL_ENROLMENT
                else _("A course enrolment of this action has been changed since.")
            )
        elif record.entity == SCHOOL_ENROLMENT and record.subject_id in run_into:
            sentences[record.pk] = run_into[record.subject_id]
        elif record.key in differ:
            sentences[record.pk] = _("PASI now has another value. Decide on that change first.")
        elif record.key in flying:
            sentences[record.pk] = _("A submission of this action is on its way. Wait for its outcome.")
    return sentences


def _revisions(
    model: type[SchoolEnrolment] | type[CourseEnrolment], records: Sequence[ActionRecord], kind: str
) -> dict[int, int]:
    ids = [record.subject_id for record in records if record.entity == kind]
    return dict(model._default_manager.filter(pk__in=ids).values_list("pk", "revision"))


def undo(actor: Actor, action: Action, records: Sequence[ActionRecord], reason: str) -> None:
    """Inside the caller's transaction; `records` last first. The student is locked meanwhile."""
    if action.status in UNDONE_YET:
        return
    _lock_student(records[0])
    text = _("Undone: %(reason)s") % {"reason": reason} if reason else _("Undone")
    elsewhere = entries.at_another_school(action.school_code)
    own = {record.pk for record in records if action.school_code in ("", record.school_code)}
    try:
        for why, mine in ((text, True), (elsewhere, False)):
            course_enrolments.restore_all(actor, _courses(row for row in records if (row.pk in own) is mine), why)
        for record in records:
            if record.entity == SCHOOL_ENROLMENT:
                _put_back(actor, record, text if record.pk in own else elsewhere)
    except (enrolments.StaleRecord, course_enrolments.StaleCourseEnrolment):
        raise taking_back.NotPossible(_("A record of this action has been changed since.")) from None
    action.records.filter(chained=True).update(chained=False)


def _courses(records: Iterable[ActionRecord]) -> list[course_enrolments.Changed]:
    return [
        course_enrolments.Changed(record.subject_id, "", record.before, record.after, record.revision_after or 0)
        for record in records
        if record.entity == COURSE_ENROLMENT
    ]


def _lock_student(record: ActionRecord) -> None:
    way = "enrolments" if record.entity == SCHOOL_ENROLMENT else "course_enrolments"
    Student.objects.select_for_update().get(**{way: record.subject_id})


def _before(record: ActionRecord) -> dict[str, Any]:
    return {"deleted": True} if record.before is None else values.typed(ENTITY, record.before) or {}


def _put_back(actor: Actor, record: ActionRecord, reason: str) -> None:
    wanted = _before(record)
    enrolment = SchoolEnrolment.objects.get(pk=record.subject_id)
    held = submissions.copy_of(submissions.link_of(enrolment))
    enrolments.change(
        actor,
        record.subject_id,
        wanted,
        seen_version=held.core_version if held else 0,
        expected_revision=record.revision_after,
        reason=reason,
    )


for kind in GUIDED:
    taking_back.register(kind, taking_back.Undoer(why_not, undo, needs_reason=False, across=True))
