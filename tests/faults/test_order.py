"""PASI's versions follow the edits, whatever becomes of the messages that wake the workers."""

import os
from pathlib import Path

import pytest

from tests.faults.servers import Database, Redis
from tests.faults.stage import Stage
from tests.faults.thief import Thief

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(600)]

STUDENTS = 20
ROUNDS = 10 if os.environ.get("FULL_MATRIX") else 3


def pairs_follow_the_edits(stage: Stage, broker: Path | Redis) -> None:
    """Two records of each student are edited one right after the other, in either order."""
    for name in ("worker", "worker2"):
        stage.start(name)
    inverted, pairs = [], 0
    with Thief(broker, seed=10) as thief:
        for turn in range(ROUNDS):
            grade = f"{1 + turn % 9:02d}"
            wanted = []
            for student in range(STUDENTS):
                first, second = (2 * student, 2 * student + 1)[:: 1 if (turn + student) % 2 else -1]
                for number in (first, second):
                    stage.do("change", enrolment=stage.enrolments[number], changes={"grade": grade})
                wanted.append((first, second))
            stage.until(stage.is_quiet, "quiet")
            versions = [tuple(int(stage.record(n)["PASICoreVersion"]) for n in pair) for pair in wanted]
            inverted += [pair for pair, (one, two) in zip(wanted, versions, strict=True) if one >= two]
            pairs += len(wanted)
    print(f"\n{pairs} pairs, {thief.taken} messages lost or late: {len(inverted)} inverted")
    assert not inverted
    assert thief.taken
    stage.assert_sound()


def test_quick_pairs_with_wakes_lost_and_late(tmp_path: Path) -> None:
    with Stage(tmp_path, students=2 * STUDENTS, a_student=2) as stage:
        pairs_follow_the_edits(stage, tmp_path / "broker")


def test_quick_pairs_with_wakes_lost_and_late_on_servers(tmp_path: Path, database: Database, redis: Redis) -> None:
    with Stage(tmp_path, students=2 * STUDENTS, a_student=2, database_url=database.url, redis_url=redis.url) as stage:
        pairs_follow_the_edits(stage, redis)
