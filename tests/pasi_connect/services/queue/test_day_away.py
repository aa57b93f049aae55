"""PASI is away for a day, by the test's clock: it is probed at a bounded rate, and what has gathered goes out in order, once each."""

import datetime as dt
import os
from collections import Counter

import pytest

from operations import clock, wake
from pasi_connect.models import Exchange, LinkState, Submission
from pasi_connect.services.queue import sending, sweeping
from pasi_connect.soap import gateway

pytestmark = [pytest.mark.django_db, pytest.mark.slow_process, pytest.mark.timeout(900)]

# The whole day belongs to the full matrix (minutes of probes); its first hours show the same.
HOURS = 24 if os.environ.get("FULL_MATRIX") else 3
STUDENTS = 8
SUBMIT = "SubmitStudentSchoolEnrolment"


@pytest.fixture
def woken(monkeypatch):
    """What a sweep wakes, in place of a broker."""
    calls = []
    monkeypatch.setattr(wake, "look", lambda task, *args: calls.append(args[0] if args else None))
    return calls


def tick(moment, woken):
    """One round at `moment`, and the senders that it wakes. Gives how many those were."""
    woken.clear()
    with clock.moved_to(moment):
        sweeping.sweep()
        waked = list(woken)
        for pk in waked:
            sending.drain(pk)
    return len(waked)


def test_a_day_away_is_probed_little_and_drained_in_order(world, woken, settings):
    rows = [
        row
        for _ in range(STUDENTS)
        for first in [world.in_step()]
        for row in (first, world.in_step(world.other, student=first.student))
    ]
    began = moment = clock.now()
    world.pasi.knobs(unavailable=True)
    world.hang_up()
    for hour in range(HOURS):
        with clock.moved_to(moment):
            # Two records of each of three students an hour: in three hours each record once, in a day nine times.
            for number in range(6):
                place = (6 * hour + number) % len(rows)
                world.queue(rows[place], exit_date=dt.date(2027, 5, 1) + dt.timedelta(days=hour))
        while moment < began + dt.timedelta(hours=hour + 1):
            tick(moment, woken)
            after = LinkState.load().next_probe_at or moment
            moment = max(moment + dt.timedelta(seconds=settings.TICK_SECONDS), after)
    made = Exchange.objects.filter(sent_at__gte=began)
    calls = Counter(int((sent - began).total_seconds() // 3600) for sent in made.values_list("sent_at", flat=True))
    # 15 to 30 s between two probes, 1 to 30 s in the first minutes, whatever waits.
    assert 115 <= min(calls.values()) <= max(calls.values()) <= 3600 / (gateway.PROBE_MOST_SECONDS / 2) + 10
    assert Counter(made.values_list("operation", flat=True)) == {SUBMIT: 1, "HelloWorld": calls.total() - 1}
    waiting = list(Submission.objects.order_by("id").values_list("key", "lane", "status", "attempts"))
    assert {(status, attempts) for _, _, status, attempts in waiting} == {("waiting", 0)}
    assert len(waiting) == min(len(rows), 6 * HOURS)  # however often a record was changed, it goes once

    world.pasi.knobs(unavailable=False)
    longest = 0
    for _ in range(60):
        longest = max(longest, tick(moment, woken))
        moment += dt.timedelta(seconds=settings.TICK_SECONDS)
        if not Submission.objects.exclude(status="accepted").exists():
            break
    assert set(Submission.objects.values_list("status", flat=True)) == {"accepted"}
    assert longest <= settings.SENDERS  # so many calls at once, never more
    sent = [call["request"]["StudentSchoolEnrolment"]["RefId"].lower() for call in world.pasi.calls()]
    assert sorted(sent) == sorted(str(ref_id) for ref_id, *_ in waiting)
    for lane in {lane for _, lane, *_ in waiting}:
        queued = [str(ref_id) for ref_id, of, *_ in waiting if of == lane]
        assert [ref_id for ref_id in sent if ref_id in queued] == queued
    for row in rows:
        row.refresh_from_db()
        assert world.theirs(row)["RegistrationExitDate"] == row.exit_date.isoformat()
