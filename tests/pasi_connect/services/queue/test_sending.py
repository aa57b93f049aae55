"""A submission's way to PASI and back, against the real simulator."""

import datetime as dt

import pytest

from operations import clock
from pasi_connect.models import Discrepancy, Exchange, LinkState, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import claiming, sending
from tests.pasi_connect.services.queue.flights import fly

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)
JUNE = dt.date(2027, 6, 11)


def test_an_edit_is_in_pasi_and_in_step(world):
    enrolment = world.in_step()
    before = world.copy(enrolment).core_version
    sent = world.sync(enrolment, exit_date=MAY)
    assert sent.status == Status.ACCEPTED
    assert world.theirs(enrolment)["RegistrationExitDate"] == MAY.isoformat()
    copy = world.copy(enrolment)
    assert (copy.provisional, copy.exit_date, copy.core_version) == (True, MAY, sent.core_version)
    assert (sent.base_version, sent.sent_fields) == (before, ["exit_date"])
    assert world.item(enrolment) is None
    world.pull()
    copy = world.copy(enrolment)
    assert (copy.provisional, copy.core_version) == (False, sent.core_version)
    assert world.item(enrolment) is None
    assert Submission.objects.count() == 1


def test_pasi_is_told_the_person_who_made_the_change(world):
    enrolment = world.in_step()
    world.sync(enrolment, exit_date=MAY)
    call = world.pasi.calls()[-1]
    assert (call["user"], call["organization"]) == (world.user.full_name, f"S.{world.school.code}")
    user = call["request"]["CallerInfo"]["User"]
    assert (user["LocalID"], user["IPAddress"]) == (world.user.local_id, "10.1.2.3")
    exchange = Exchange.objects.get(operation="SubmitStudentSchoolEnrolment")
    assert (exchange.outcome, exchange.person_name) == ("accepted", world.user.full_name)
    assert str(exchange.message_id) == call["message_id"].lower()
    assert (exchange.request_body, exchange.answer_body) == ("", "")


def test_a_new_record_gets_the_ref_id_that_was_stored_first(world):
    enrolment = world.here()
    queued = world.queue(enrolment, grade="09")
    link = world.link(enrolment)
    assert queued.key == link.key
    assert world.send(queued).status == Status.ACCEPTED
    theirs = world.theirs(enrolment)
    assert (theirs["Grade"], theirs["SchoolCode"], theirs["StateProvinceId"]) == ("09", "4801", enrolment.student.asn)
    world.pull()
    assert world.link(enrolment).agreed["grade"] == "09"
    assert not Discrepancy.objects.exists()


def test_a_record_deleted_here_before_pasi_ever_had_it_is_not_sent(world):
    enrolment = world.here()
    assert world.sync(enrolment, deleted=True).status == Status.NO_CHANGE
    assert world.pasi.calls() == []


def test_what_is_not_ours_goes_back_as_it_came(world):
    """A submit replaces the whole record."""
    enrolment = world.in_step(local_student_id="L7", grants_program_codes="301 500", resident_board="1750")
    world.sync(enrolment, grants_program_codes="500")
    pairs = {
        (pair["Key"], pair["Value"]) for pair in world.theirs(enrolment)["ExtendedSchoolEnrolmentInfo"]["KeyValues"]
    }
    assert pairs == {("LocalStudentId", "L7"), ("ResidentBoard", "1750"), ("GrantsProgramCodes", "500")}
    world.change_in_pasi(enrolment, Grade="09")
    world.pull()
    sent = world.sync(enrolment, exit_date=MAY)
    assert (sent.status, sent.sent_fields) == (Status.ACCEPTED, ["exit_date"])
    assert (world.theirs(enrolment)["Grade"], enrolment.grade) == ("09", "08")  # undecided: neither sent nor taken


def test_an_emptied_optional_field_is_emptied_in_pasi(world):
    enrolment = world.in_step(grade="09", grants_program_codes="610", program_percentage=40)
    world.sync(enrolment, program_percentage=None, grade="", grants_program_codes="")
    theirs = world.theirs(enrolment)
    assert (theirs["SchoolProvidedProgramPercentage"], theirs["Grade"]) == (None, None)
    assert not (theirs["ExtendedSchoolEnrolmentInfo"] or {}).get("KeyValues")
    world.pull()
    assert world.item(enrolment) is None


# The version rule ------------------------------------------------------------------------------------------------


def test_two_quick_edits_both_arrive(world):
    """The second was made before the first had been answered: its seen version follows our own step."""
    enrolment = world.in_step()
    seen = world.copy(enrolment).core_version
    first = world.queue(enrolment, seen, exit_date=MAY)
    _taken, flight = claiming.claim(first.pk)
    second = world.queue(enrolment, seen, grade="09")
    assert second.pk != first.pk
    fly(flight)
    assert world.send(second).status == Status.ACCEPTED
    theirs = world.theirs(enrolment)
    assert (theirs["RegistrationExitDate"], theirs["Grade"]) == (MAY.isoformat(), "09")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.seen_version, second.base_version) == (seen, first.core_version)


