"""The whole product as a person starts it, and the two other hands of a journey: the API and the simulator's control."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Locator, Page

from tests.simulator_process import ENROLMENTS, ROOT, free_ports

START_SECONDS, STOP_SECONDS = 240.0, 15.0
PROMISE = 10.0  # seconds from a save to the other side's page: what the product promises
PATIENCE = 60.0  # seconds for what has no such promise
PASSWORD = "lantern-demo-2026"
SERVERS = {"DATABASE_URL", "REDIS_URL", "PRODUCTION", "SECRET_KEY", "HOSTS", "DJANGO_SETTINGS_MODULE"}
Json = dict[str, Any]


def wait_for(what: Callable[[], Any], said: str, seconds: float = PATIENCE) -> Any:
    """The first truthy answer; an AssertionError with `said` when none comes in time."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {said}"
        time.sleep(0.2)
    return answer


def reload_until(page: Page, place: Locator, text: str) -> None:
    """PASI has a change a moment before its outcome is written here, and the page of a record does not follow by itself."""

    def is_there() -> bool:
        page.reload()
        return text in place.inner_text()

    wait_for(is_there, text)


class Product:
    """One running product on ports and in a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.simulator_port, self.control_port = free_ports(3)
        self.http = requests.Session()
        self.http.trust_env = False
        self.process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}
        self._stays: Iterator[Json] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pasiprep(self) -> str:
        return f"http://127.0.0.1:{self.control_port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in SERVERS}
        return kept | {
            "DATA_DIR": str(self.folder / "data"),
            "DEMO": "1",
            "PORT": str(self.port),
            "PASI_SIMULATOR_PORT": str(self.simulator_port),
            "PASI_CONTROL_PORT": str(self.control_port),
        }

    # Start and stop

    def start(self) -> None:
        with (self.folder / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while not (self._healthy() and "Try first" in self.log()):  # the demo has been given its work by then
            assert self.process.poll() is None, f"the product ended:\n{self.log()}"
            assert time.monotonic() < end, f"the product did not come up:\n{self.log()}"
            time.sleep(1)

    def stop(self) -> None:
        """As Ctrl-C does it. Every process of the product must be gone afterwards."""
        if not self.process:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        left = self.processes()
        for pid in left:
            os.kill(int(pid), signal.SIGKILL)
        assert not left, f"still running after the stop: {left}\n{self.log()}"
        assert self.process.returncode == 0, self.log()

    def processes(self) -> list[str]:
        """Ids of the processes that carry our data folder in their environment."""
        mark = f"DATA_DIR={self.folder / 'data'}".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    found.append(place.name)
            except OSError:
                continue  # it ended meanwhile, or is somebody else's
        return found

    def log(self) -> str:
        return (self.folder / "run.log").read_text(errors="replace")[-6000:]

    def _healthy(self) -> bool:
        try:
            return self.http.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    # The API

    def token(self, username: str) -> str:
        if username not in self._tokens:
            command = [sys.executable, "manage.py", "demo_token", username]
            self._tokens[username] = subprocess.run(
                command, cwd=ROOT, env=self.environment, capture_output=True, check=True, text=True, timeout=60
            ).stdout.strip()
        return self._tokens[username]

    def api(self, path: str, username: str = "registrar_a", method: str = "GET", **body: Any) -> Json:
        answer = self.http.request(
            method,
            f"{self.url}/api/v1{path}",
            headers={"Authorization": f"Token {self.token(username)}"},
            json=body or None,
            timeout=30,
        )
        assert answer.ok, f"{method} {path} answered {answer.status_code}: {answer.text[:300]}"
        return answer.json()

    def next_stay(self) -> Json:
        """An ordinary enrolment of school A, in step, that no other journey has touched."""
        self._stays = self._stays or self._ordinary()
        return next(self._stays)

    def _ordinary(self) -> Iterator[Json]:
        for item in self.api("/enrolments/?concurrent=false&deleted=false")["results"]:
            ordinary = item["exit_date_type"] == "CompletionDate" and item["start_date"].endswith("-09-01")
            if ordinary and item["pasi"]["state"] == "in_step":
                yield item

    def stay(self, stay: Json) -> Json:
        return self.api(f"/enrolments/{stay['id']}/")

    def await_state(self, stay: Json, state: str, seconds: float = PATIENCE) -> Json:
        said = f"enrolment {stay['id']} is {state}"
        return wait_for(lambda: (now := self.stay(stay))["pasi"]["state"] == state and now, said, seconds)

    def await_item(self, stay: Json, status: str = "open", seconds: float = PATIENCE) -> Json:
        """The newest change from PASI about this enrolment, once it has the status."""
        address = f"/discrepancies/?ref_id={stay['ref_id']}&status={status}"
        return wait_for(lambda: self.api(address)["results"], f"an item that is {status}", seconds)[-1]

    # PASI

    def in_pasi(self, stay: Json) -> Json:
        return self._control("GET", f"{ENROLMENTS}{stay['ref_id']}/")

    def change_in_pasi(self, stay: Json, **members: Any) -> Json:
        body = members | {"_as": {"name": "Tove Vandermolen", "organization": "A.7010"}}
        return self._control("PATCH", f"{ENROLMENTS}{stay['ref_id']}/", body)

    def delete_in_pasi(self, stay: Json) -> None:
        self._control("DELETE", f"{ENROLMENTS}{stay['ref_id']}/")

    def await_pasi(self, stay: Json, seconds: float = PATIENCE, **members: Any) -> Json:
        def equal() -> Json | None:
            record = self.in_pasi(stay)
            return record if all(record[name] == value for name, value in members.items()) else None

        return wait_for(equal, f"PASI holds {members}", seconds)

    def knobs(self, **knobs: Any) -> None:
        self._control("POST", "/control/knobs/", knobs)

    def _control(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self.http.request(method, f"{self.pasiprep}{path}", json=body, timeout=30)
        assert answer.ok, f"{method} {path} answered {answer.status_code}: {answer.text[:300]}"
        return answer.json() if answer.content else {}
