"""Broker and database: emptied, gone, stopped or cut in the middle of the work."""

import shutil
import time

import pytest

from tests.faults.days import new_day
from tests.faults.servers import Database, Redis
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]


def change(stage: Stage, number: int, wanted: str) -> None:
    stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": wanted})


def supervised_quiet(stage: Stage) -> bool:
    as_supervised(stage, "worker", "tick", "listener")
    return stage.is_quiet()


def arrived(stage: Stage, wanted: dict[int, str]) -> None:
    # A process may find out only later that its broker or database was gone, and end then: it is looked after all the time.
    stage.until(lambda: supervised_quiet(stage), "quiet under the supervisor")
    for number, date in wanted.items():
        stage.until(lambda n=number, d=date: stage.record(n)["RegistrationExitDate"] == d, "the change in PASI")
    stage.assert_sound()


def as_supervised(stage: Stage, *names: str) -> None:
    """What the supervisor does: a process that died is started again."""
    for name in names:
        if not stage.alive(name):
            stage.processes.pop(name, None)
            stage.start(name)


def some_changes(stage: Stage, count: int) -> dict[int, str]:
    wanted = {stage.number(): new_day() for _ in range(count)}
    for number, date in wanted.items():
        change(stage, number, date)
    return wanted


def test_the_brokers_folder_is_emptied(district: Stage) -> None:
    district.freeze("worker")
    wanted = some_changes(district, 4)
    for message in (district.folder / "broker" / "messages").iterdir():
        message.unlink(missing_ok=True)
    district.thaw("worker")
    arrived(district, wanted)


@pytest.mark.parametrize("by", ["a file", "nothing"])
def test_the_brokers_folder_is_replaced(district: Stage, by: str) -> None:
    """No message can be written, as on a full disk: every save succeeds, and the work is found without the broker."""
    broker = district.folder / "broker"
    shutil.move(broker, district.folder / "elsewhere")
    if by == "a file":
        broker.write_text("not a folder")
    wanted = some_changes(district, 4)
    time.sleep(1)
    if broker.is_file():
        broker.unlink()
    if broker.exists():  # whoever wrote first has made it again
        shutil.rmtree(district.folder / "elsewhere")
    else:
        shutil.move(district.folder / "elsewhere", broker)
    arrived(district, wanted)


def test_saves_while_a_bulk_job_runs(district: Stage) -> None:
    """SQLite has one writer: a registrar's save waits a moment and never fails."""
    if not district.alive("driver2"):
        district.start("driver2")
    district.do("school", active=False)
    wanted = some_changes(district, 12)
    district.until(lambda: "waiting" not in district.do("state")["submissions"].values(), "the changes to be held")
    district.do("school", active=True)
    district.begin("bulk", by="driver2", rounds=25)
    longest = 0.0
    for _ in range(20):
        number, date = district.number(), new_day()
        began = time.monotonic()
        change(district, number, date)
        longest = max(longest, time.monotonic() - began)
        wanted[number] = date
    bulk = district.finish("driver2")
    print(f"\n20 saves beside a bulk job of {bulk:.1f} s: the longest took {longest * 1000:.0f} ms")
    arrived(district, wanted)


def test_redis_flushed_and_restarted_and_postgresql_cut(server_stage: Stage, redis: Redis, database: Database) -> None:
    stage = server_stage
    stage.start("worker")
    stage.until(stage.is_quiet, "quiet")
    stage.freeze("worker")
    wanted = some_changes(stage, 3)
    redis.flush()
    stage.thaw("worker")
    arrived(stage, wanted)

    redis.stop()
    wanted = some_changes(stage, 3)
    redis.start()
    arrived(stage, wanted)

    cut = 0
    wanted = {}
    for _ in range(6):
        number, date = stage.number(), new_day()
        wanted[number] = date
        stage.begin("change", enrolment=stage.enrolments[number], changes={"exit_date": date})
        cut += database.cut()
        try:
            stage.finish()
        except RuntimeError:
            change(stage, number, date)  # the person sees that it was not saved, and saves again
        time.sleep(0.1)
        cut += database.cut()
        as_supervised(stage, "worker", "tick", "listener")
    assert cut > 0
    print(f"\nPostgreSQL: {cut} connections cut")
    arrived(stage, wanted)
