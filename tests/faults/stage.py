"""The product on a stage: every process real, started, killed and started again by the test."""

import atexit
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from pasi_connect.demo import certificates
from tests.faults.processes import ROOT, Process, nursery
from tests.faults.proxy import Proxy
from tests.faults.servers import Database, free_port
from tests.moments import machine_now

QUIET_SECONDS = 90.0  # fails late on a loaded machine, slows nothing
# Short leases: a take-over costs two seconds here, thirty in production.
SETTINGS = {
    "LEASE_SECONDS": "2",
    "LEASE_HEARTBEAT_SECONDS": "0.5",
    "TICK_SECONDS": "0.3",
    "UNATTENDED_SECONDS": "600",  # who freezes or kills a worker wants to see what another worker does
    "BACK_OFF_SECONDS": "0.1",
    "BACK_OFF_MAX_SECONDS": "1",
    "SENDERS": "2",
    "LOG_LEVEL": "ERROR",
    "THROTTLE": "0",  # tests ask more often than people do
    "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
}
CELERY = ["-m", "celery", "--quiet", "-A", "config"]
SOLO = ["-P", "solo", "--without-mingle", "--without-gossip", "-l", "ERROR"]
COMMANDS = {
    "worker": [*CELERY, "worker", "-Q", "default", *SOLO],
    "jobs": [*CELERY, "worker", "-Q", "jobs", *SOLO],
    "tick": ["manage.py", "tick"],
    "listener": ["manage.py", "listen"],
    "driver": ["-m", "tests.faults.driver"],
    "web": [
        *"-m gunicorn config.wsgi:application --workers 1 --worker-class config.web_server.Worker --threads 4".split(),
        "--no-control-socket",
    ],
}


def of_machine() -> dict[str, str]:
    """The environment without what decides where the product works."""
    return {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}}


