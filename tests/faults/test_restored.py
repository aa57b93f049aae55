"""A side that was restored from a backup: nothing goes out twice, nothing is lost silently, all of it ends visible."""

import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from tests.faults.days import new_day
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]


def backup(database: Path, to: Path) -> None:
    """A consistent copy of a database in use."""
    with sqlite3.connect(database) as source, sqlite3.connect(to) as target:
        source.backup(target)
    source.close()
    target.close()


def restore(backup_file: Path, database: Path) -> None:
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    shutil.copy(backup_file, database)


def change(stage: Stage, number: int, wanted: str) -> None:
    stage.do("change", enrolment=stage.enrolments[number], changes={"exit_date": wanted})


def in_pasi(stage: Stage, number: int, wanted: str) -> None:
    stage.until(lambda: stage.record(number)["RegistrationExitDate"] == wanted, "the change in PASI")


def item(stage: Stage, number: int) -> dict:
    return stage.do("item_of", enrolment=stage.enrolments[number])


def test_our_database_restored_from_an_older_backup(stage: Stage, tmp_path: Path) -> None:
    """In the backup one change waits; PASI takes it, and another one, before the backup is put back."""
    ours = tmp_path / "pasi_connect.sqlite3"
    waiting, later = new_day(), new_day()
    change(stage, 0, waiting)
    stage.until(lambda: stage.submission(0).get("status") == "waiting", "the submission to wait")
    backup(ours, tmp_path / "backup.sqlite3")
    stage.start("worker")
    in_pasi(stage, 0, waiting)
    change(stage, 1, later)
    in_pasi(stage, 1, later)
    stage.assert_sound()
    for name in ("worker", "tick", "listener", "driver"):
        stage.kill(name)
    restore(tmp_path / "backup.sqlite3", ours)
    for name in ("driver", "worker", "tick", "listener"):
        stage.start(name)
    stage.until(lambda: stage.submission(0)["status"] in ("accepted", "no_change"), "the waiting change to end", 90)
    stage.until(lambda: bool(item(stage, 1)), "the lost change to be seen as one of PASI's")
    assert (stage.applied(0), stage.applied(1)) == (1, 1)
    assert [row["pasi"] for row in item(stage, 1)["fields"]] == [later]
    stage.do("accept", item=item(stage, 1)["id"])
    # The restored rows know nothing of what PASI applied for them.
    stage.assert_sound(without=("applied",))
    assert (stage.applied(0), stage.applied(1)) == (1, 1)


def test_pasi_restored_from_an_older_backup(stage: Stage, tmp_path: Path) -> None:
    """PASI forgets a change of ours and one of somebody else; the next hash tells, and a person decides on both."""
    pasi = tmp_path / "simulator" / "pasi_simulator.sqlite3"
    ours, before = new_day(), stage.record(0)["RegistrationExitDate"]
    stage.start("worker")
    backup(pasi, tmp_path / "pasi.sqlite3")
    change(stage, 0, ours)
    in_pasi(stage, 0, ours)
    stage.foreign_edit(1, Grade="09")
    stage.until(lambda: bool(item(stage, 1)), "the notice")
    stage.do("accept", item=item(stage, 1)["id"])
    stage.assert_sound()
    stage.kill("simulator")
    restore(tmp_path / "pasi.sqlite3", pasi)
    stage.start_simulator()
    stage.kill("listener")
    stage.until(lambda: stage.do("state")["link"] == "up", "PASI to be back")
    stage.do("hash_synchronize")
    assert [row["pasi"] for row in item(stage, 0)["fields"]] == [before]
    assert [row["name"] for row in item(stage, 1)["fields"]] == ["grade"]
    time.sleep(2)
    assert stage.applied(0) == 0, "nothing goes out again by itself"
    stage.start("listener")
    stage.foreign_edit(2, Grade="07")
    stage.until(lambda: bool(item(stage, 2)), "a notice below the former cursor")
    stage.do("reject", item=item(stage, 0)["id"])
    in_pasi(stage, 0, ours)
    for number in (1, 2):
        stage.do("accept", item=item(stage, number)["id"])
    # PASI's log of calls went back too: one of the accepted submissions is not in it.
    stage.assert_sound(without=("applied", "order"))
    assert stage.applied(0) == 1
