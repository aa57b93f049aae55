"""A stay that ends early, and what people do when that was wrong: six guided actions on one enrolment."""

import datetime as dt

from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from pasi_connect.models import Action, ActionRecord
from registrar.rules import guided
from registrar.rules.guided import Fault
from registrar.services.actions.plans import Change, CourseResult, CourseWork, Plan, Refused, refuse
from sis.models import SchoolCalendar, SchoolEnrolment, StoredGrade
from sis.rules.enrolment import COMPLETION, WITHDRAWAL
from sis.services import carrying, course_enrolments
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT

Kind = Action.Kind
LAST_DAY = {"exit_date": "last_day_attended"}


def _live(enrolment: SchoolEnrolment) -> None:
    if enrolment.deleted:
        raise Refused(_("This enrolment is deleted. Use “Undelete” first."))


def _plan(kind: str, enrolment: SchoolEnrolment, change: Change, reason: str, **more: object) -> Plan:
    return Plan(kind, enrolment.student, enrolment.school.code, [change], reason, **more)  # type: ignore[arg-type]


def end_courses_on(enrolment: SchoolEnrolment, on: dt.date) -> CourseWork:
    return lambda actor, _stays, reason: (
        carrying.end_all(actor, enrolment.student, enrolment.school, on, reason, enrolment),
        [],
    )


def withdraw(enrolment: SchoolEnrolment, *, last_day_attended: dt.date, reason: str, note: str = "") -> Plan:
    """The student came at least one day and has left: exit date = last day attended, with its courses.

    Source: Synchronizing School Enrolment Information. `reason` is one of the list; it is kept here and never sent.
    """
    _live(enrolment)
    if enrolment.exit_date_type == WITHDRAWAL:
        raise Refused(_("The student has already left this school. Use “Correct the last day”."))
    code = guided.out_reason(reason)
    faults = guided.last_day(last_day_attended, enrolment.start_date, clock.today(), "last_day_attended")
    refuse([*faults, *_reason_faults(code)])
    change = Change.of(enrolment, exit_date=last_day_attended, exit_date_type=WITHDRAWAL)
    return _plan(
        Kind.WITHDRAW,
        enrolment,
        change,
        code or "",
        note=note,
        inputs={"last_day_attended": last_day_attended.isoformat()},
        form_fields=LAST_DAY,
        courses=[end_courses_on(enrolment, last_day_attended)],
    )


def _reason_faults(code: str | None) -> list[Fault]:
    if code:
        return []
    return [Fault("reason", _("Choose a reason from the list: %(list)s.") % {"list": ", ".join(guided.OUT_REASONS)})]


def correct_last_day(enrolment: SchoolEnrolment, *, last_day_attended: dt.date, reason: str, note: str = "") -> Plan:
    """The student left on another day than the one entered. The courses that ended with the stay follow."""
    _live(enrolment)
    if enrolment.exit_date_type != WITHDRAWAL:
        raise Refused(_("The student has not left this school. Use “Withdraw”."))
    faults = guided.last_day(last_day_attended, enrolment.start_date, clock.today(), "last_day_attended")
    refuse(faults)
    before = enrolment.exit_date

    def follow(actor: Actor, _stays: dict[int, SchoolEnrolment], why: str) -> CourseResult:
        return carrying.move_end(actor, enrolment, before, last_day_attended, why), []

    return _plan(
        Kind.CORRECT_LAST_DAY,
        enrolment,
        Change.of(enrolment, exit_date=last_day_attended),
        reason,
        note=note,
        inputs={"last_day_attended": last_day_attended.isoformat()},
        form_fields=LAST_DAY,
        courses=[follow],
    )


def _removal(kind: str, enrolment: SchoolEnrolment, reason: str, note: str) -> Plan:
    _live(enrolment)

    def remove(actor: Actor, _stays: dict[int, SchoolEnrolment], why: str) -> CourseResult:
        return carrying.remove_all(actor, enrolment, why), []

    plan = _plan(kind, enrolment, Change.of(enrolment, deleted=True), reason, note=note, courses=[remove])
    plan.remarks += stored_mark_remarks(enrolment)
    return plan


def stored_mark_remarks(enrolment: SchoolEnrolment) -> list[str]:
    """A mark is stored for a course of this stay, so the student did attend. The marks stay stored."""
    stored = StoredGrade.objects.filter(course_enrolment__enrolment=enrolment).select_related(
        "course", "course_enrolment__section"
    )
    text = _(
        "The student has a stored mark in %(course)s, section %(section)s (%(code)s: %(mark)s). Check that the "
        "enrolment is to be deleted."
    )
    return [
        text
        % {
            "course": one.course.code,
            "section": one.course_enrolment.section.number,  # type: ignore[union-attr]
            "code": one.store_code,
            "mark": one.mark,
        }
        for one in stored.order_by("pk")
    ]


