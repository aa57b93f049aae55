"""Kill -9 in the middle of filling the columns of a new field: each record is compared once, and PASI keeps what it holds."""

from pathlib import Path

import pytest

from tests.faults.days import new_day
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(600)]

STUDENTS = 250  # three chunks on SQLite
STEPS = (4, 13)  # at which the job's worker is killed


def test_a_new_field_whose_columns_are_filled_by_a_worker_that_is_killed(tmp_path: Path) -> None:
    with Stage(tmp_path, students=STUDENTS) as stage:
        stage.start("worker")
        interrupted = sum(killed(stage, tmp_path / "crash", number, step) for number, step in enumerate(STEPS))
        assert interrupted, "the job's worker was never killed"
        stage.assert_sound()


def killed(stage: Stage, trigger: Path, number: int, step: int) -> int:
    """The field is added and its job's worker dies at that step, while somebody saves the n-th record."""
    trigger.write_text(str(step))
    stage.start("jobs", trigger)
    job, day = stage.do("add_field", name="resident_board"), new_day()

    def over() -> bool:
        return stage.do("job", job=job)["status"] not in ("queued", "running")

    stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": day})
    stage.until(lambda: not stage.alive("jobs") or over(), f"step {step}")
    stage.kill("jobs")
    trigger.unlink(missing_ok=True)
    stage.start("jobs")
    stage.until(over, f"the job to end after step {step}")
    stage.kill("jobs")
    found = stage.do("job", job=job)
    assert (found["status"], found["failed"], stage.do("unfilled")) == ("completed", 0, 0)
    stage.until(lambda: stage.do("waiting_changes") == STUDENTS, "every record to wait for a decision", 60)
    stage.until(lambda: stage.record(number)["RegistrationExitDate"] == day, "the change to be in PASI", 60)
    boards = stage.record(number)["ExtendedSchoolEnrolmentInfo"]["KeyValues"]
    assert {"Key": "ResidentBoard", "Value": "7010"} in boards
    stage.do("agree_to_boards")
    return found["interruptions"]
