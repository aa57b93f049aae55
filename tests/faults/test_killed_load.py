"""A load whose worker is killed at one step after the other: it goes on at its mark, and no line is loaded twice."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.load_run import LINES, REFUSED

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
KILLED = -9
GOOD = LINES - len(REFUSED)
EVERY = int(os.environ.get("CRASH_EVERY", "5"))  # each so-many-th step


def live(folder: Path, what: str, trigger: Path | None = None) -> tuple[int, str]:
    """One process on the database in `folder`; it is killed at the step that stands in `trigger`."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        "DATA_DIR": str(folder),
        "PRODUCTION": "0",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": "for this test alone, and longer than a key must be",
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        **({"CRASH_TRIGGER": str(trigger)} if trigger else {}),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.load_run", what],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode in (0, KILLED), done.stderr[-3000:]
    return done.returncode, done.stdout


def test_killed_at_any_step_it_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    live(fresh, "prepare")
    steps = 0
    for step in range(1, 1000, EVERY):
        folder, trigger = tmp_path / f"step-{step}", tmp_path / f"trigger-{step}"
        shutil.copytree(fresh, folder)
        trigger.write_text(str(step))
        killed, _output = live(folder, "work", trigger)
        if killed == KILLED:
            live(folder, "work")
        report = json.loads(live(folder, "report")[1])
        assert report == {
            "status": "completed_with_problems",
            "counts": [LINES, GOOD, len(REFUSED)],
            "result": {"created": GOOD, "changed": 0, "unchanged": 0, "refused": len(REFUSED)},
            "rows": [f"Line {number}" for number in REFUSED],
            "load": [False, 0],
            "students": [GOOD, GOOD],
            "written": [GOOD, GOOD, GOOD],
        }, f"killed at step {step}"
        if killed != KILLED:
            break
        steps += 1
    assert steps >= 3, "the run has more steps than that"
    print(f"killed at {steps} steps")
