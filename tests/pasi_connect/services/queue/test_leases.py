"""Who has claimed a submission sends it, and who has died is found out; several go in a row. Against the real simulator."""

import datetime as dt
import time

import pytest

from operations import clock
from operations.models import AuditEntry
from pasi_connect.models import Exchange, Submission
from pasi_connect.models.submission import Status
from pasi_connect.services.queue import claiming, lease, outcomes, sending
from pasi_connect.soap import gateway
from pasi_connect.soap.gateway import Answer, CallResult
from pasi_connect.soap.transport import _Connection
from tests.pasi_connect.services.queue.flights import claimed, fly

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


def test_a_claimed_submission_is_not_claimed_again(world):
    submission, _flight = claimed(world, world.in_step(), exit_date=MAY)
    assert submission.status == Status.IN_FLIGHT
    assert submission.lease_holder == lease.holder()
    assert claiming.claim(submission.pk) is None
    assert sending.attempt(submission.pk) is False


def test_one_lane_sends_one_at_a_time_and_in_order(world):
    first = world.in_step()
    second = world.in_step(world.other, student=first.student)
    elsewhere = world.in_step()
    one, two, three = (world.queue(row, exit_date=MAY) for row in (first, second, elsewhere))
    assert list(sending.due().values_list("pk", flat=True)) == [one.pk, three.pk]
    assert sending.attempt(two.pk) is False
    _submission, flight = claiming.claim(one.pk)
    assert list(sending.due().values_list("pk", flat=True)) == [three.pk]
    fly(flight)
    assert world.send(two).status == Status.ACCEPTED


def seen_dead(settings):
    """The tick has watched the sender for the length of a lease, and seen no sign of life."""
    before, settings.LEASE_SECONDS = settings.LEASE_SECONDS, 0
    claiming.free_the_dead()
    settings.LEASE_SECONDS = before


def test_a_sender_that_died_before_the_call_is_found_out_and_goes_again(world, settings):
    enrolment = world.in_step()
    submission, _flight = claimed(world, enrolment, exit_date=MAY)
    seen_dead(settings)
    assert world.send(submission).status == Status.WAITING
    assert submission.reason == "not_applied"
    assert world.send(submission).status == Status.ACCEPTED
    assert [call["applied"] for call in world.pasi.calls()] == [True]


def test_a_sender_that_died_after_the_call_is_found_out_and_nothing_goes_twice(world, settings):
    enrolment = world.in_step()
    submission, flight = claimed(world, enrolment, exit_date=MAY)
    answer = gateway.exchange(flight.message).answer
    assert answer.good
    seen_dead(settings)
    world.send(submission)
    assert (submission.status, submission.reason) == (Status.ACCEPTED, "read_back")
    assert submission.core_version == answer.value["PASICoreVersion"]
    assert len(world.pasi.calls()) == 1


def test_a_late_outcome_is_refused_by_its_fence(world, settings):
    """The first sender was slow, not dead: what it reports after another took over changes nothing."""
    enrolment = world.in_step()
    slow, flight = claimed(world, enrolment, exit_date=MAY)
    seen_dead(settings)
    taken_over = claiming.take_over(slow.pk)
    assert taken_over is not None
    assert taken_over.fence > slow.fence
    late = Answer("rejected", {"PASICoreVersion": 1}, code="10016", detail="late")
    outcomes.record(flight, CallResult(late, b"late", 1, clock.now()))
    slow.refresh_from_db()
    assert slow.status == Status.CHECKING
    outcomes.read_back(taken_over)
    slow.refresh_from_db()
    assert (slow.status, slow.rejections) == (Status.WAITING, [])


def test_every_state_on_the_way_is_in_the_audit(world):
    enrolment = world.in_step()
    world.pasi.knobs(answer_dropped=1)
    sent = world.sync(enrolment, exit_date=MAY)
    entries = AuditEntry.objects.filter(entity="submission", subject_id=str(sent.pk)).order_by("id")
    assert [entry.changes["status"] for entry in entries] == [
        [None, "waiting"],
        ["waiting", "in_flight"],
        ["in_flight", "checking"],
        ["checking", "accepted"],
    ]
    assert entries[0].actor_name == world.user.full_name


def test_drain_sends_whatever_is_due(world):
    rows = world.all_in_step(5)
    for row in rows:
        world.queue(row, exit_date=MAY)
    sending.drain()
    assert set(Submission.objects.values_list("status", flat=True)) == {Status.ACCEPTED}
    assert {record["RegistrationExitDate"] for record in world.pasi.enrolments()} == {MAY.isoformat()}


# Several in a row ------------------------------------------------------------------------------------------------


def queue_of(world, count):
    return [world.queue(row, exit_date=MAY) for row in world.all_in_step(count)]


def steps_of(submission):
    entries = AuditEntry.objects.filter(entity="submission", subject_id=str(submission.pk)).order_by("id")
    return [entry.changes["status"][1] for entry in entries]


def at_call(monkeypatch, number, do):
    """`do` is done right before that call of a sender, counted from 1."""
    real, calls = gateway.exchange, []

    def exchange(message, over=None):
        calls.append(message.exchange_id)
        if len(calls) == number:
            do()
        return real(message, over)

    monkeypatch.setattr(gateway, "exchange", exchange)


def test_what_was_made_ready_behind_a_slow_answer_goes_back_to_the_queue(world, monkeypatch):
    rows = queue_of(world, 4)
    woken = []
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(sending, "DRAIN_SECONDS", 2.0)
    monkeypatch.setattr(sending.wake, "look", woken.append)
    at_call(monkeypatch, 2, lambda: time.sleep(2.5))
    sending.drain()
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == ["accepted", "accepted", "waiting", "waiting"]
    assert steps_of(rows[2]) == ["waiting", "in_flight", "waiting"]
    assert (rows[2].attempts, rows[2].reason, rows[2].lease_until) == (0, "", None)
    assert not rows[2].exchanges.exists()
    assert woken == ["pasi_connect.send"] * 2  # another sender may have it; and a successor for the rest
    assert len(world.pasi.calls()) == 2


@pytest.mark.parametrize(
    ("code", "states", "calls"),
    [
        ("9014", ["accepted", "accepted", "accepted"], 4),  # PASI is there: all go on, that one a second time
        ("1003", ["accepted", "waiting", "waiting"], 2),
        ("2001", ["accepted", "waiting", "waiting"], 2),
    ],
)
def test_no_call_follows_at_once_on_one_that_did_not_end_as_usual(world, monkeypatch, code, states, calls):
    rows = queue_of(world, 3)
    fault = {"code": code, "operation": "SubmitStudentSchoolEnrolment", "times": 1}
    at_call(monkeypatch, 2, lambda: world.pasi.knobs(fault=fault))
    sending.drain()
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == states
    assert len(world.pasi.calls()) == calls
    assert Exchange.objects.filter(operation="SubmitStudentSchoolEnrolment").count() == calls
    assert not Exchange.objects.filter(outcome="").exists()
    assert rows[2].attempts == (1 if states[2] == "accepted" else 0)


def test_several_in_a_row_take_one_handshake(world, monkeypatch):
    rows, connect, made = queue_of(world, 5), _Connection.connect, []
    world.hang_up()
    monkeypatch.setattr(_Connection, "connect", lambda self: made.append(1) or connect(self))
    sending.drain(rows[0].pk)
    world.queue(world.in_step(), exit_date=MAY)
    sending.drain()
    assert Submission.objects.filter(status="accepted").count() == 6
    assert len(made) == 1