@cache
def migrated_sqlite() -> Path:
    """A data folder with an empty, migrated database, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _migrate({"DATA_DIR": str(folder), "DATABASE_URL": ""})
    return folder / "pasi_connect.sqlite3"


@cache
def migrated_postgresql(url: str) -> str:
    """The name of an empty, migrated database, to be copied."""
    made = Database(url, f"faults_{os.getpid()}_empty")
    atexit.register(made.drop)
    _migrate({"DATA_DIR": tempfile.gettempdir() + f"/faults-{os.getpid()}", "DATABASE_URL": made.url})
    return made.name


def _migrate(environment: dict[str, str]) -> None:
    everything = {**of_machine(), "PRODUCTION": "0", "SECRET_KEY": "for the empty database alone", **environment}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=everything, check=True)


class Stage:
    """`with Stage(folder) as stage:` gives a small district in step with its simulator, driver, listener and tick running.

    `proxied`: calls to PASI go through `stage.proxy`, which misbehaves on demand. `more`: settings that differ. `a_student`:
    so many of the `students` enrolments belong to one student each.
    """

    def __init__(
        self,
        folder: Path,
        students: int = 8,
        database_url: str = "",
        redis_url: str = "",
        *,
        proxied: bool = False,
        more: dict[str, str] | None = None,
        a_student: int = 1,
    ) -> None:
        self.folder = folder
        self.students, self.a_student = students, a_student
        self.port, self.control_port, web = free_port(), free_port(), free_port()
        self.control = f"http://127.0.0.1:{self.control_port}/control"
        self.proxy = Proxy(folder / "certificates", self.port) if proxied else None
        self.environment = {
            **of_machine(),
            **SETTINGS,
            "DATA_DIR": str(folder),
            "PYTHONPATH": str(ROOT),
            "CLOCK_FILE": str(folder / "clock"),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "PRODUCTION": "0",
            "PORT": str(web),
            "SECRET_KEY": "a made-up secret of this test alone, long enough to be one",
            **(more or {}),
        }
        self.processes: dict[str, Process] = {}
        self.enrolments: list[int] = []
        self.sound = True
        self._numbers = iter(range(10**6))

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
        if self.proxy:
            self.proxy.stop()

    def _set_up(self) -> None:
        certificates.ensure(self.folder / "certificates", organization="A.7010", now=machine_now())
        if not self.environment["DATABASE_URL"]:
            shutil.copy(migrated_sqlite(), self.folder / "pasi_connect.sqlite3")
        self.start_simulator()
        if self.proxy:
            self.proxy.start()
        self.start("driver")
        self.enrolments = self.do(
            "prepare",
            endpoint=f"https://127.0.0.1:{self.proxy.port if self.proxy else self.port}/2020/PASIService2020.svc",
            control=self.control,
            certificates=str(self.folder / "certificates"),
            students=self.students,
            a_student=self.a_student,
            today=dt.date.today().isoformat(),
        )
        self.start("listener")
        self.start("tick")
        self.until(
            lambda: self.do("state")["copies"] == self.students and self.do("state")["cursors"] >= 4,
            "the first synchronization",
        )

    def start(self, name: str, trigger: Path | None = None) -> None:
        """Starts one process: a name of COMMANDS, with a number behind it for a second one of its kind.

        With `trigger` it can be told to die at a counted step.
        """
        environment = dict(self.environment)
        if trigger:
            environment["CRASH_TRIGGER"] = str(trigger)
        kind = name.rstrip("0123456789")
        command = list(COMMANDS[kind])
        if kind == "web":
            command += ["--bind", f"127.0.0.1:{self.environment['PORT']}"]
        if kind in ("worker", "jobs"):
            command += ["-n", f"{name}-{time.time_ns()}@%h"]
        pipes = (self.folder / f"{name}.in", self.folder / f"{name}.out") if kind == "driver" else None
        self.processes[name] = nursery().start(command, environment, self.folder / f"{name}.log", pipes)
        if kind == "driver":
            self._answer(name)

    def start_simulator(self) -> None:
        keys = self.folder / "certificates"
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
            "-m",
            "pasi_simulator",
            *(part for name, value in arguments.items() for part in (f"--{name}", str(value))),
        ]
        self.processes["simulator"] = nursery().start(command, of_machine(), self.folder / "simulator.log")
        self.until(lambda: self.ask("GET", "/health/") is not None, "the simulator")

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """A signal, SIGKILL if nothing else is said, to the process and everything that it started."""
        process = self.processes.pop(name, None)
        if process is not None:
            process.kill(number)

    def freeze(self, name: str) -> None:
        self.processes[name].send(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.processes[name].send(signal.SIGCONT)

    def set_clock(self, hours: float) -> None:
        """The clock of every process is so many hours ahead from now on."""
        draft = self.folder / "clock.draft"
        draft.write_text(str(hours))
        draft.replace(self.folder / "clock")

    def alive(self, name: str) -> bool:
        return name in self.processes and self.processes[name].alive()

    # --- what the test does ---

    def do(self, operation: str, by: str = "driver", **arguments: Any) -> Any:
        """One operation of a driver. Raises RuntimeError with its traceback, BrokenPipeError when the driver was killed."""
        self.begin(operation, by, **arguments)
        return self._answer(by)

    def begin(self, operation: str, by: str = "driver", **arguments: Any) -> None:
        """Starts an operation and does not wait; `finish` gives its answer."""
        stdin = self.processes[by].stdin
        stdin.write(json.dumps({"do": operation, **arguments}) + "\n")
        stdin.flush()

    def finish(self, by: str = "driver") -> Any:
        return self._answer(by)

    def _answer(self, by: str) -> Any:
        line = self.processes[by].stdout.readline()
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

    def assert_sound(self, without: tuple[str, ...] = (), seconds: float = QUIET_SECONDS) -> None:
        """Quiet, and every invariant holds but those named in `without`."""
        self.until(self.is_quiet, "quiet", seconds)
        broken: list[str] = []
        for _ in range(20):  # the last notice may still be on its way to the local copy
            broken = self.do("invariants", control=self.control, without=list(without))
            if not broken:
                self.sound = True
                return
            time.sleep(0.25)
        raise AssertionError("\n".join(broken))

    def number(self) -> int:
        """The enrolment whose turn it is."""
        return next(self._numbers) % self.students

    def other_grade(self, number: int) -> str:
        """A grade that PASI does not hold for the n-th enrolment."""
        return f"{int(self.record(number)['Grade']) % 12 + 1:02d}"

    def applied(self, number: int) -> int:
        """How many times PASI changed the n-th enrolment because of our submissions."""
        path = f"/calls/?operation=SubmitStudentSchoolEnrolment&key={self.key(number)}"
        return sum(call["applied"] for call in self.ask("GET", path)["results"])

    def submission(self, number: int) -> dict[str, Any]:
        """The newest submission of the n-th enrolment."""
        return self.do("submission", enrolment=self.enrolments[number])
