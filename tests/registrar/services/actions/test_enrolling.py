"""New stays: always a new enrolment, never an earlier one changed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from operations.models import Notice
from pasi_connect.models import Action
from pasi_connect.services.decisions import taking_back
from registrar.services.actions import enrolling, plans, withdrawing
from sis.models import SchoolEnrolment
from tests.pasi_connect.world import OTHER_SCHOOL
from tests.registrar.services.actions.acting import act, fresh, settle

VALUES = {"start_date": dt.date(2026, 11, 9), "exit_date": dt.date(2027, 6, 25), "grade": "09"}


def enrol(world, stay, school=None, **given):
    values = {**VALUES, **given}
    planner = lambda: enrolling.enrol(stay.student, school or stay.school, stay.school_year, values)  # noqa: E731
    looked = plans.preview(world.actor, planner)
    done = plans.do(world.actor, stay.student_id, planner, looked.version)
    settle(world)
    return done, SchoolEnrolment.objects.select_related("school").latest("pk"), looked


@pytest.fixture
def left(world):
    """A student who left on 23 October."""
    stay = world.in_step(start_date=dt.date(2026, 9, 1), programming_timeframe="Evening")
    act(world, withdrawing.withdraw, stay, last_day_attended=dt.date(2026, 10, 23), reason="Moved")
    return fresh(stay)


def test_a_return_is_a_new_enrolment_and_the_earlier_one_is_not_touched(world, left):
    before = world.theirs(left)
    done, made, _looked = enrol(world, left)
    assert made.pk != left.pk
    assert (made.programming_type, made.programming_timeframe) == ("Regular", "Evening")
    assert world.link(made).key != world.link(left).key
    assert world.theirs(made)["RegistrationStartDate"][:10] == "2026-11-09"
    assert world.theirs(left) == before
    assert (done.kind, fresh(left).revision) == (Action.Kind.RETURN, left.revision)


def test_without_an_earlier_stay_at_that_school_the_program_is_regular_day(world, left):
    done, made, _looked = enrol(world, left, world.other)
    assert (made.programming_type, made.programming_timeframe) == ("Regular", "Day")
    assert done.kind == Action.Kind.ENROL


@pytest.mark.parametrize("start", [dt.date(2026, 9, 1), dt.date(2026, 10, 23)])
def test_a_start_within_the_earlier_stay_is_refused_and_names_it(world, left, start):
    with pytest.raises(ValidationError) as refused:
        enrol(world, left, start_date=start)
    assert "2026-10-23" in refused.value.message_dict["start_date"][0]


def test_the_day_after_is_free_and_another_program_overlaps_with_a_warning(world, left):
    _done, made, looked = enrol(world, left, start_date=dt.date(2026, 10, 24))
    assert (made.start_date, looked.expected) == (dt.date(2026, 10, 24), {})
    _done, made, _looked = enrol(world, left, start_date=dt.date(2026, 9, 14), programming_timeframe="Day")
    assert made.programming_timeframe == "Day"


def test_a_school_of_another_authority_enters_its_own_record(world):
    with pytest.raises(ValidationError) as refused:
        enrolling.school_of_authority(OTHER_SCHOOL)
    assert "10085" in refused.value.message_dict["school"][0]


def test_the_other_school_hears_of_it_only_when_somebody_else_wrote_there(world, left):
    enrol(world, left)
    assert not Notice.objects.exists()


def test_taken_back_the_new_one_is_deleted_in_pasi(world, left):
    done, made, _looked = enrol(world, left)
    taking_back.undo(world.actor, done.pk, "Came to the wrong school.")
    settle(world)
    assert fresh(made).deleted
    assert world.theirs(made)["IsDeleted"] is True


def test_what_pasi_will_say_is_told_before(world, left):
    """A second live stay of the same program in the same days: rule 10069 does not stop it where ours does not."""
    enrol(world, left)
    _done, _made, looked = enrol(world, left, start_date=dt.date(2026, 11, 16), programming_timeframe="Day")
    assert all(row.number != "10069" for rows in looked.expected.values() for row in rows)


def test_a_concurrent_enrolment_is_closed_on_a_day(world):
    stay = world.in_step(start_date=dt.date(2026, 9, 1), concurrent=True)
    act(world, enrolling.close_concurrent, stay, exit_date=dt.date(2026, 12, 18), reason="The course is done.")
    assert fresh(stay).exit_date_type == "CompletionDate"
    assert world.theirs(stay)["RegistrationExitDate"][:10] == "2026-12-18"
    main = world.in_step(start_date=dt.date(2026, 9, 1))
    with pytest.raises(plans.Refused, match="Transfer out"):
        enrolling.close_concurrent(fresh(main), exit_date=dt.date(2026, 12, 18), reason="x")
