"""Transfer out while the student stays at the concurrent school: ten steps as one action, in order, on its day."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from operations import clock
from operations.models import Notice
from pasi_connect.models import Action, Submission
from pasi_connect.selectors import Sight
from pasi_connect.services.decisions import taking_back
from pasi_connect.services.queue import sending, submissions
from registrar.services.actions import plans, previews, schedule, transferring
from sis.models import CourseEnrolment, SchoolEnrolment
from sis.services import enrolments
from tests.factories import UserFactory
from tests.factories.courses import CalendarFactory, CourseEnrolmentFactory, SectionFactory
from tests.registrar.services.actions.acting import collect, fresh, settle

SEPTEMBER, FRIDAY, MONDAY = dt.date(2026, 9, 1), dt.date(2026, 11, 13), dt.date(2026, 11, 16)


@pytest.fixture
def student(world):
    """(main enrolment, concurrent enrolment), each with a course."""
    main = world.in_step(start_date=SEPTEMBER, grade="11")
    side = world.in_step(world.other, student=main.student, start_date=SEPTEMBER, concurrent=True, grade="11")
    CalendarFactory(school=world.other, school_year=main.school_year, last_day=dt.date(2027, 6, 25))
    for stay in (main, side):
        section = SectionFactory(school=stay.school, school_year=stay.school_year)
        CourseEnrolmentFactory(enrolment=stay, student=stay.student, section=section, entry_date=SEPTEMBER)
    return main, side


def planner(one, other, day=FRIDAY, **given):
    return lambda: transferring.transfer_out(
        fresh(one), **{"transfer_date": day, "concurrent": fresh(other), "reason": "moved", **given}
    )


def transfer(world, main, side, day=FRIDAY, **given):
    drawn = planner(main, side, day, **given)
    return plans.do(world.actor, main.student_id, drawn, plans.preview(world.actor, drawn).version)


def new_main(main):
    return SchoolEnrolment.objects.filter(student=main.student).latest("pk")


def test_everything_ends_and_goes_on_in_one_action(world, student):
    main, side = student
    done = transfer(world, main, side)
    settle(world)
    made = new_main(main)
    for ended in (main, side):
        assert (fresh(ended).exit_date, fresh(ended).exit_date_type) == (FRIDAY, "WithdrawalDate")
        assert world.theirs(ended)["RegistrationExitDate"][:10] == "2026-11-13"
    assert (made.school, made.start_date, made.exit_date) == (world.other, MONDAY, dt.date(2027, 6, 25))
    assert (made.concurrent, made.exit_date_type, made.grade) == (False, "CompletionDate", "11")
    assert world.theirs(made)["RegistrationStartDate"][:10] == "2026-11-16"
    seats = CourseEnrolment.objects.filter(student=main.student, deleted=False)
    assert seats.get(enrolment=main).exit_date == seats.get(enrolment=side).exit_date == FRIDAY
    carried = seats.get(enrolment=made)
    assert (carried.entry_date, carried.section) == (MONDAY, seats.get(enrolment=side).section)
    assert (done.status, done.school_code) == (Action.Status.DONE, world.school.code)
    assert Notice.objects.get().school_code == world.other.code


def test_submissions_go_one_after_the_other(world, student):
    main, side = student
    transfer(world, main, side)
    collect()
    made = new_main(main)
    rows = {row.subject_id: row for row in Submission.objects.all()}
    assert [rows[one.pk].status for one in (main, side, made)] == ["waiting", "held", "held"]
    assert {rows[one.pk].reason for one in (side, made)} == {"after"}
    sending.attempt(rows[main.pk].pk)
    submissions.release_held()
    assert Submission.objects.get(subject_id=side.pk).status == "waiting"
    assert Submission.objects.get(subject_id=made.pk).status == "held"
    settle(world)
    called = [call["key"].lower() for call in world.pasi.calls()]
    assert called == [str(world.link(one).key) for one in (main, side, made)]


def test_a_rejection_stops_the_rest_and_says_so(world, student):
    main, side = student
    transfer(world, main, side)
    collect()
    first = Submission.objects.get(subject_id=main.pk)
    Submission.objects.filter(pk=first.pk).update(status="rejected", reason="10016")
    submissions.release_held()
    second = Submission.objects.get(subject_id=side.pk)
    assert (second.status, second.reason, second.detail) == ("held", "after", "stopped")
    Submission.objects.filter(pk=first.pk).update(status="waiting", reason="")
    settle(world)
    assert set(Submission.objects.values_list("status", flat=True)) == {"accepted"}


def test_a_later_day_is_planned_and_done_on_that_day(world, student):
    main, side = student
    day = dt.date(2026, 11, 27)
    done = transfer(world, main, side, day)
    assert (done.status, done.due_on) == (Action.Status.PLANNED, day)
    assert fresh(main).exit_date_type == "CompletionDate"
    schedule.carry_out_due()
    done.refresh_from_db()
    assert done.status == Action.Status.PLANNED
    with clock.moved_to(dt.datetime(2026, 11, 27, 18, tzinfo=dt.UTC)):
        schedule.carry_out_due()
        schedule.carry_out_due()
        settle(world)
    done.refresh_from_db()
    assert done.status == Action.Status.DONE
    assert fresh(main).exit_date == day
    assert new_main(main).start_date == dt.date(2026, 11, 30)
    assert SchoolEnrolment.objects.filter(student=main.student).count() == 3
    assert done.actor_name == world.actor.name


def test_the_preview_of_a_planned_transfer_counts_from_its_day(world, student):
    """The withdrawal lies ahead today, and not on the day on which it is done."""
    told = plans.preview(world.actor, planner(*student, dt.date(2026, 11, 27)))
    codes = {row.code for rows in told.expected.values() for row in rows}
    assert "withdrawn_ahead" not in codes


def test_what_cannot_be_done_on_its_day_stops_with_a_notice(world, student):
    main, side = student
    done = transfer(world, main, side, dt.date(2026, 11, 27))
    enrolments.change(world.actor, side.pk, {"deleted": True}, reason="A duplicate.")
    with clock.moved_to(dt.datetime(2026, 11, 27, 18, tzinfo=dt.UTC)):
        schedule.carry_out_due()
    done.refresh_from_db()
    assert done.status == Action.Status.STOPPED
    assert "concurrent enrolment" in done.detail
    assert fresh(main).exit_date_type == "CompletionDate"
    assert Notice.objects.get().school_code == world.school.code


def test_what_is_planned_can_be_cancelled(world, student):
    main, side = student
    done = transfer(world, main, side, dt.date(2026, 11, 27))
    taking_back.undo(world.actor, done.pk, "They stay.")
    done.refresh_from_db()
    assert done.status == Action.Status.CANCELLED
    with clock.moved_to(dt.datetime(2026, 11, 27, 18, tzinfo=dt.UTC)):
        schedule.carry_out_due()
    assert fresh(main).exit_date_type == "CompletionDate"


def test_taken_back_as_a_whole(world, student):
    main, side = student
    done = transfer(world, main, side)
    settle(world)
    made = new_main(main)
    taking_back.undo(world.actor, done.pk, "They stay.")
    settle(world)
    assert [fresh(one).exit_date_type for one in (main, side)] == ["CompletionDate"] * 2
    assert fresh(made).deleted
    assert world.theirs(made)["IsDeleted"] is True
    assert world.theirs(main)["ExitDateType"] == "CompletionDate"
    seats = CourseEnrolment.objects.filter(student=main.student, deleted=False)
    assert {seat.enrolment_id: seat.exit_date for seat in seats} == {main.pk: None, side.pk: None}


def test_what_cannot_be_carried_is_listed_with_the_way_to_finish(world, student):
    main, side = student
    over = SectionFactory(school=world.other, school_year=main.school_year)
    CourseEnrolmentFactory(
        enrolment=side, student=main.student, section=over, entry_date=SEPTEMBER, status="Completed", exit_date=FRIDAY
    )
    looked = plans.preview(world.actor, planner(main, side))
    told = previews.answer(looked, Sight(UserFactory(role="District officer")))
    assert [row["section"] for row in told["not_carried"]] == [over.number]
    assert told["not_carried"][0]["next_step"]
    assert told["submissions"] == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "Holidays"}, "reason"),
        ({"day": dt.date(2026, 8, 31)}, "transfer_date"),
        ({"start_date": FRIDAY}, "start_date"),
        ({"start_date": dt.date(2027, 7, 2)}, "start_date"),
    ],
)
def test_says_which_value_cannot_be(world, student, given, field):
    main, side = student
    with pytest.raises(ValidationError) as refused:
        planner(main, side, **given)()
    assert set(refused.value.message_dict) == {field}


def test_only_a_live_concurrent_enrolment_of_the_student_will_do(world, student):
    main, side = student
    stranger = world.in_step(world.other, start_date=SEPTEMBER, concurrent=True)
    for other in (stranger, main):
        with pytest.raises(ValidationError) as refused:
            planner(main, other)()
        assert "concurrent_enrolment" in refused.value.message_dict
    with pytest.raises(plans.Refused, match="main enrolment"):
        planner(side, main)()