def test_a_foreign_change_that_we_know_of_needs_a_review(world):
    enrolment = world.in_step()
    seen = world.copy(enrolment).core_version
    world.change_in_pasi(enrolment, Grade="09")
    world.pull()
    sent = world.send(world.queue(enrolment, seen, exit_date=MAY))
    assert (sent.status, sent.reason) == (Status.NEEDS_REVIEW, "changed_in_pasi")
    assert world.pasi.calls() == []


@pytest.mark.parametrize("as_fault", [False, True])
def test_a_foreign_change_that_only_pasi_knows_of_needs_a_review(world, as_fault):
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    world.change_in_pasi(enrolment, Grade="09")
    world.pasi.knobs(version_conflict_as_fault=as_fault)
    sent = world.send(queued)
    assert (sent.status, sent.reason) == (Status.NEEDS_REVIEW, "changed_in_pasi")
    assert world.theirs(enrolment)["RegistrationExitDate"] == "2027-06-26"
    item = world.item(enrolment)
    assert [(row["name"], row["sis"], row["pasi"]) for row in item.fields] == [("grade", "08", "09")]


def test_a_foreign_step_between_two_of_ours_is_not_jumped_over(world):
    enrolment = world.in_step()
    seen = world.copy(enrolment).core_version
    assert world.sync(enrolment, exit_date=MAY).status == Status.ACCEPTED
    world.change_in_pasi(enrolment, Grade="09")
    world.pull()
    assert world.send(world.queue(enrolment, seen, exit_date=JUNE)).status == Status.NEEDS_REVIEW


# What PASI says --------------------------------------------------------------------------------------------------


def test_a_rejection_keeps_pasis_words_and_its_version(world):
    enrolment = world.in_step()
    world.pasi.load(Student=[])
    queued = world.queue(enrolment, grants_program_codes="999")
    sent = world.send(queued)
    assert sent.status == Status.REJECTED
    assert sent.rejections == [{"code": sent.reason, "message": sent.detail}]
    assert "GrantsProgramCodes" in sent.detail
    assert sent.core_version == world.copy(enrolment).core_version
    assert not world.copy(enrolment).provisional


def test_a_value_that_pasi_does_not_take_is_a_rejection_for_people(world):
    enrolment = world.in_step()
    sent = world.sync(enrolment, programming_type="Surfing")
    assert (sent.status, sent.reason) == (Status.REJECTED, "3002")
    assert "ProgrammingType" in sent.detail


def test_a_rejected_record_that_is_corrected_closes_the_rejection(world):
    enrolment = world.in_step()
    rejected = world.sync(enrolment, programming_type="Surfing")
    corrected = world.sync(enrolment, programming_type="HomeEducation")
    rejected.refresh_from_db()
    assert corrected.status == Status.ACCEPTED
    assert (rejected.status, rejected.reason) == (Status.CANCELLED, "superseded")
    assert rejected.finished_at is not None


