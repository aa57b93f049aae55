"""The clock is set two hours ahead and back with senders at work: no call goes twice, nothing of ours looks foreign, all moves."""

import time
from pathlib import Path

import pytest

from tests.faults import manners
from tests.faults.days import new_day
from tests.faults.servers import Database, Redis
from tests.faults.stage import SETTINGS, Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(600)]

SUBMIT = "SubmitStudentSchoolEnrolment"
WITHIN = 60.0  # seconds, and at the leases of these tests much less
LEASE = float(SETTINGS["LEASE_SECONDS"])


def change(stage: Stage, number: int) -> str:
    wanted = new_day()
    stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": wanted})
    return wanted


def accepted(stage: Stage, number: int) -> float:
    """Waits until the newest change of a record is in PASI; gives the seconds."""
    began = time.monotonic()
    stage.until(lambda: stage.submission(number)["status"] == "accepted", f"change {number} to be accepted", WITHIN)
    return time.monotonic() - began


def living_senders_keep_what_they_have(stage: Stage) -> None:
    with manners.held_back() as wait:
        order = stage.proxy.misbehave(wait)
        change(stage, 0)
        stage.until(lambda: order.used == 1, "the call")
        before = stage.submission(0)
        for number, hours in ((1, 2), (2, 0), (3, -2), (4, 0)):
            stage.set_clock(hours)
            time.sleep(1.5 * LEASE)
            change(stage, number)
            took = accepted(stage, number)
            print(f"\nclock {hours:+d} h: another student's change in PASI after {took:.1f} s")
            now = stage.submission(0)
            assert (now["status"], now["fence"], now["id"]) == ("in_flight", before["fence"], before["id"])
        assert stage.proxy.count(SUBMIT) == 1 + 4
    accepted(stage, 0)
    assert stage.do("state")["open"] == []


def the_dead_are_found_after_the_clock_went_back(stage: Stage) -> None:
    """What the dead have written lies two hours ahead: leases, heartbeats, back-offs."""
    stage.set_clock(2)
    stage.knobs(fault={"code": "9014", "operation": SUBMIT, "times": 1})
    change(stage, 5)  # is put off
    stage.until(lambda: stage.submission(5).get("attempts", 0) >= 1, "a first attempt")
    with manners.held_back() as wait:
        order = stage.proxy.misbehave(wait)
        change(stage, 6)
        stage.until(lambda: order.used == 1, "the call")
        for name in ("worker", "worker2", "listener"):
            stage.kill(name)
    stage.set_clock(0)
    change(stage, 7)
    began = time.monotonic()
    for name in ("worker", "worker2", "listener"):
        stage.start(name)
    for number in (5, 6, 7):
        accepted(stage, number)
    stage.foreign_edit(3, Grade=stage.other_grade(3))
    stage.until(lambda: len(stage.do("state")["open"]) == 1, "the listener to hear of a foreign change", WITHIN)
    took = time.monotonic() - began
    print(f"clock back: all moves {took:.1f} s after the start of new processes")
    assert took < WITHIN
    stage.do("accept", item=stage.do("state")["open"][0])


def the_clock_is_set(stage: Stage) -> None:
    for name in ("worker", "worker2"):
        stage.start(name)
    living_senders_keep_what_they_have(stage)
    the_dead_are_found_after_the_clock_went_back(stage)
    stage.assert_sound()


def test_two_hours_ahead_and_back(tmp_path: Path) -> None:
    with Stage(tmp_path, proxied=True) as stage:
        the_clock_is_set(stage)


def test_two_hours_ahead_and_back_on_servers(tmp_path: Path, database: Database, redis: Redis) -> None:
    with Stage(tmp_path, proxied=True, database_url=database.url, redis_url=redis.url) as stage:
        the_clock_is_set(stage)
