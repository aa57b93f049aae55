"""The exits of a submission that needs a person."""

import datetime as dt

import pytest

from operations.actor import of_user
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Link, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import collecting, reviews
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from tests import factories

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


@pytest.fixture
def reviewed(world):
    """An edit of the exit date met a foreign change of the grade: a submission in review."""
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    world.change_in_pasi(enrolment, Grade="09")
    sent = world.send(queued)
    assert sent.status == Status.NEEDS_REVIEW
    return enrolment, sent


def test_sending_again_takes_the_version_now_seen(world, reviewed):
    enrolment, submission = reviewed
    seen = world.copy(enrolment).core_version
    again = reviews.send_again(world.actor, submission.pk, seen)
    assert (again.pk, again.status, again.seen_version, again.attempts) == (submission.pk, Status.WAITING, seen, 0)
    assert world.send(again).status == Status.ACCEPTED
    theirs = world.theirs(enrolment)
    assert (theirs["RegistrationExitDate"], theirs["Grade"]) == (MAY.isoformat(), "09")
    assert world.item(enrolment).undecided == 1  # the grade is still to be decided


def test_sending_again_what_was_not_seen_is_refused(world, reviewed):
    enrolment, submission = reviewed
    seen = world.copy(enrolment).core_version
    world.change_in_pasi(enrolment, Grade="10")
    world.pull()
    with pytest.raises(reviews.NotPossible, match="changed since"):
        reviews.send_again(world.actor, submission.pk, seen)
    submission.refresh_from_db()
    assert submission.status == Status.NEEDS_REVIEW


def test_who_sends_again_is_who_pasi_is_told(world, reviewed):
    enrolment, submission = reviewed
    colleague = factories.UserFactory(first_name="Mira", last_name="Stone")
    world.send(reviews.send_again(of_user(colleague), submission.pk))
    assert world.pasi.calls()[-1]["user"] == "Mira Stone"
    assert world.theirs(enrolment)["RegistrationExitDate"] == MAY.isoformat()


def test_a_later_change_that_waits_goes_instead(world, reviewed):
    enrolment, submission = reviewed
    later = world.queue(enrolment, local_student_id="X9")
    target = reviews.send_again(world.actor, submission.pk)
    submission.refresh_from_db()
    assert (target.pk, submission.status, submission.reason) == (later.pk, Status.CANCELLED, "superseded")
    assert world.send(target).status == Status.ACCEPTED
    assert world.theirs(enrolment)["RegistrationExitDate"] == MAY.isoformat()


@pytest.mark.parametrize("status", ["waiting", "in_flight", "checking", "accepted", "no_change", "cancelled"])
def test_only_what_is_stuck_is_sent_again(world, status):
    submission = factories.submission(world.here(), status)
    with pytest.raises(reviews.NotPossible):
        reviews.send_again(world.actor, submission.pk)


def test_a_dead_letter_goes_with_all_its_attempts_again(world):
    enrolment = world.in_step()
    world.set(maximum_attempts=1)
    world.pasi.knobs(fault={"code": "4001", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    dead = world.sync(enrolment, exit_date=MAY)
    assert dead.status == Status.DEAD
    assert world.send(reviews.send_again(world.actor, dead.pk)).status == Status.ACCEPTED


def test_what_is_sent_again_may_be_held(world, reviewed):
    _enrolment, submission = reviewed
    world.set(regular_synchronization=False)
    again = reviews.send_again(world.actor, submission.pk)
    assert (again.status, again.reason) == (Status.HELD, "sync_off")


def test_cancelling_leaves_the_difference_for_a_person(world):
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    cancelled = reviews.cancel(world.actor, queued.pk, "Not now")
    assert (cancelled.status, cancelled.reason, cancelled.detail) == (Status.CANCELLED, "by_person", "Not now")
    item = world.item(enrolment)
    assert [(row["name"], row["state"], row["sis"]) for row in item.fields] == [
        ("exit_date", "never_agreed", MAY.isoformat())
    ]
    assert world.pasi.calls() == []


@pytest.mark.parametrize("status", ["in_flight", "checking", "accepted", "no_change", "cancelled"])
def test_what_is_on_its_way_or_ended_cannot_be_cancelled_nor_replaced(world, status):
    submission = factories.submission(world.in_step(), status)
    with pytest.raises(reviews.NotPossible):
        reviews.cancel(world.actor, submission.pk)
    with pytest.raises(reviews.NotPossible):
        reviews.take_pasi(world.actor, submission.pk)


def test_taking_pasis_values_ends_it_and_sends_nothing(world, reviewed):
    enrolment, submission = reviewed
    ended = reviews.take_pasi(world.actor, submission.pk, "They are right")
    assert (ended.status, ended.reason) == (Status.CANCELLED, "took_pasi")
    present = SchoolEnrolment.objects.get(pk=enrolment.pk)
    assert (present.grade, present.exit_date.isoformat()) == ("09", "2027-06-26")
    assert world.item(enrolment) is None
    assert DataEvent.objects.latest("id").origin == Origin.PASI
    collecting.collect(ENTITY.kind, enrolment.pk)
    assert not Submission.objects.exclude(pk=submission.pk).exists()
    link = world.link(enrolment)
    assert (link.agreed["grade"], link.agreed["exit_date"], link.kept) == ("09", "2027-06-26", {})


def test_there_is_nothing_to_take_where_pasi_has_no_record(world):
    enrolment = world.here()
    queued = world.queue(enrolment, grade="09")
    with pytest.raises(reviews.NotPossible, match="does not have this record"):
        reviews.take_pasi(world.actor, queued.pk)


def test_an_agreed_spelling_is_no_difference(world):
    enrolment = world.in_step(local_student_id="")
    held = world.queue(enrolment, local_student_id="Łódź")
    assert (held.status, held.reason) == (Status.HELD, "text_outside")
    reviews.agree_spelling(world.actor, enrolment, {"local_student_id": "Lodz"})
    held.refresh_from_db()
    assert world.send(held).status == Status.ACCEPTED
    world.pull()
    assert world.copy(enrolment).local_student_id == "Lodz"
    assert SchoolEnrolment.objects.get(pk=enrolment.pk).local_student_id == "Łódź"
    assert world.item(enrolment) is None
    assert Link.objects.get(subject_id=enrolment.pk).written == {"local_student_id": {"Łódź": "Lodz"}}
