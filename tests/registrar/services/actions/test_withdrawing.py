"""A stay that ends early, and the ways back: here, in PASI, in the courses."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from operations.models import AuditEntry
from pasi_connect.models import Action, ActionRecord
from pasi_connect.services.decisions import taking_back
from registrar.services.actions import plans, withdrawing
from sis.models import CourseEnrolment
from sis.models.course_enrolment import CourseEnrolment as Seat
from sis.services import enrolments
from tests import factories
from tests.factories.courses import CourseEnrolmentFactory, SectionFactory
from tests.registrar.services.actions.acting import act, fresh, settle

START, LAST = dt.date(2026, 9, 1), dt.date(2026, 11, 13)


@pytest.fixture
def stay(world):
    enrolment = world.in_step(start_date=START)
    section = SectionFactory(school=enrolment.school, school_year=enrolment.school_year)
    CourseEnrolmentFactory(enrolment=enrolment, student=enrolment.student, section=section, entry_date=START)
    return enrolment


def seat_of(enrolment):
    return CourseEnrolment.objects.get(enrolment=enrolment)


def test_withdraw_ends_the_stay_its_courses_and_pasi(world, stay):
    done = act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="student’s choice", note="Works now.")
    stay.refresh_from_db()
    assert (stay.exit_date, stay.exit_date_type) == (LAST, "WithdrawalDate")
    seat = seat_of(stay)
    assert (seat.exit_date, seat.status) == (LAST, Seat.Status.WITHDRAWN)
    told = world.theirs(stay)
    assert (told["RegistrationExitDate"][:10], told["ExitDateType"]) == ("2026-11-13", "WithdrawalDate")
    assert (done.reason, done.note, done.status) == ("Student's Choice", "Works now.", "done")
    assert set(done.records.values_list("entity", flat=True)) == {"school_enrolment", "course_enrolment"}
    entry = AuditEntry.objects.filter(entity="school_enrolment", subject_id=str(stay.pk)).latest("id")
    assert entry.reason == "Student's Choice · Works now."


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_day_attended": dt.date(2026, 8, 31), "reason": "Moved"}, "last_day_attended"),
        ({"last_day_attended": dt.date(2026, 11, 21), "reason": "Moved"}, "last_day_attended"),
        ({"last_day_attended": LAST, "reason": "Holidays"}, "reason"),
    ],
)
def test_withdraw_says_which_value_cannot_be(world, stay, given, field):
    with pytest.raises(ValidationError) as refused:
        withdrawing.withdraw(stay, **given)
    assert set(refused.value.message_dict) == {field}


def test_the_first_day_and_today_are_days_attended(world, stay):
    for day in (START, dt.date(2026, 11, 20)):
        assert withdrawing.withdraw(stay, last_day_attended=day, reason="moved").changes


def test_who_has_left_is_not_withdrawn_again(world, stay):
    act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="Moved")
    stay.refresh_from_db()
    with pytest.raises(plans.Refused, match="Correct the last day"):
        withdrawing.withdraw(stay, last_day_attended=LAST, reason="Moved")


def test_the_preview_writes_nothing_and_the_same_is_then_done(world, stay):
    before = (ActionRecord.objects.count(), AuditEntry.objects.count())
    looked = plans.preview(world.actor, lambda: withdrawing.withdraw(stay, last_day_attended=LAST, reason="Moved"))
    assert (ActionRecord.objects.count(), AuditEntry.objects.count()) == before
    stay.refresh_from_db()
    assert stay.exit_date_type == "CompletionDate"
    assert looked.submissions == 1
    assert [row["what"] for row in looked.course_rows] == ["ended"]


def test_what_moved_since_the_preview_stops_it(world, stay):
    planner = lambda: withdrawing.withdraw(fresh(stay), last_day_attended=LAST, reason="Moved")  # noqa: E731
    looked = plans.preview(world.actor, planner)
    enrolments.change(world.actor, stay.pk, {"grade": "10"})
    with pytest.raises(plans.Moved) as moved:
        plans.do(world.actor, stay.student_id, planner, looked.version)
    assert moved.value.preview.version != looked.version
    stay.refresh_from_db()
    assert stay.exit_date_type == "CompletionDate"


def test_correct_the_last_day_moves_the_courses_along(world, stay):
    act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="Moved")
    act(world, withdrawing.correct_last_day, stay, last_day_attended=dt.date(2026, 11, 6), reason="Register says so.")
    stay.refresh_from_db()
    assert (stay.exit_date, seat_of(stay).exit_date) == (dt.date(2026, 11, 6),) * 2
    assert world.theirs(stay)["RegistrationExitDate"][:10] == "2026-11-06"


def test_the_corrected_day_lies_before_the_return(world, stay):
    act(world, withdrawing.withdraw, stay, last_day_attended=dt.date(2026, 10, 2), reason="Moved")
    factories.EnrolmentFactory(
        student=stay.student, school=stay.school, school_year=stay.school_year, start_date=dt.date(2026, 10, 19)
    )
    stay.refresh_from_db()
    with pytest.raises(ValidationError) as refused:
        act(world, withdrawing.correct_last_day, stay, last_day_attended=dt.date(2026, 10, 19), reason="Register.")
    assert "2026-10-19" in str(refused.value.message_dict["last_day_attended"])


@pytest.mark.parametrize("planner", [withdrawing.never_attended, withdrawing.entered_in_error])
def test_a_stay_that_never_was_is_deleted_in_pasi_and_comes_back(world, stay, planner):
    act(world, planner, stay, reason="Duplicate.")
    stay.refresh_from_db()
    assert stay.deleted
    assert seat_of(stay).deleted
    assert world.theirs(stay)["IsDeleted"] is True
    act(world, withdrawing.undelete, stay, reason="It was not.")
    stay.refresh_from_db()
    assert not stay.deleted
    assert not seat_of(stay).deleted
    assert world.theirs(stay)["IsDeleted"] is False


def test_who_attended_was_not_a_no_show(world, stay):
    act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="Moved")
    stay.refresh_from_db()
    with pytest.raises(plans.Refused, match="Entered in error"):
        withdrawing.never_attended(stay, reason="Never seen.")


def test_a_mistaken_withdrawal_brings_back_the_planned_day_and_the_courses(world, stay):
    planned = stay.exit_date
    act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="Moved")
    act(world, withdrawing.correct_last_day, stay, last_day_attended=dt.date(2026, 11, 6), reason="Register.")
    act(world, withdrawing.withdrawal_was_a_mistake, stay, reason="Wrong student.")
    stay.refresh_from_db()
    assert (stay.exit_date, stay.exit_date_type) == (planned, "CompletionDate")
    assert world.theirs(stay)["ExitDateType"] == "CompletionDate"


def test_taken_back_while_nothing_moved_on(world, stay):
    planned = stay.exit_date
    done = act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="Moved")
    assert taking_back.preview(done).why_not == ""
    taking_back.undo(world.actor, done.pk, "Wrong student.")
    settle(world)
    stay.refresh_from_db()
    assert (stay.exit_date, stay.exit_date_type, seat_of(stay).exit_date) == (planned, "CompletionDate", None)
    assert world.theirs(stay)["ExitDateType"] == "CompletionDate"
    done.refresh_from_db()
    assert (done.status, done.undo_reason) == (Action.Status.UNDONE, "Wrong student.")
    with pytest.raises(taking_back.NotPossible):
        taking_back.undo(world.actor, done.pk, "Again.")


def test_not_taken_back_once_the_student_has_come_back(world, stay):
    done = act(world, withdrawing.withdraw, stay, last_day_attended=dt.date(2026, 10, 2), reason="Moved")
    factories.EnrolmentFactory(
        student=stay.student, school=stay.school, school_year=stay.school_year, start_date=dt.date(2026, 10, 19)
    )
    assert "2026-10-19" in taking_back.preview(done).why_not
    with pytest.raises(taking_back.NotPossible, match="2026-10-19"):
        taking_back.undo(world.actor, done.pk, "They never left.")
    with pytest.raises(plans.Refused, match="2026-10-19"):
        act(world, withdrawing.withdrawal_was_a_mistake, stay, reason="They never left.")


def test_not_taken_back_once_the_record_has_moved_on(world, stay):
    done = act(world, withdrawing.withdraw, stay, last_day_attended=LAST, reason="Moved")
    enrolments.change(world.actor, stay.pk, {"grade": "10"})
    assert "changed since" in taking_back.preview(done).why_not
    with pytest.raises(taking_back.NotPossible):
        taking_back.undo(world.actor, done.pk, "Too late.")


@pytest.mark.parametrize(
    ("present", "wanted", "action"),
    [
        ("CompletionDate", {"exit_date_type": "WithdrawalDate"}, "withdraw"),
        ("WithdrawalDate", {"exit_date_type": "CompletionDate"}, "withdrawal-was-a-mistake"),
        ("WithdrawalDate", {"exit_date": dt.date(2026, 11, 6)}, "correct-last-day"),
        ("CompletionDate", {"deleted": True}, "entered-in-error"),
    ],
)
def test_a_plain_edit_names_the_action(world, present, wanted, action):
    one = factories.EnrolmentFactory(exit_date_type=present)
    with pytest.raises(enrolments.GuidedOnly) as only:
        enrolments.change(world.actor, one.pk, wanted, guided=False)
    assert only.value.action == action
    enrolments.change(world.actor, one.pk, {"grade": "10"}, guided=False)
