"""Transfer out while the student stays at the concurrent school: the ten steps of the seed as one action.

Source: Transferring Out Students Who Are Continuing Enrolment at the Concurrent School.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.models import Action
from pasi_connect.services.decisions import entries
from registrar.rules import guided
from registrar.rules.guided import Fault
from registrar.services.actions.plans import Change, CourseResult, Plan, Refused, refuse
from registrar.services.actions.withdrawing import end_courses_on
from sis.models import SchoolCalendar, SchoolEnrolment
from sis.rules.enrolment import COMPLETION, WITHDRAWAL
from sis.services import carrying

# What the new enrolment takes over from the one that ends; what belongs to the school (program, boards) comes from there.
TAKEN_OVER = SCHOOL_ENROLMENT.carried


def transfer_out(
    enrolment: SchoolEnrolment,
    *,
    transfer_date: dt.date,
    concurrent: SchoolEnrolment | None,
    reason: str,
    start_date: dt.date | None = None,
    note: str = "",
) -> Plan:
    """`transfer_date` is the last day at the old school; in the future the action is planned and done on that day.

    The main enrolment and the concurrent one end that day; a new main enrolment at the concurrent school begins on
    `start_date`, or on the next school day, and takes the courses there with it.
    """
    _check_record(enrolment)
    listed_reason = guided.out_reason(reason)
    faults = (
        []
        if listed_reason
        else [Fault("reason", _("Choose a reason from the list: %(list)s.") % {"list": ", ".join(guided.OUT_REASONS)})]
    )
    if concurrent is None or not _fits(enrolment, concurrent):
        text = _("Choose a concurrent enrolment of this student in %(year)s that has not ended.")
        faults.append(Fault("concurrent_enrolment", text % {"year": enrolment.school_year}))
        refuse(faults)
    assert concurrent is not None
    if transfer_date < enrolment.start_date:
        faults.append(Fault("transfer_date", _("The transfer date is before the start date.")))
    elif transfer_date < concurrent.start_date:
        text = _("The concurrent enrolment starts on %(day)s, after this day.")
        faults.append(Fault("transfer_date", text % {"day": concurrent.start_date.isoformat()}))
    begins = start_date or guided.next_school_day(transfer_date)
    if begins <= transfer_date:
        faults.append(
            Fault(
                "start_date", _("The new enrolment must start after the transfer date, so that the two do not overlap.")
            )
        )
    until = _last_day(concurrent, enrolment)
    if begins > until:
        text = _("The school's year ends on %(day)s, before the new enrolment would start.")
        faults.append(Fault("start_date" if start_date else "transfer_date", text % {"day": until.isoformat()}))
    refuse(faults)
    new = Change(
        enrolment.student,
        concurrent.school,
        enrolment.school_year,
        {
            **{name: getattr(enrolment, name) for name in TAKEN_OVER},
            "start_date": begins,
            "exit_date": until,
            "exit_date_type": COMPLETION,
            "concurrent": False,
        },
    )

    def carry(actor: Actor, stays: dict[int, SchoolEnrolment], _reason: str) -> CourseResult:
        why = entries.at_another_school(enrolment.school.code)
        done = carrying.carry_over(
            actor, enrolment.student, concurrent, stays[2], begins, last_day=transfer_date, reason=why
        )
        return done.changed, done.not_carried

    ending = {"exit_date": transfer_date, "exit_date_type": WITHDRAWAL}
    return Plan(
        Action.Kind.TRANSFER_OUT,
        enrolment.student,
        enrolment.school.code,
        [Change.of(enrolment, **ending), Change.of(concurrent, **ending), new],
        listed_reason or "",
        note,
        {
            "enrolment": enrolment.pk,
            "concurrent_enrolment": concurrent.pk,
            "transfer_date": transfer_date.isoformat(),
            "start_date": start_date.isoformat() if start_date else None,
        },
        courses=[end_courses_on(enrolment, transfer_date), carry],
        due_on=transfer_date if transfer_date > clock.today() else None,
        form_fields={"exit_date": "transfer_date", "start_date": "start_date"},
    )


def _check_record(enrolment: SchoolEnrolment) -> None:
    if enrolment.deleted:
        raise Refused(_("This enrolment is deleted. Use “Undelete” first."))
    if enrolment.exit_date_type == WITHDRAWAL:
        raise Refused(_("The student has already left this school. Use “Correct the last day”."))
    if enrolment.concurrent:
        raise Refused(_("This is a concurrent enrolment. Start “Transfer out” from the student's main enrolment."))


def sides(enrolment: SchoolEnrolment) -> QuerySet[SchoolEnrolment]:
    """The concurrent enrolments in which the student can stay: at any other school of the authority, in the same year."""
    return (
        SchoolEnrolment.objects.select_related("student", "school")
        .filter(student=enrolment.student_id, school_year=enrolment.school_year, concurrent=True, deleted=False)
        .exclude(exit_date_type=WITHDRAWAL)
        .exclude(school=enrolment.school_id)
        .order_by("start_date", "pk")
    )


def _fits(enrolment: SchoolEnrolment, concurrent: SchoolEnrolment) -> bool:
    return (
        concurrent.student_id == enrolment.student_id
        and concurrent.concurrent
        and not concurrent.deleted
        and concurrent.exit_date_type != WITHDRAWAL
        and concurrent.school_year == enrolment.school_year
        and concurrent.school_id != enrolment.school_id
    )


def _last_day(concurrent: SchoolEnrolment, enrolment: SchoolEnrolment) -> dt.date:
    """The planned last day of the new enrolment: that of the school's calendar, else that of the enrolment that ends."""
    calendar = SchoolCalendar.objects.filter(school=concurrent.school, school_year=enrolment.school_year).first()
    return calendar.last_day if calendar else enrolment.exit_date


def from_given(inputs: Mapping[str, Any], reason: str, note: str) -> Plan:
    """The plan of an action that was planned for today, drawn from the records as they stand now."""
    stays = SchoolEnrolment.objects.select_related("student", "school").in_bulk(
        [inputs["enrolment"], inputs["concurrent_enrolment"]]
    )
    if inputs["enrolment"] not in stays:
        raise ValidationError(_("The enrolment no longer exists."))
    return transfer_out(
        stays[inputs["enrolment"]],
        transfer_date=dt.date.fromisoformat(inputs["transfer_date"]),
        concurrent=stays.get(inputs["concurrent_enrolment"]),
        reason=reason,
        start_date=dt.date.fromisoformat(inputs["start_date"]) if inputs["start_date"] else None,
        note=note,
    )
