"""What a lost message or a killed process left behind is found again; one listener works at a time."""

import datetime as dt
import os
import socket
import threading
import time

import pytest

from operations import clock, heartbeats, liveness, offers, wake
from operations.models import Heartbeat
from operations.services import pending
from pasi_connect.models import EnrolmentCopy, LinkState, ListenerLease, Submission, SyncCursor, SyncSettings
from pasi_connect.models.submission import Status
from pasi_connect.panels.frame import _district, _synchronization
from pasi_connect.selectors import in_step
from pasi_connect.services import setting_up, starting
from pasi_connect.services.pull import listening
from pasi_connect.services.queue import claiming, sending, submissions, sweeping, unattended
from sis.models import DataEvent

pytestmark = pytest.mark.django_db

MAY = dt.date(2027, 5, 14)


@pytest.fixture
def woken(monkeypatch):
    """The messages that went to the broker: nobody runs them here."""
    sent = []
    monkeypatch.setattr(wake, "unread", lambda task: 0)
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
    assert woken == [("pasi_connect.send",)] * settings.SENDERS


def test_a_dead_lease_is_woken_by_its_number(world, woken, settings, time_passes):
    queued = world.queue(world.in_step(), exit_date=MAY)
    claiming.claim(queued.pk)
    sweeping.sweep()
    assert woken == []
    for _ in range(2):
        time_passes(settings.LEASE_SECONDS * 0.6)
        sweeping.sweep()
    assert woken == [("pasi_connect.send", queued.pk)]
    queued.refresh_from_db()
    assert (queued.status, queued.reason, queued.lease_holder) == (Status.CHECKING, "outcome_unknown", "")


@pytest.mark.parametrize("hours", [2, -2])
def test_a_living_sender_keeps_its_submission_whatever_the_clock_says(world, woken, settings, time_passes, hours):
    queued, _flight = claiming.claim(world.queue(world.in_step(), exit_date=MAY).pk)
    with later(hours * 3600):
        for _ in range(4):
            sweeping.sweep()
            time_passes(settings.LEASE_SECONDS * 0.6)
            lease_until = clock.now() + dt.timedelta(seconds=settings.LEASE_SECONDS)  # as its keeper renews it
            Submission.objects.filter(pk=queued.pk).update(lease_until=lease_until)
    sweeping.sweep()
    assert woken == []
    assert Submission.objects.get(pk=queued.pk).fence == queued.fence


def test_who_was_asleep_himself_declares_nobody_dead(time_passes):
    watch = liveness.Watch()
    assert watch.silent({"sender": 1}, 30) == []
    time_passes(3600)
    assert watch.silent({"sender": 1}, 30) == []
    time_passes(20)
    assert watch.silent({"sender": 1}, 30) == []
    time_passes(20)
    assert watch.silent({"sender": 1}, 30) == ["sender"]


def test_what_was_to_wait_by_a_clock_that_was_set_back_since_goes_now(world):
    queued = world.queue(world.in_step(), exit_date=MAY)
    Submission.objects.update(next_attempt_at=clock.now() + dt.timedelta(seconds=3))
    assert not sending.due().exists()  # a back-off
    Submission.objects.update(next_attempt_at=clock.now() + dt.timedelta(hours=2))
    assert list(sending.due()) == [queued]
    assert claiming.claim() is not None


def test_a_probe_put_off_by_a_clock_that_was_set_back_since_is_made(world, woken):
    LinkState.objects.update(state="down", next_probe_at=clock.now() + dt.timedelta(hours=2))
    sweeping.probe()
    assert LinkState.load().state == "up"


def test_nothing_is_woken_while_pasi_is_away(world, woken):
    world.queue(world.in_step(), exit_date=MAY)
    LinkState.objects.update(state="down", next_probe_at=clock.now() + dt.timedelta(seconds=20))
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


def test_one_listener_holds_the_lease_and_another_takes_it_when_it_ends(world, settings, time_passes):
    first, second = listening.Listener(), listening.Listener()
    second.name = "elsewhere:1"
    assert first.acquire()
    assert first.holds()
    assert not second.acquire()
    for hours in (2, -2, 0):  # its clock is set: it lives as long as it renews
        with later(hours * 3600):
            assert first.acquire()
            time_passes(settings.LEASE_SECONDS * 0.6)
            assert not second.acquire()
    for _ in range(2):
        time_passes(settings.LEASE_SECONDS * 0.6)
        taken = second.acquire()
    assert taken
    assert (second.holds(), first.holds()) == (True, False)
    assert not first.acquire()
    assert ListenerLease.objects.get().fence == second.fence > first.fence


def test_a_turn_pulls_what_is_new(world):
    enrolment = world.in_step()
    world.change_in_pasi(enrolment, Grade="09")
    listener = listening.Listener()
    listener.acquire()
    world.set(data_available_wait_minutes=1)
    listener._turn()
    assert world.copy(enrolment).grade == "09"
    assert listener.failures == 0


