"""Kill -9 in the middle of decisions in bulk and of their undo: every record exactly once, and a registrar saves meanwhile."""

from pathlib import Path

import pytest

from tests.faults.days import new_day
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(600)]

STUDENTS = 90  # three chunks on SQLite
STEPS = (4, 14, 23, 31, 40, 52)  # of the some sixty at which the job's worker is killed


@pytest.fixture
def many(tmp_path: Path):
    with Stage(tmp_path, students=STUDENTS) as made:
        made.start("worker")
        yield made


def edited(stage: Stage) -> None:
    """Every record is changed in PASIprep, and its change waits here."""
    date = new_day()
    for number in range(STUDENTS):
        stage.foreign_edit(number, RegistrationExitDate=date)
    stage.until(lambda: stage.do("waiting_changes") == STUDENTS, "every change to wait for a decision", 60)


def over(stage: Stage, job: int) -> bool:
    return stage.do("job", job=job)["status"] not in ("queued", "running")


def killed(stage: Stage, trigger: Path, step: int, begin: str, **given: object) -> dict:
    """Starts the job, kills its worker at that step, starts another. Gives what `begin` gave."""
    trigger.write_text(str(step))
    stage.start("jobs", trigger)
    made = stage.do(begin, **given)
    job = made["job"] if isinstance(made, dict) else made
    stage.until(lambda: not stage.alive("jobs") or over(stage, job), f"step {step} of {begin}")
    stage.kill("jobs")
    trigger.unlink(missing_ok=True)
    stage.start("jobs")
    stage.until(lambda: over(stage, job), f"{begin} to end after step {step}")
    stage.kill("jobs")
    return made


def test_a_bulk_killed_at_its_steps_decides_every_record_once(many: Stage, tmp_path: Path) -> None:
    trigger, interrupted = tmp_path / "crash", 0
    for step in STEPS:
        edited(many)
        before = many.do("all_decisions")
        made = killed(many, trigger, step, "decide_all", decision="accept")
        job = many.do("job", job=made["job"])
        assert (job["status"], job["done"], job["total"], job["failed"]) == ("completed", STUDENTS, STUDENTS, 0)
        interrupted += job["interruptions"]
        counts = many.do("decided_by", action=made["action"])
        assert counts == {"records": STUDENTS, "different": STUDENTS, "decisions": STUDENTS, "standing": STUDENTS}
        assert many.do("all_decisions") == before + STUDENTS
    assert interrupted >= len(STEPS) - 1, f"the job's worker was killed only {interrupted} times"
    many.assert_sound()


def test_what_is_kept_goes_out_once_and_an_undo_that_is_killed_takes_each_back_once(
    many: Stage, tmp_path: Path
) -> None:
    many.kill("worker")  # nothing goes out before it is taken back
    edited(many)
    many.start("jobs")
    made = many.do("decide_all", decision="reject")
    many.until(lambda: over(many, made["job"]), "the bulk")
    many.kill("jobs")
    undo = killed(many, tmp_path / "crash", 25, "undo_all", action=made["action"])
    assert many.do("job", job=undo)["status"] == "completed"
    assert many.do("decided_by", action=made["action"])["standing"] == 0
    assert many.do("waiting_changes") == STUDENTS
    many.start("worker")
    many.start("jobs")
    again = many.do("decide_all", decision="reject")
    many.until(lambda: over(many, again["job"]), "the second bulk")
    many.until(lambda: many.do("waiting_changes") == 0 and not many.do("open_versions"), "PASI to be reset", 90)
    many.assert_sound(seconds=90)


def test_a_registrar_saves_while_a_bulk_runs(many: Stage) -> None:
    edited(many)
    many.start("driver2")
    many.start("jobs")
    made = many.do("decide_all", decision="accept")
    saved = 0
    while not over(many, made["job"]):
        many.do("change", by="driver2", enrolment=many.enrolments[saved % 5], changes={"grade": f"{1 + saved % 9:02d}"})
        saved += 1
    assert saved
    job = many.do("job", job=made["job"])
    assert job["done"] == STUDENTS and job["status"] in ("completed", "completed_with_problems")
