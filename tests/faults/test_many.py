"""Thousands of changes wait: a handful of messages says so, and a person's single change does not wait behind them."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kombu import Connection

import config.celery  # noqa: F401 - names the transport
from tests.faults.servers import Database, Redis
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(5400 if os.environ.get("FULL_MATRIX") else 600)]

MANY = 20_000 if os.environ.get("FULL_MATRIX") else 400
SINGLE_WITHIN = 10.0  # seconds
RECEIVE_WITHIN = 0.005


class Counting:
    """Looks all the time how many messages lie there."""

    def __init__(self, messages: Callable[[], int]) -> None:
        self.messages, self.most, self.stop = messages, 0, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.stop.wait(0.05):
            try:
                self.most = max(self.most, self.messages())
            except OSError:
                return  # the stage is gone

    def end(self) -> int:
        self.stop.set()
        self.thread.join(10)
        return self.most


def receive(folder: Path) -> float:
    """Seconds that it takes to receive a message among those that lie there: the median of some."""
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder.parent / "control"),
    }
    took = []
    with Connection("filesystem://", transport_options=options) as connection:
        for _ in range(9):
            connection.default_channel._put("bench", {"x": 1})
            began = time.perf_counter()
            connection.default_channel._get("bench")
            took.append(time.perf_counter() - began)
    return sorted(took)[4]


def a_bulk_and_a_single_change(stage: Stage, messages: Callable[[], int], folder: Path | None = None) -> None:
    for name in ("worker", "worker2", "driver2"):
        stage.start(name)
    bulk, single = stage.enrolments[:-2], stage.enrolments[-1]
    # The last but one is in the bulk and belongs to the student of the single change.
    bulk = [*bulk, stage.enrolments[-2]]
    counting = Counting(messages)
    saved = stage.do("change_all", enrolments_changed=bulk, changes={"grade": "09"})
    began = time.monotonic()
    stage.do("change", by="driver2", enrolment=single, changes={"grade": "09"})
    stage.until(lambda: stage.record(len(bulk))["Grade"] == "09", "the single change in PASI", 120)
    took = time.monotonic() - began
    left = stage.do("left")
    received = receive(folder) if folder else 0.0
    print(
        f"\n{MANY} changes saved in {saved:.1f} s; a single one in PASI after {took:.1f} s, {left} still to go; "
        f"a receive {received * 1000:.2f} ms"
    )
    assert left["events"] + left["moving"] > MANY / 10, "the bulk was through before: this shows nothing"
    assert took < SINGLE_WITHIN
    assert received < RECEIVE_WITHIN
    mate, own = stage.record(len(bulk) - 1), stage.record(len(bulk))
    assert mate["Grade"] == "09" and mate["PASICoreVersion"] < own["PASICoreVersion"], "the lane lost its order"
    stage.until(lambda: not any(stage.do("left").values()), "the bulk to be through", MANY)
    stage.until(lambda: messages() == 0, "no message to be left", 10)
    most = counting.end()
    print(f"at most {most} messages lay there")
    assert most < 100
    stage.assert_sound()


def test_a_bulk_beside_a_single_change(tmp_path: Path) -> None:
    with Stage(tmp_path, students=MANY, a_student=2) as stage:
        folder = tmp_path / "broker" / "messages"
        a_bulk_and_a_single_change(stage, lambda: sum(1 for _ in folder.iterdir()), folder)


def test_a_bulk_beside_a_single_change_on_servers(tmp_path: Path, database: Database, redis: Redis) -> None:
    with Stage(tmp_path, students=MANY, a_student=2, database_url=database.url, redis_url=redis.url) as stage:
        a_bulk_and_a_single_change(stage, lambda: int(redis.ask("LLEN", "default")[1:].split(b"\r")[0]))