def test_our_own_fault_is_a_dead_letter_at_once(world):
    enrolment = world.in_step()
    world.pasi.knobs(fault={"code": "3001", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    sent = world.sync(enrolment, exit_date=MAY)
    assert (sent.status, sent.reason) == (Status.DEAD, "3001")


@pytest.mark.parametrize(("code", "reason"), [("9014", "not_yet"), ("4001", "pasi_fault")])
def test_what_passes_by_itself_is_tried_again_until_it_is_dead(world, code, reason):
    enrolment = world.in_step()
    world.set(maximum_attempts=3)
    queued = world.queue(enrolment, exit_date=MAY)
    world.pasi.knobs(fault={"code": code, "operation": "SubmitStudentSchoolEnrolment", "times": None})
    states = []
    for _ in range(3):
        world.send(queued)
        states.append((queued.status, queued.reason, queued.attempts))
    assert states == [("waiting", reason, 1), ("waiting", reason, 2), ("dead", "attempts", 3)]
    assert len(world.pasi.calls()) == 3
    assert not world.send(queued).attempts > 3


def test_a_second_try_arrives(world):
    enrolment = world.in_step()
    world.pasi.knobs(fault={"code": "9014", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    queued = world.queue(enrolment, exit_date=MAY)
    assert world.send(queued).status == Status.WAITING
    assert world.send(queued).status == Status.ACCEPTED
    assert world.theirs(enrolment)["RegistrationExitDate"] == MAY.isoformat()


def test_the_wait_between_two_tries_is_kept(world, settings):
    settings.BACK_OFF_SECONDS, settings.BACK_OFF_MAX_SECONDS = 20, 60
    enrolment = world.in_step()
    world.pasi.knobs(fault={"code": "9014", "operation": "SubmitStudentSchoolEnrolment", "times": 1})
    queued = world.sync(enrolment, exit_date=MAY)
    assert 9 < (queued.next_attempt_at - clock.now()).total_seconds() <= 20
    assert world.send(queued).status == Status.WAITING
    with clock.moved_to(clock.now() + dt.timedelta(seconds=21)):
        assert world.send(queued).status == Status.ACCEPTED


def test_nothing_changed_ends_the_submission(world):
    enrolment = world.in_step()
    world.pasi.knobs(fault=None)
    queued = world.queue(enrolment, exit_date=MAY)
    world.edit(enrolment, exit_date=enrolment.exit_date)
    world.take_up(enrolment)
    assert world.send(queued).status == Status.NO_CHANGE
    assert world.pasi.calls() == []


# Unknown outcomes ------------------------------------------------------------------------------------------------


def test_an_answer_that_was_dropped_is_read_back_and_applied_once(world):
    enrolment = world.in_step()
    world.pasi.knobs(answer_dropped=1)
    sent = world.sync(enrolment, exit_date=MAY)
    assert (sent.status, sent.reason) == (Status.ACCEPTED, "read_back")
    assert [call["applied"] for call in world.pasi.calls()] == [True]
    assert world.copy(enrolment).core_version == sent.core_version == world.theirs(enrolment)["PASICoreVersion"]
    assert world.link(enrolment).accepted_version == sent.core_version
    assert world.item(enrolment) is None


def test_a_dropped_answer_of_a_new_record_makes_no_second_one(world):
    enrolment = world.here()
    world.pasi.knobs(answer_dropped=1)
    assert world.sync(enrolment, grade="09").status == Status.ACCEPTED
    assert [record["RefId"].lower() for record in world.pasi.enrolments()] == [str(world.link(enrolment).key)]


@pytest.mark.parametrize("knob", ["truncated", "html"])
def test_an_answer_that_is_not_pasis_is_read_back(world, knob):
    enrolment = world.in_step()
    world.pasi.knobs(**{knob: {"operation": "SubmitStudentSchoolEnrolment", "times": 1}})
    queued = world.queue(enrolment, exit_date=MAY)
    world.send(queued)
    if knob == "html":  # something in front of PASI answered: PASI has not seen it, and it goes again
        assert (queued.status, queued.reason) == (Status.WAITING, "not_applied")
        world.send(queued)
    assert queued.status == Status.ACCEPTED
    assert [call["applied"] for call in world.pasi.calls()] == [True]
    assert LinkState.load().state == "up"


def test_an_unknown_outcome_stays_unknown_until_pasi_can_be_asked(world, settings):
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    world.pasi.knobs(answer_dropped=1, fault={"code": "2001", "operation": "GetStudentSchoolEnrolment", "times": 1})
    world.send(queued)
    assert (queued.status, queued.reason) == (Status.CHECKING, "outcome_unknown")
    assert sending.attempt(queued.pk) is False  # its lease lives
    with clock.moved_to(clock.now() + dt.timedelta(seconds=settings.LEASE_SECONDS + 1)):
        world.send(queued)
    assert (queued.status, queued.reason) == (Status.ACCEPTED, "read_back")
    assert [call["applied"] for call in world.pasi.calls()] == [True]


def test_a_foreign_change_right_after_a_dropped_answer_needs_a_review(world, settings):
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    world.pasi.knobs(answer_dropped=1, fault={"code": "2001", "operation": "GetStudentSchoolEnrolment", "times": 1})
    world.send(queued)
    world.change_in_pasi(enrolment, Grade="09")
    with clock.moved_to(clock.now() + dt.timedelta(seconds=settings.LEASE_SECONDS + 1)):
        assert world.send(queued).status == Status.NEEDS_REVIEW


def test_pasi_away_costs_no_attempt_and_nothing_is_sent_meanwhile(world):
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    world.pasi.knobs(unavailable=True)
    world.hang_up()
    world.send(queued)
    assert (queued.status, queued.reason, queued.attempts) == (Status.WAITING, "unavailable", 0)
    assert LinkState.load().state == "down"
    assert world.send(queued).attempts == 0
    assert Exchange.objects.filter(operation="SubmitStudentSchoolEnrolment").count() == 1
    world.pasi.knobs(unavailable=False)
    LinkState.objects.update(state="up")
    assert world.send(queued).status == Status.ACCEPTED


def test_pasi_going_away_on_an_open_connection_is_an_unknown_outcome(world, settings):
    """The request was written to the connection before it broke: nobody knows how far it came."""
    enrolment = world.in_step()
    queued = world.queue(enrolment, exit_date=MAY)
    world.pasi.knobs(unavailable=True)
    world.send(queued)
    assert (queued.status, queued.reason) == (Status.CHECKING, "outcome_unknown")
    world.pasi.knobs(unavailable=False)
    with clock.moved_to(clock.now() + dt.timedelta(seconds=settings.LEASE_SECONDS + 1)):
        assert world.send(queued).status == Status.WAITING
        assert world.send(queued).status == Status.ACCEPTED
    assert [call["applied"] for call in world.pasi.calls()] == [True]
