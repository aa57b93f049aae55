"""Kill -9 at every step of the way of one change: nothing is lost, nothing is done twice.

The process dies at its k-th step for k = 1 … K; K is found, not fixed: the first k that the way no longer reaches ends the test.
"""

import os
import time
from pathlib import Path

import pytest

from tests.faults.days import day
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(900)]
MOST_STEPS = 120


def exit_date(stage: Stage, number: int) -> str:
    return stage.record(number)["RegistrationExitDate"]


def steps(every: int = 1) -> range:
    """Every step in the full matrix and on SQLite's worker; else each `every`-th, beginning where CRASH_SEED says."""
    if os.environ.get("FULL_MATRIX"):
        return range(1, MOST_STEPS)
    every = int(os.environ.get("CRASH_EVERY", every))
    return range(1 + int(os.environ.get("CRASH_SEED", "0")) % every, MOST_STEPS, every)


def test_worker_killed_at_every_step(stage: Stage, tmp_path: Path) -> None:
    print(f"\nSQLite, worker: killed at K = {worker_killed(stage, tmp_path, steps())}")


def test_worker_killed_on_postgresql_and_redis(server_stage: Stage, tmp_path: Path) -> None:
    print(f"\nPostgreSQL and Redis, worker: killed at K = {worker_killed(server_stage, tmp_path, steps(6))}")


def test_registrars_process_killed_at_every_step(stage: Stage, tmp_path: Path) -> None:
    print(f"\nSQLite, web: killed at K = {registrar_killed(stage, tmp_path)}")


def test_registrars_process_killed_on_postgresql_and_redis(server_stage: Stage, tmp_path: Path) -> None:
    print(f"\nPostgreSQL and Redis, web: killed at K = {registrar_killed(server_stage, tmp_path)}")


def test_listener_killed_at_every_step(stage: Stage, tmp_path: Path) -> None:
    print(f"\nSQLite, listener: killed at K = {listener_killed(stage, tmp_path, steps(4))}")


def test_listener_killed_on_postgresql_and_redis(server_stage: Stage, tmp_path: Path) -> None:
    print(f"\nPostgreSQL and Redis, listener: killed at K = {listener_killed(server_stage, tmp_path, steps(6))}")


def worker_killed(stage: Stage, tmp_path: Path, wanted: range) -> int:
    """Gives the last step at which it died; so do the two below."""
    trigger = tmp_path / "crash"
    reached = 0
    for k in wanted:
        stage.start("worker", trigger)
        stage.until(stage.is_quiet, f"quiet before step {k}")
        trigger.write_text(str(k))
        number = k % stage.students
        stage.do(
            "change", enrolment=stage.enrolments[number], changes={"exit_date": day(k), "grade": f"{1 + k % 9:02d}"}
        )
        stage.until(
            lambda number=number, k=k: (
                not stage.alive("worker") or (exit_date(stage, number) == day(k) and stage.is_quiet())
            ),
            f"step {k}",
        )
        if stage.alive("worker"):
            stage.kill("worker")
            trigger.unlink(missing_ok=True)
            break
        reached = k
    stage.start("worker")
    stage.until(lambda: exit_date(stage, number) == day(k), "the last change")
    stage.assert_sound()
    assert reached >= 10, f"the way of a change has more steps than {reached}"
    return reached


def registrar_killed(stage: Stage, tmp_path: Path) -> int:
    """The web process: either the change is committed whole and arrives, or nothing of it is there."""
    trigger = tmp_path / "crash"
    stage.start("worker")
    reached = 0
    for k in range(1, MOST_STEPS):
        stage.kill("driver")
        stage.start("driver", trigger)
        trigger.write_text(str(k))
        number = k % stage.students
        try:
            stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": day(k)})
        except (BrokenPipeError, RuntimeError):
            reached = k
            stage.kill("driver")
            stage.start("driver")
            continue
        trigger.unlink(missing_ok=True)
        break
    stage.assert_sound()
    assert reached >= 3
    return reached


def listener_killed(stage: Stage, tmp_path: Path, wanted: range) -> int:
    """Every change made in PASI is noticed once, whatever the listener was doing when it died."""
    trigger = tmp_path / "crash"
    stage.start("worker")
    reached = 0
    for k in wanted:
        stage.kill("listener")
        stage.start("listener", trigger)
        number = k % stage.students
        trigger.write_text(str(k))
        stage.foreign_edit(number, Grade=f"{1 + k % 9:02d}", RegistrationExitDate=day(k))
        version = stage.record(number)["PASICoreVersion"]
        end = time.monotonic() + 20
        while stage.alive("listener") and time.monotonic() < end and not noticed(stage, version):
            time.sleep(0.05)
        if stage.alive("listener"):
            trigger.unlink(missing_ok=True)
            break
        reached = k
    stage.kill("listener")
    stage.start("listener")
    stage.until(lambda: noticed(stage, version), "the last change of PASI")
    for item in stage.do("state")["open"]:
        stage.do("accept" if item % 2 else "reject", item=item)
    stage.until(lambda: not stage.do("state")["open"], "every item settled")
    stage.assert_sound()
    assert reached >= 5
    return reached


def noticed(stage: Stage, version: int) -> bool:
    return any(row.endswith(f".{version}") for row in stage.do("open_versions"))
