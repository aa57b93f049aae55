"""A stay that ends early, and what people do when that was wrong: six guided actions on one enrolment."""

import datetime as dt

from django.utils.translation import gettext as _

from operations import clock
from pasi_connect.models import Action, ActionRecord
from pasi_connect.rules import guided
from pasi_connect.rules.guided import Fault
from pasi_connect.services.actions.plans import Change, CourseWork, Plan, Refused, refuse
from sis.models import SchoolCalendar, SchoolEnrolment
from sis.rules.enrolment import COMPLETION, WITHDRAWAL
from sis.services import carrying, course_enrolments
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT

Kind = Action.Kind


def _live(enrolment: SchoolEnrolment) -> None:
    if enrolment.deleted:
        raise Refused(_("This enrolment is deleted. Use “Undelete” first."))


def _plan(kind: str, enrolment: SchoolEnrolment, change: Change, reason: str, **more: object) -> Plan:
    return Plan(kind, enrolment.student, enrolment.school.code, [change], reason, **more)  # type: ignore[arg-type]


def end_courses_on(enrolment: SchoolEnrolment, on: dt.date) -> CourseWork:
    return lambda actor, _made, reason: (
        carrying.end_all(actor, enrolment.student, enrolment.school, on, reason, enrolment),
        [],
    )


def withdraw(enrolment: SchoolEnrolment, *, last_day_attended: dt.date, reason: str, note: str = "") -> Plan:
    """The student came at least one day and has left: exit date = last day attended, with its courses.

    Source: Synchronizing School Enrolment Information. `reason` is one of the list; it is kept here and never sent.
    """
    _live(enrolment)
    if enrolment.exit_date_type == WITHDRAWAL:
        raise Refused(_("The student has left this school already. Use “Correct the last day”."))
    known = guided.out_reason(reason)
    faults = guided.last_day(last_day_attended, enrolment.start_date, clock.today(), "last_day_attended")
    refuse([*faults, *_reason_faults(known)])
    change = Change.of(enrolment, exit_date=last_day_attended, exit_date_type=WITHDRAWAL)
    return _plan(
        Kind.WITHDRAW,
        enrolment,
        change,
        known or "",
        note=note,
        given={"last_day_attended": last_day_attended.isoformat()},
        courses=[end_courses_on(enrolment, last_day_attended)],
    )


def _reason_faults(known: str | None) -> list[Fault]:
    if known:
        return []
    return [Fault("reason", _("Choose a reason of the list: %(list)s.") % {"list": ", ".join(guided.OUT_REASONS)})]


def correct_last_day(enrolment: SchoolEnrolment, *, last_day_attended: dt.date, reason: str, note: str = "") -> Plan:
    """The student left on another day than was entered. The courses that ended with the stay follow."""
    _live(enrolment)
    if enrolment.exit_date_type != WITHDRAWAL:
        raise Refused(_("The student has not left this school. Use “Withdraw”."))
    faults = guided.last_day(last_day_attended, enrolment.start_date, clock.today(), "last_day_attended")
    later = (
        SchoolEnrolment.objects.filter(
            student=enrolment.student,
            school=enrolment.school,
            school_year=enrolment.school_year,
            deleted=False,
            start_date__gt=enrolment.start_date,
            start_date__lte=last_day_attended,
        )
        .exclude(pk=enrolment.pk)
        .order_by("start_date")
        .first()
    )
    if later is not None:
        text = _("The student's next enrolment at this school begins on %(day)s; the last day lies before it.")
        faults.append(Fault("last_day_attended", text % {"day": later.start_date.isoformat()}))
    refuse(faults)
    before = enrolment.exit_date

    def follow(actor, _made, told):  # type: ignore[no-untyped-def]
        return carrying.move_end(actor, enrolment, before, last_day_attended, told), []

    return _plan(
        Kind.CORRECT_LAST_DAY,
        enrolment,
        Change.of(enrolment, exit_date=last_day_attended),
        reason,
        note=note,
        given={"last_day_attended": last_day_attended.isoformat()},
        courses=[follow],
    )


def _removal(kind: str, enrolment: SchoolEnrolment, reason: str, note: str) -> Plan:
    _live(enrolment)

    def remove(actor, _made, told):  # type: ignore[no-untyped-def]
        return carrying.remove_all(actor, enrolment, told), []

    return _plan(kind, enrolment, Change.of(enrolment, deleted=True), reason, note=note, courses=[remove])


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
    _refuse_overlap(enrolment, enrolment.exit_date)
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
    _refuse_overlap(enrolment, planned)
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
    """The planned last day before the withdrawal; where nobody withdrew it here, the last day of the school's calendar."""
    rows = ActionRecord.objects.filter(
        subject_type=SCHOOL_ENROLMENT, subject_id=enrolment.pk, action__kind__in=(Kind.WITHDRAW, Kind.TRANSFER_OUT)
    ).order_by("-id")
    for row in rows:
        if (row.before or {}).get("exit_date_type") == COMPLETION:
            return dt.date.fromisoformat(row.before["exit_date"])  # type: ignore[index]
    calendar = SchoolCalendar.objects.filter(school=enrolment.school, school_year=enrolment.school_year).first()
    last = calendar.last_day if calendar else dt.date(enrolment.school_year.ending, 6, 30)
    return max(last, enrolment.exit_date)


def _refuse_overlap(enrolment: SchoolEnrolment, until: dt.date) -> None:
    """Another live stay at the same school, of the same program, in these days: the two would overlap (10069)."""
    other = (
        SchoolEnrolment.objects.filter(
            student=enrolment.student,
            school=enrolment.school,
            school_year=enrolment.school_year,
            programming_type=enrolment.programming_type,
            programming_timeframe=enrolment.programming_timeframe,
            deleted=False,
            start_date__lte=until,
            exit_date__gte=enrolment.start_date,
        )
        .exclude(pk=enrolment.pk)
        .first()
    )
    if other is not None:
        raise Refused(
            _("The student has another enrolment at this school from %(start)s to %(exit)s; the two would overlap.")
            % {"start": other.start_date.isoformat(), "exit": other.exit_date.isoformat()}
        )


def _courses_of(enrolment: SchoolEnrolment, kinds: tuple[str, ...]) -> list[ActionRecord]:
    """What the newest action of these kinds did to the courses of the enrolment, and has not been taken back."""
    last = (
        Action.objects.filter(
            kind__in=kinds,
            undone_at=None,
            records__subject_type=SCHOOL_ENROLMENT,
            records__subject_id=enrolment.pk,
        )
        .order_by("-id")
        .first()
    )
    return list(last.records.filter(subject_type=COURSE_ENROLMENT, undone_at=None)) if last else []


def _back(rows: list[ActionRecord]) -> CourseWork:
    """Course enrolments get back what they had, those that have not been changed otherwise since."""

    def restore(actor, _made, told):  # type: ignore[no-untyped-def]
        written = []
        for row in rows:
            try:
                one = course_enrolments.restore(actor, row.subject_id, row.before, row.revision_after or 0, told)
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