@pytest.mark.parametrize("reason", ["off", "delay", "down", "no-lease"])
def test_a_turn_asks_nothing_while_it_must_not(world, monkeypatch, reason):
    listener = listening.Listener()
    listener.stop.set()  # its waits end at once
    if reason != "no-lease":
        listener.acquire()
    world.set(regular_synchronization=reason != "off", start_delay_minutes=5 if reason == "delay" else 0)
    if reason == "down":
        LinkState.objects.update(state="down")
    if reason == "delay":
        heartbeats.mark_start()
    listener._turn()
    assert world.pasi.calls("IsDataAvailable") == []


def test_a_failure_is_waited_out_with_patience(world, settings):
    listener = listening.Listener()
    listener.acquire()
    listener.stop.set()
    world.pasi.knobs(fault={"code": "4001", "operation": "IsDataAvailable", "times": 1})
    listener._turn()
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


def test_synchronization_being_on_is_a_condition_of_the_demo_alone(world, settings):
    assert _synchronization() == {"on": True}
    world.set(regular_synchronization=False)
    assert _synchronization() == {"on": False}
    settings.DEMO = True
    assert _synchronization()["ok"] is False


def test_being_in_step_is_a_condition_of_the_demo_alone(world, settings):
    SyncCursor.objects.all().delete()  # nothing has been pulled whole
    settings.DEMO = True
    assert _district()["ok"] is False
    settings.DEMO = False
    assert _district() == {"reached": False}


def test_a_change_of_settings_is_remembered_until_it_has_been_carried_out(world, monkeypatch):
    """A lost message does not lose it, and what is asked for meanwhile stays for another time."""
    pending.ask(setting_up.RECONSIDER)
    errand = offers.errands["a change of settings"]
    assert errand.hands() == 1
    first = errand.mark()
    pending.carry_out(setting_up.RECONSIDER, lambda: pending.ask(setting_up.RECONSIDER))
    assert errand.hands() == 1
    assert errand.mark() > first
    errand.do()
    assert errand.hands() == 0


def test_the_tick_has_as_many_hands_as_senders_are_idle(world, settings):
    settings.SENDERS = 3
    assert unattended.idle_hands() == 0  # nothing waits
    rows = [world.queue(row, exit_date=MAY) for row in world.all_in_step(3)]
    assert unattended.idle_hands() == 3
    mark = unattended.mark()
    claiming.claim(rows[0].pk)
    assert unattended.idle_hands() == 2
    assert unattended.mark() != mark
    LinkState.objects.update(state="down")
    assert unattended.idle_hands() == 0  # only the probe asks then


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
    assert woken == [("pasi_connect.send",)]


# Start delay and polling interval ----------------------------------------------------------------------------------


@pytest.fixture
def just_started(world, monkeypatch):
    world.set(start_delay_minutes=5)
    heartbeats.mark_start()


def test_nothing_is_sent_before_the_start_delay_is_over(world, just_started):
    waiting = world.queue(world.in_step(), grade="09")
    for minutes, status in ((4, Status.WAITING), (6, Status.ACCEPTED)):
        with later(60 * minutes):
            assert sending.may_call() is (status == Status.ACCEPTED)
            assert world.send(waiting).status == status


def test_the_delay_counts_from_the_products_start_not_from_a_processs(world, just_started, monkeypatch):
    """A process that comes back after a fault, while others live, does not silence the line again."""
    with later(360):
        heartbeats.beat("worker")
        Heartbeat.objects.filter(name="worker").update(pid=os.getppid())
        heartbeats.mark_start()
        assert starting.begins_at(SyncSettings.load()) is None
    monkeypatch.setattr(starting, "_over_at", -starting.TRUST_SECONDS)
    with later(420):  # now all of them were gone
        heartbeats.mark_start()
        assert starting.begins_at(SyncSettings.load()) is not None


def test_a_restart_of_all_within_seconds_is_a_start_of_the_product(world, just_started):
    before = heartbeats.started_at()
    with later(6):
        Heartbeat.objects.update_or_create(
            name="worker", defaults={"at": clock.now(), "host": socket.gethostname()[:100], "pid": 2**22 + 1}
        )
        heartbeats.mark_start()
    assert heartbeats.started_at() > before


@pytest.mark.parametrize(("interval", "seconds", "released"), [(30, 29, False), (30, 31, True), (300, 31, False)])
def test_held_changes_are_checked_again_at_the_polling_interval(world, woken, interval, seconds, released):
    world.set(polling_interval_seconds=interval, start_delay_minutes=0)
    world.school.enrolment_sync = "inactive"
    world.school.save()
    held = world.queue(world.here(), grade="09")
    assert held.status == Status.HELD
    sweeping.sweep()
    type(world.school).objects.update(enrolment_sync="active")  # as a lost wake-up leaves it
    with clock.moved_to(sweeping._released_at + dt.timedelta(seconds=seconds)):
        sweeping.sweep()
    held.refresh_from_db()
    assert (held.status != Status.HELD) is released
