"""The disk is full: each write is stored whole or answered 503 in words; when there is room again all goes on without a hand."""

import http.client
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.days import new_day
from tests.faults.disks import FullServer, disk
from tests.faults.servers import Database, Redis
from tests.faults.stage import Stage

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(900)]

FULL_SECONDS = 300.0 if os.environ.get("FULL_MATRIX") else 12.0
WITHIN = 30.0  # seconds after there is room again
MORE = {"UNATTENDED_SECONDS": "4", "LOG_LEVEL": "WARNING"}
EVERYONE = ("web", "worker", "jobs", "tick", "listener", "simulator")


@dataclass
class Person:
    """Writes by the API and by pages, again and again."""

    stage: Stage
    token: str
    password: str
    form_token: str = "a" * 32
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    stored: dict[int, str] = field(default_factory=dict)
    saves: int = 0

    def ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.stage.environment["PORT"]), timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def by_api(self) -> int:
        number, date = self.stage.number(), new_day()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        path = f"/api/v1/enrolments/{self.stage.enrolments[number]}/"
        status, names, text = self.ask("PATCH", path, json.dumps({"exit_date": date}), headers)
        self.statuses["api", status] += 1
        if status == 200:
            self.stored[number] = date
            self.saves += 1
        else:
            assert status == 503, text
            assert int(names["retry-after"]) > 0
            assert names["content-type"] == "application/problem+json"
            assert json.loads(text)["request_id"] == names["x-request-id"]
        return status

    def by_page(self) -> int:
        """Signs in: a session and an entry of the log are stored."""
        headers = {"Cookie": f"csrftoken={self.form_token}", "Content-Type": "application/x-www-form-urlencoded"}
        body = f"csrfmiddlewaretoken={self.form_token}&username=registrar&password={self.password}"
        status, names, text = self.ask("POST", "/sign-in/", body, headers)
        self.statuses["page", status] += 1
        if status != 302:
            assert status == 503, text[:300]
            assert int(names["retry-after"]) > 0
            assert "Nothing was saved." in text
            assert names["x-request-id"] in text
        return status


def person(stage: Stage) -> Person:
    given = stage.do("credentials")
    return Person(stage, given["token"], given["password"])


def run_full(stage: Stage, fill: Callable[[], object], free: Callable[[], object]) -> None:
    who = person(stage)
    for name in ("web", "worker", "jobs"):
        stage.start(name)
    stage.until(lambda: _answers(who), "the web process")
    assert who.by_api() == 200
    assert who.by_page() == 302
    wanted = dict(who.stored)
    before = stage.do("changes_written")
    stored_before = who.saves
    fill()
    refused = 0
    end = time.monotonic() + FULL_SECONDS
    try:
        while time.monotonic() < end:
            refused += who.by_api() == 503
            refused += who.by_page() == 503
    finally:
        free()
    freed = time.monotonic()
    assert refused >= 4, f"the disk was not full: {who.statuses}"
    stage.until(stage.is_quiet, "nothing uncollected and nothing on its way", WITHIN)
    took = time.monotonic() - freed
    assert [name for name in EVERYONE if not stage.alive(name)] == []
    # Nothing half done: as many changes as answers 200, and the record as the last of them left it.
    assert stage.do("changes_written") - before == who.saves - stored_before
    wanted |= who.stored
    for number, date in wanted.items():
        stage.until(lambda n=number, d=date: stage.record(n)["RegistrationExitDate"] == d, "the change in PASI", WITHIN)
    assert who.by_api() == 200
    assert who.by_page() == 302
    stage.assert_sound()
    for number, date in who.stored.items():
        assert stage.record(number)["RegistrationExitDate"] == date
    assert not list((stage.folder / "broker" / "messages").glob("*.draft")) or stage.environment["REDIS_URL"]
    print(f"\nfull for {FULL_SECONDS:.0f} s: {dict(who.statuses)}; quiet {took:.1f} s after there was room")


def _answers(who: Person) -> bool:
    try:
        return who.ask("GET", "/livez", "", {})[0] == 200
    except OSError:
        return False


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[tuple[Stage, Callable[[], object], Callable[[], object]]]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk(folder) as small, Stage(folder, more=MORE) as stage:
        yield stage, lambda: small.fill(stage), lambda: small.free(stage)


def test_full_disk_on_sqlite(on_small_disk: tuple[Stage, Callable[[], object], Callable[[], object]]) -> None:
    run_full(*on_small_disk)


def test_full_disk_on_postgresql(tmp_path: Path, database: Database, redis: Redis) -> None:
    folder, server = tmp_path / "disk", FullServer(database)
    folder.mkdir()
    with (
        disk(folder) as small,
        Stage(folder, database_url=database.url, redis_url=redis.url, more=MORE) as stage,
    ):

        def fill() -> None:
            server.fill()
            if small.mounted:
                small.fill(stage)

        def free() -> None:
            small.free(stage)
            server.free()

        run_full(stage, fill, free)
