"""A new stay: a new student of a school, a return in the same school year, a concurrent enrolment and its end."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from operations.models import User
from pasi_connect.models import Action
from registrar.rules import guided
from registrar.rules.guided import Fault
from registrar.services.actions.plans import Change, Plan, Refused, refuse
from registrar.services.actions.withdrawing import end_courses_on
from sis import selectors as sis_selectors
from sis.models import School, SchoolEnrolment, Student
from sis.rules.enrolment import WITHDRAWAL
from sis.rules.school_year import SchoolYear
from sis.rules.stays import overlap
from sis.services import enrolments

PROGRAM = ("programming_type", "programming_timeframe")


def enrol(
    student: Student,
    school: School,
    school_year: SchoolYear,
    fields: dict[str, Any],
    *,
    reason: str = "",
    note: str = "",
    done_at: str = "",
) -> Plan:
    """Always a new enrolment with a RefId of its own; an earlier one is not touched.

    `done_at`: code of the school where the person works who does it (see `done_at`), who may enrol at any school.
    `fields`: those of an enrolment. Absent programming type and timeframe come from the student's last enrolment at that
    school where it is the person's to see, otherwise Regular / Day. The service that writes the stay holds it against the
    student's others.
    """
    earlier = list(
        SchoolEnrolment.objects.filter(student=student, school=school, deleted=False).order_by("start_date", "pk")
    )
    foreign = bool(done_at) and done_at != school.code
    values = {
        **dict(zip(PROGRAM, _program([] if foreign else earlier), strict=True)),
        **{k: v for k, v in fields.items() if v != "" or k not in PROGRAM},
    }
    this_year = [one for one in earlier if one.school_year == school_year]
    if foreign:
        _refuse_shared_days(values, this_year)
    came_back = any(one.exit_date_type == WITHDRAWAL for one in this_year)
    kind = Action.Kind.RETURN if came_back else Action.Kind.ENROL
    plan = Plan(kind, student, done_at or school.code, [Change(student, school, school_year, values)], reason, note)
    plan.form_fields = {name: name for name in (*enrolments.EDITABLE, "school_year")}
    if values.get("concurrent"):
        plan.remarks += concurrent_remarks(student, school, school_year)
    return plan


def _refuse_shared_days(values: dict[str, Any], stays: list[SchoolEnrolment]) -> None:
    """Whatever its program: nobody shall find out by trying which one the student has at a school that is not theirs."""
    start, end = values.get("start_date"), values.get("exit_date")
    for stay in stays:
        if start and end and overlap((start, end), (stay.start_date, stay.exit_date)):
            text = _(
                "The student is already enrolled there from %(start)s to %(exit)s. Only that school can make further changes."
            )
            days = {"start": stay.start_date.isoformat(), "exit": stay.exit_date.isoformat()}
            raise ValidationError({"start_date": [text % days]})


def _program(earlier: list[SchoolEnrolment]) -> tuple[str, str]:
    if not earlier:
        return guided.DEFAULT_PROGRAM
    return earlier[-1].programming_type, earlier[-1].programming_timeframe


def school_of_authority(code: str) -> School:
    """Ours to create at; a school of another authority enters its own record. Raises ValidationError for `school`."""
    school = School.objects.filter(code=code).first()
    if school is None:
        raise ValidationError(
            {
                "school": [
                    _(
                        "School %(code)s does not belong to this authority. It enters the student itself. Your "
                        "record stays as it is, and PASI gives advice 10085 while both stays overlap."
                    )
                    % {"code": code}
                ]
            }
        )
    return school


def done_at(user: User, student: Student, school: School) -> str:
    """The school for which the person enrols the student at `school`: that one, else the student's latest school of theirs."""
    codes = sis_selectors.school_codes(user)
    if codes is None or school.code in codes:
        return school.code
    mine = SchoolEnrolment.objects.filter(student=student, school__code__in=codes).order_by(
        "-school_year", "-start_date"
    )
    return mine.values_list("school__code", flat=True).first() or school.code


def concurrent_remarks(student: Student, school: School, school_year: SchoolYear) -> list[str]:
    """What will raise failures for marks: terms of the two schools that do not match (seed: identical school set-up)."""
    main = main_enrolment(student, school_year, besides=school)
    if main is None:
        return [_("The student has no main enrolment at another school in %(year)s.") % {"year": school_year}]
    return sis_selectors.term_remarks(main.school, school, school_year)


def main_enrolment(student: Student, school_year: SchoolYear, besides: School) -> SchoolEnrolment | None:
    """The live enrolment at the student's main school in that year."""
    return (
        SchoolEnrolment.objects.select_related("school")
        .filter(student=student, school_year=school_year, concurrent=False, deleted=False)
        .exclude(school=besides)
        .order_by("-start_date")
        .first()
    )


def close_concurrent(enrolment: SchoolEnrolment, *, exit_date: dt.date, reason: str, note: str = "") -> Plan:
    """Ends a concurrent enrolment earlier than planned. The type stays; its courses end with it."""
    if enrolment.deleted:
        raise Refused(_("This enrolment is deleted. Use “Undelete” first."))
    if not enrolment.concurrent:
        raise Refused(_("This is the student's main enrolment. Use “Withdraw” or “Transfer out”."))
    if enrolment.exit_date_type == WITHDRAWAL:
        raise Refused(_("The student has already left this school. Use “Correct the last day”."))
    if exit_date < enrolment.start_date:
        refuse([Fault("exit_date", _("The last day is before the start date."))])
    return Plan(
        Action.Kind.CLOSE_CONCURRENT,
        enrolment.student,
        enrolment.school.code,
        [Change.of(enrolment, exit_date=exit_date)],
        reason,
        note,
        {"exit_date": exit_date.isoformat()},
        form_fields={"exit_date": "exit_date"},
        courses=[end_courses_on(enrolment, exit_date)],
    )
