"""The broker is away: rows are found and sent without it, health names it at once, and what is silent is told."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.wake import PAUSE_SECONDS
from tests.faults.days import new_day
from tests.faults.servers import Database, Redis
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]

WITHIN = 10.0  # seconds, at the default patience of the tick


DEFAULT = {"UNATTENDED_SECONDS": "4", "LOG_LEVEL": "WARNING"}


@pytest.fixture(scope="module")
def _district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("district"), more=DEFAULT) as stage:
        stage.start("worker")
        yield stage


@pytest.fixture
def district(_district: Stage) -> Stage:
    """A stage of these tests alone, with the product's own patience."""
    for name in ("worker", "tick", "listener"):
        if not _district.alive(name):
            _district.start(name)
    return _district


@pytest.fixture
def server_stage(tmp_path: Path, database: Database, redis: Redis) -> Iterator[Stage]:
    with Stage(tmp_path, database_url=database.url, redis_url=redis.url, more=DEFAULT) as made:
        yield made


@pytest.fixture
def without_folder(district: Stage) -> Iterator[Stage]:
    """No message can be written, as on a full or read-only disk; root may write into any folder, so it is a file."""
    district.until(district.is_quiet, "quiet")
    broker = district.folder / "broker"
    shutil.rmtree(broker, ignore_errors=True)  # nobody may have written a message since the test before
    broker.write_text("not a folder")
    yield district
    if broker.is_file():
        broker.unlink()
    district.assert_sound()


def sent_within(stage: Stage, seconds: float) -> float:
    """Two edits of one student's record and one of another's; gives how long the slowest took to be in PASI."""
    wanted = {stage.number(): new_day(), stage.number(): new_day()}
    began = time.monotonic()
    for number, date in wanted.items():
        stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": date})
    saved = time.monotonic() - began
    assert saved < 3, f"saving took {saved:.1f} s: the person waited for the broker"
    for number, date in wanted.items():
        stage.until(
            lambda n=number, d=date: stage.record(n)["RegistrationExitDate"] == d, "the change in PASI", seconds
        )
    return time.monotonic() - began


def test_changes_are_sent_while_no_message_can_be_written(without_folder: Stage) -> None:
    stage = without_folder
    took = sent_within(stage, WITHIN)
    broker = stage.do("broker")
    assert not broker["ok"]
    assert broker["error"] == "NotADirectoryError"
    assert stage.alive("worker"), "a worker waits for its broker"
    print(f"\nfolder of the broker away: changes in PASI after {took:.1f} s")


def test_a_worker_starts_without_the_folder_and_works_when_it_can_be_made(without_folder: Stage) -> None:
    stage = without_folder
    stage.kill("worker")
    stage.start("worker")
    sent_within(stage, WITHIN)
    time.sleep(3)
    assert stage.alive("worker")
    (stage.folder / "broker").unlink()
    stage.kill("tick")
    try:
        sent_within(stage, 30)
    finally:
        stage.start("tick")
    stage.assert_sound()


def test_a_removed_folder_is_made_again(district: Stage) -> None:
    shutil.rmtree(district.folder / "broker", ignore_errors=True)
    district.kill("tick")
    try:
        sent_within(district, 30)
    finally:
        district.start("tick")
    assert district.do("broker")["ok"]
    district.assert_sound()


def test_a_job_needs_no_broker(without_folder: Stage) -> None:
    stage, number = without_folder, without_folder.number()
    stage.foreign_edit(number, Grade=stage.other_grade(number))
    stage.until(lambda: bool(stage.do("item_of", enrolment=stage.enrolments[number])), "the item")
    job = stage.do("decide_all", decision="accept")["job"]
    stage.until(lambda: stage.do("job", job=job)["status"] == "completed", "the job", WITHIN)


def test_changes_are_sent_while_redis_is_gone(server_stage: Stage, redis: Redis) -> None:
    stage = server_stage
    stage.start("worker")
    stage.until(stage.is_quiet, "quiet")
    redis.stop()
    try:
        took = sent_within(stage, WITHIN)
        assert not stage.do("broker")["ok"]
        again = sent_within(stage, WITHIN)
    finally:
        redis.start()
    print(f"\nRedis gone: changes in PASI after {took:.1f} s, and after {again:.1f} s the next time")
    stage.assert_sound()
    time.sleep(PAUSE_SECONDS + 0.5)  # until then who was refused wakes nobody, and what it saves is the tick's to find
    stage.kill("tick")  # the worker has found its broker again by itself
    sent_within(stage, 30)


def test_changes_are_sent_while_the_worker_is_dead(district: Stage) -> None:
    district.kill("worker")
    try:
        sent_within(district, WITHIN)
    finally:
        district.start("worker")
    district.assert_sound()