def never_attended(enrolment: SchoolEnrolment, *, reason: str, note: str = "") -> Plan:
    """The student never came: the enrolment is deleted in PASI (INFERRED for no-shows: pasi-core 6.2)."""
    if enrolment.exit_date_type == WITHDRAWAL and not enrolment.deleted:
        raise Refused(
            _("The student attended until %(day)s and was withdrawn. If that is wrong, use “Entered in error”.")
            % {"day": enrolment.exit_date.isoformat()}
        )
    return _removal(Kind.NEVER_ATTENDED, enrolment, reason, note)


def entered_in_error(enrolment: SchoolEnrolment, *, reason: str, note: str = "") -> Plan:
    """Wrong student, wrong school, or a duplicate: the enrolment is deleted in PASI."""
    return _removal(Kind.ENTERED_IN_ERROR, enrolment, reason, note)


def undelete(enrolment: SchoolEnrolment, *, reason: str, note: str = "") -> Plan:
    """Brings a deleted enrolment back, here and in PASI, with the courses that went with it."""
    if not enrolment.deleted:
        raise Refused(_("This enrolment is not deleted."))
    removed = _courses_of(enrolment, (Kind.NEVER_ATTENDED, Kind.ENTERED_IN_ERROR))
    return _plan(
        Kind.UNDELETE, enrolment, Change.of(enrolment, deleted=False), reason, note=note, courses=[_back(removed)]
    )


def withdrawal_was_a_mistake(enrolment: SchoolEnrolment, *, reason: str, note: str = "") -> Plan:
    """The student never left: the planned last day and the courses come back, in the same enrolment."""
    _live(enrolment)
    if enrolment.exit_date_type != WITHDRAWAL:
        raise Refused(_("The student has not left this school."))
    planned = planned_last_day(enrolment)
    ended = _courses_of(enrolment, (Kind.WITHDRAW, Kind.CORRECT_LAST_DAY))
    return _plan(
        Kind.WITHDRAWAL_WAS_A_MISTAKE,
        enrolment,
        Change.of(enrolment, exit_date=planned, exit_date_type=COMPLETION),
        reason,
        note=note,
        courses=[_back(ended)],
    )


def planned_last_day(enrolment: SchoolEnrolment) -> dt.date:
    """The planned last day before the withdrawal; where it was not withdrawn here, the last day of the school's calendar."""
    rows = ActionRecord.objects.filter(
        entity=SCHOOL_ENROLMENT, subject_id=enrolment.pk, action__kind__in=(Kind.WITHDRAW, Kind.TRANSFER_OUT)
    ).order_by("-id")
    for row in rows:
        before = row.before or {}
        if before.get("exit_date_type") == COMPLETION:
            return dt.date.fromisoformat(before["exit_date"])
    calendar = SchoolCalendar.objects.filter(school=enrolment.school, school_year=enrolment.school_year).first()
    last = calendar.last_day if calendar else dt.date(enrolment.school_year.ending, 6, 30)
    return max(last, enrolment.exit_date)


def _courses_of(enrolment: SchoolEnrolment, kinds: tuple[str, ...]) -> list[ActionRecord]:
    """What the newest action of these kinds did to the enrolment's courses, unless it was undone."""
    last = (
        Action.objects.filter(
            kind__in=kinds,
            undone_at=None,
            records__entity=SCHOOL_ENROLMENT,
            records__subject_id=enrolment.pk,
        )
        .order_by("-id")
        .first()
    )
    return list(last.records.filter(entity=COURSE_ENROLMENT, undone_at=None)) if last else []


def _back(rows: list[ActionRecord]) -> CourseWork:
    """Course enrolments get back what they had, except those changed since."""

    def restore(actor: Actor, _stays: dict[int, SchoolEnrolment], why: str) -> CourseResult:
        written = []
        for row in rows:
            try:
                one = course_enrolments.restore(actor, row.subject_id, row.before, row.revision_after or 0, why)
            except course_enrolments.StaleCourseEnrolment:
                continue
            if one:
                written.append(one)
        return written, []

    return restore


def end_courses(enrolment: SchoolEnrolment, *, reason: str = "", note: str = "") -> Plan:
    """After a withdrawal was accepted from PASI: the courses of the stay end on its exit date. Nothing is sent."""
    _live(enrolment)
    if enrolment.exit_date_type != WITHDRAWAL:
        raise Refused(_("The student has not left this school. Use “Withdraw”."))
    return Plan(
        Kind.END_COURSES,
        enrolment.student,
        enrolment.school.code,
        [],
        reason,
        note,
        courses=[end_courses_on(enrolment, enrolment.exit_date)],
    )
