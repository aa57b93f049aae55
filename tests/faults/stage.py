"""The product on a stage: every process real, started, killed and started again by the test."""

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from pasi_connect.demo import certificates

ROOT = Path(__file__).resolve().parents[2]
QUIET_SECONDS = 60.0
# Short leases: a take-over costs two seconds here, thirty in production.
SETTINGS = {
    "LEASE_SECONDS": "2",
    "LEASE_HEARTBEAT_SECONDS": "0.5",
    "TICK_SECONDS": "0.3",
    "BACK_OFF_SECONDS": "0.1",
    "BACK_OFF_MAX_SECONDS": "1",
    "SENDERS": "2",
    "LOG_LEVEL": "ERROR",
    "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
}
COMMANDS = {
    "worker": [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "-Q",
        "default",
        "-P",
        "solo",
        "--without-mingle",
        "--without-gossip",
        "-l",
        "ERROR",
    ],
    "tick": ["-m", "tests.faults.ticking"],
    "listener": ["manage.py", "listen"],
    "driver": ["-m", "tests.faults.driver"],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stage:
    """`with Stage(folder) as stage:` gives a small district in step with its simulator, driver and tick running."""

    def __init__(self, folder: Path, students: int = 8, database_url: str = "", redis_url: str = "") -> None:
        self.folder = folder
        self.students = students
        self.port, self.control_port = free_port(), free_port()
        self.control = f"http://127.0.0.1:{self.control_port}/control"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if name not in {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}
            },
            **SETTINGS,
            "DATA_DIR": str(folder),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PRODUCTION": "0",
            "SECRET_KEY": "a made-up secret of this test alone, long enough to be one",
        }
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.enrolments: list[int] = []

    # --- processes ---

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self.kill(name)

    def _set_up(self) -> None:
        certificates.ensure(self.folder / "certificates", organization="A.7010", now=dt.datetime.now(dt.UTC))
        self.manage("migrate", "-v", "0")
        self.start_simulator()
        self.start("driver")
        self.enrolments = self.do(
            "prepare",
            endpoint=f"https://127.0.0.1:{self.port}/2020/PASIService2020.svc",
            control=self.control,
            certificates=str(self.folder / "certificates"),
            students=self.students,
            today=dt.date.today().isoformat(),
        )
        self.start("listener")
        self.start("tick")
        self.until(
            lambda: self.do("state")["copies"] == self.students and self.do("state")["cursors"] >= 4,
            "the first synchronisation",
        )

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True, capture_output=True
        )

    def start(self, name: str, trigger: Path | None = None) -> None:
        """Starts one process; with `trigger` it can be told to die at a counted step."""
        environment = dict(self.environment)
        if trigger:
            environment["CRASH_TRIGGER"] = str(trigger)
        log = (self.folder / f"{name}.log").open("a")
        pipe = subprocess.PIPE if name == "driver" else None
        command = [*COMMANDS[name], *(["-n", f"{name}-{time.time_ns()}@%h"] if name == "worker" else [])]
        self.processes[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdin=pipe or subprocess.DEVNULL,
            stdout=pipe or log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        if name == "driver":
            self._answer()

    def start_simulator(self) -> None:
        keys = self.folder / "certificates"
        log = (self.folder / "simulator.log").open("a")
        arguments = {
            "data-dir": self.folder / "simulator",
            "port": self.port,
            "control-port": self.control_port,
            "ca": keys / "ca.pem",
            "cert": keys / "server.pem",
            "key": keys / "server.key",
            "clients": keys / "clients.json",
        }
        command = [
            sys.executable,
            "-m",
            "pasi_simulator",
            *(part for name, value in arguments.items() for part in (f"--{name}", str(value))),
        ]
        self.processes["simulator"] = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, text=True, start_new_session=True
        )
        self.until(lambda: self.ask("GET", "/health/") is not None, "the simulator")

    def kill(self, name: str) -> None:
        """SIGKILL to the process and everything that it started."""
        process = self.processes.pop(name, None)
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(timeout=10)

    def alive(self, name: str) -> bool:
        return name in self.processes and self.processes[name].poll() is None

    # --- what the test does ---

    def do(self, operation: str, **arguments: Any) -> Any:
        """One operation of the driver. Raises RuntimeError with its traceback, BrokenPipeError when the driver was killed."""
        process = self.processes["driver"]
        assert process.stdin is not None
        process.stdin.write(json.dumps({"do": operation, **arguments}) + "\n")
        process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        stdout = self.processes["driver"].stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            raise BrokenPipeError("The driver is gone.")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["text"])
        return answer.get("result")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The simulator's control; None when it does not answer yet."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.control + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            return None

    def knobs(self, **knobs: Any) -> None:
        self.ask("POST", "/knobs/", knobs)

    def record(self, number: int) -> dict[str, Any]:
        """PASI's record of the n-th enrolment."""
        return self.ask("GET", f"/records/StudentSchoolEnrolment/{self.key(number)}/")

    def foreign_edit(self, number: int, **members: Any) -> None:
        who = {"name": "T. Vandermolen", "organization": "A.7010"}
        self.ask("PATCH", f"/records/StudentSchoolEnrolment/{self.key(number)}/", {**members, "_as": who})

    @staticmethod
    def key(number: int) -> str:
        from uuid import UUID

        return str(UUID(int=number + 1, version=4))

    def until(self, holds: Callable[[], bool], what: str, seconds: float = QUIET_SECONDS) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.05)
        raise AssertionError(
            f"Waited {seconds:.0f} s in vain for {what}. {self.do('state') if self.alive('driver') else ''}"
        )

    def is_quiet(self) -> bool:
        state = self.do("state")
        moving = [status for status in state["submissions"].values() if status in ("waiting", "in_flight", "checking")]
        return not state["events"] and not moving and not state["provisional"]

    def assert_sound(self) -> None:
        """Quiet, and every invariant holds."""
        self.until(self.is_quiet, "quiet")
        broken: list[str] = []
        for _ in range(20):  # the last notice may still be on its way to the local copy
            broken = self.do("invariants", control=self.control)
            if not broken:
                return
            time.sleep(0.25)
        raise AssertionError("\n".join(broken))
