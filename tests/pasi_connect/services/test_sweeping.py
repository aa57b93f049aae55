"""What a lost message or a killed process left behind is found again; one listener works at a time."""

import datetime as dt
import threading
import time

import pytest

from operations import clock, wake
from pasi_connect.models import EnrolmentCopy, LinkState, ListenerLease, Submission, SyncCursor
from pasi_connect.models.submission import Status
from pasi_connect.panels import _synchronisation
from pasi_connect.selectors import in_step
from pasi_connect.services import claiming, listening, sending, submissions, sweeping
from sis.models import DataEvent

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


@pytest.fixture
def woken(monkeypatch):
    """The messages that went to the broker: nobody runs them here."""
    sent = []
    monkeypatch.setattr(sweeping, "_released_at", dt.datetime.min.replace(tzinfo=dt.UTC))
    monkeypatch.setattr(wake.current_app, "send_task", lambda task, args, **_more: sent.append((task, *args)))
    return sent


def later(seconds):
    return clock.moved_to(clock.now() + dt.timedelta(seconds=seconds))


def test_an_event_whose_wake_was_lost_is_collected(world, woken):
    enrolment = world.in_step()
    world.edit(enrolment, exit_date=MAY)
    sweeping.sweep()
    assert not Submission.objects.exists()  # the woken task has its chance first
    with later(5):
        sweeping.sweep()
    assert Submission.objects.get().status == Status.WAITING
    assert not DataEvent.objects.filter(collected_at=None).exists()


def test_what_is_due_wakes_the_senders(world, woken, settings):
    world.queue(world.in_step(), exit_date=MAY)
    sweeping.sweep()
    assert woken == [("pasi_connect.send", 0)] * settings.SENDERS


def test_a_dead_lease_is_woken_by_its_number(world, woken, settings):
    queued = world.queue(world.in_step(), exit_date=MAY)
    claiming.claim(queued.pk)
    sweeping.sweep()
    assert woken == []
    with later(settings.LEASE_SECONDS + 1):
        sweeping.sweep()
    assert woken == [("pasi_connect.send", queued.pk)]


def test_nothing_is_woken_while_pasi_is_away(world, woken):
    world.queue(world.in_step(), exit_date=MAY)
    LinkState.objects.update(state="down", next_probe_at=clock.now() + dt.timedelta(minutes=1))
    sweeping.sweep()
    assert woken == []


def test_what_is_held_goes_as_soon_as_the_cause_is_gone(world, woken):
    world.set(regular_synchronization=False)
    held = world.queue(world.in_step(), exit_date=MAY)
    assert held.status == Status.HELD
    world.set(regular_synchronization=True)
    with later(60):
        sweeping.sweep()
    held.refresh_from_db()
    assert held.status == Status.WAITING


@pytest.mark.django_db(transaction=True)
def test_the_lease_of_a_slow_answer_is_renewed_while_it_is_awaited(world, settings):
    settings.LEASE_HEARTBEAT_SECONDS = 0.1
    queued = world.queue(world.in_step(), exit_date=MAY)
    world.pasi.knobs(delay_ms=1500)
    sender = threading.Thread(target=_attempt, args=(queued.pk,))
    sender.start()
    seen = set()
    while sender.is_alive():
        seen |= set(Submission.objects.filter(status="in_flight").values_list("lease_until", flat=True))
        time.sleep(0.05)
    queued.refresh_from_db()
    assert (queued.status, queued.fence, queued.lease_until) == (Status.ACCEPTED, 1, None)
    assert len(seen) > 2


def _attempt(pk):
    from django.db import connection

    try:
        sending.attempt(pk)
    finally:
        connection.close()


# The listener ----------------------------------------------------------------------------------------------------


def test_one_listener_holds_the_lease_and_another_takes_it_when_it_ends(world, settings):
    first, second = listening.Listener(), listening.Listener()
    second.name = "elsewhere:1"
    assert first.acquire()
    assert first.holds()
    assert not second.acquire()
    assert first.acquire()  # renewed
    with later(settings.LEASE_SECONDS + 1):
        assert second.acquire()
        assert (second.holds(), first.holds()) == (True, False)
        assert not first.acquire()
    assert ListenerLease.objects.get().fence == second.fence > first.fence


def test_a_turn_pulls_what_is_new(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="09")
    listener = listening.Listener()
    listener.acquire()
    world.set(data_available_wait_minutes=1)
    listener._turn(age_seconds=1000)
    assert world.copy(enrolment).grade == "09"
    assert listener.failures == 0


@pytest.mark.parametrize("reason", ["off", "delay", "down", "no-lease"])
def test_a_turn_asks_nothing_while_it_must_not(world, reason):
    listener = listening.Listener()
    listener.stop.set()  # its waits end at once
    if reason != "no-lease":
        listener.acquire()
    world.set(regular_synchronization=reason != "off", start_delay_minutes=5 if reason == "delay" else 0)
    if reason == "down":
        LinkState.objects.update(state="down")
    listener._turn(age_seconds=1)
    assert world.pasi.calls("IsDataAvailable") == []


def test_a_failure_is_waited_out_with_patience(world, settings):
    listener = listening.Listener()
    listener.acquire()
    listener.stop.set()
    world.pasi.knobs(fault={"code": "4001", "operation": "IsDataAvailable", "times": 1})
    listener._turn(age_seconds=1000)
    assert listener.failures == 1
    assert not EnrolmentCopy.objects.exists()


# In step ---------------------------------------------------------------------------------------------------------


def test_in_step_only_when_every_record_is_the_same_on_both_sides(world):
    SyncCursor.objects.all().delete()
    assert not in_step()
    enrolment = world.here()
    world.pull()
    assert not in_step()
    world.sync(enrolment, grade="09")
    world.pull()
    assert in_step()
    world.change_in_pasi(enrolment, Grade="10")
    world.pull()
    assert in_step()  # it was, once: a difference of today is no unfinished start


def test_health_says_that_synchronisation_is_off(world):
    assert _synchronisation() == {"ok": True}
    world.set(regular_synchronization=False)
    assert _synchronisation()["ok"] is False


def test_releasing_looks_at_each_held_row_and_no_other(world):
    world.set(regular_synchronization=False)
    rows = [world.queue(row, exit_date=MAY) for row in world.all_in_step(3)]
    world.set(regular_synchronization=True)
    assert submissions.release_held(subject_id=rows[0].subject_id) == 1
    assert submissions.release_held() == 2
    assert submissions.release_held() == 0


def test_a_sender_that_holds_two_rows_counts_once(world, woken, settings):
    """It has one on the wire and the next one ready: another sender may still be idle."""
    settings.SENDERS = 2
    for row in world.all_in_step(3):
        world.queue(row, exit_date=MAY)
    claiming.claim()
    claiming.claim()
    sweeping.sweep()
    assert woken == [("pasi_connect.send", 0)]
