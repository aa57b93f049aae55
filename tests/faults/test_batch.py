"""Kill -9 in the middle of a call that carries several sections: each has its outcome, nothing is lost, nothing is done twice."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults import manners
from tests.faults.invariants import all_of
from tests.faults.proxy import Exchange
from tests.faults.stage import Stage
from tests.faults.test_crash_points import steps

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(900)]
SUBMIT = "SubmitSection"
COUNT = 4


def teach(stage: Stage) -> Stage:
    """The sections are in PASI; the worker runs."""
    stage.start("worker")
    stage.do("teach", count=COUNT, today=dt.date.today().isoformat())
    assert_each_once(stage, 7500)
    return stage


@pytest.fixture
def taught(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, students=2, proxied=True) as stage:
        yield teach(stage)


def minutes_in_pasi(stage: Stage) -> list[int]:
    return [row["InstructionalMinutesOffered"] for row in all_of(f"{stage.control}/records/Section/")]


def calls(stage: Stage) -> list[dict]:
    return all_of(f"{stage.control}/calls/?operation={SUBMIT}")


def assert_each_once(stage: Stage, minutes: int) -> None:
    """PASI has the last values, and has applied each section once for each submission of it, all of which are accepted."""
    stage.until(lambda: stage.is_quiet() and minutes_in_pasi(stage) == [minutes] * COUNT, f"{minutes} in PASI")
    rows = stage.do("of_sections")
    assert [row for row in rows if row[1] != "accepted"] == []
    applied = Counter(key for call in calls(stage) if call["applied"] for key in call["key"].split())
    assert applied == Counter(key for key, _status, _reason in rows)
    stage.assert_sound()


@contextmanager
def lost() -> Iterator[manners.Manner]:
    """Calls wait at PASI's door until the block ends, and are gone then."""
    opened = threading.Event()

    def manner(exchange: Exchange) -> None:
        opened.wait(60)
        manners.close(exchange)

    try:
        yield manner
    finally:
        opened.set()


@pytest.mark.parametrize("done", [True, False], ids=["PASI has done it", "PASI has not"])
@pytest.mark.parametrize("end", [manners.held_back, lost], ids=["it arrives late", "it is lost"])
def test_killed_while_pasi_has_the_call(taught: Stage, done: bool, end: Any) -> None:
    """What arrives late has come once already where PASI has done it: then PASI refuses it."""
    before = len(calls(taught))
    with end() as wait:
        order = taught.proxy.misbehave(manners.after_commit(wait) if done else wait, SUBMIT)
        taught.do("change_sections", minutes=7000)
        taught.until(lambda: order.used == 1, "the call")
        if done:
            taught.until(lambda: minutes_in_pasi(taught) == [7000] * COUNT, "PASI's commit")
        taught.kill("worker")
    taught.start("worker")
    assert_each_once(taught, 7000)
    assert sum(len(call["key"].split()) for call in calls(taught)[before:] if call["applied"]) == COUNT


def test_killed_at_every_step_of_a_call(taught: Stage, tmp_path: Path) -> None:
    print(f"\nSQLite, several in a call: killed at K = {killed(taught, tmp_path)}")


def test_killed_at_every_step_of_a_call_on_postgresql_and_redis(server_stage: Stage, tmp_path: Path) -> None:
    print(f"\nPostgreSQL and Redis, several in a call: killed at K = {killed(teach(server_stage), tmp_path)}")


def killed(stage: Stage, tmp_path: Path) -> int:
    """Gives the last step at which it died."""
    trigger = tmp_path / "crash"
    reached = minutes = 0
    for k in steps(7):
        stage.kill("worker")
        trigger.unlink(missing_ok=True)
        stage.start("worker", trigger)
        trigger.write_text(str(k))
        minutes = 5000 + k
        stage.do("change_sections", minutes=minutes)
        stage.until(
            lambda minutes=minutes: (
                not stage.alive("worker") or (minutes_in_pasi(stage) == [minutes] * COUNT and stage.is_quiet())
            ),
            f"step {k}",
        )
        if stage.alive("worker"):
            break
        reached = k
        stage.start("worker")
        assert_each_once(stage, minutes)
    assert reached >= 10, f"the way of a call has more steps than {reached}"
    return reached
