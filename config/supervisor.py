"""Starts the whole product in one terminal and keeps it running: `python -m config.supervisor` (`make run`).

Reads PORT (8000), PASI_SIMULATOR_PORT (9443), PASI_CONTROL_PORT (9480), DATA_DIR (`.data`) and DEMO (1; with 0 the SIS stays
empty); everything else in the environment goes to the children as it is, so DATABASE_URL and REDIS_URL move the same onto
PostgreSQL and Redis.
Exit code 0 after a stop that was asked for, 1 when a step of the start failed, 2 when the start was refused.
"""

import ctypes
import errno
import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import TextIO

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.data_folder import CHECKOUT, DataFolder, Refusal
from config.static_files import collected, note_collected
from pasi_connect.demo import certificates

PORTS = {"PORT": 8000, "PASI_SIMULATOR_PORT": 9443, "PASI_CONTROL_PORT": 9480}
FIRST_DELAY, LONGEST_DELAY, STEADY_LIFE = 1.0, 10.0, 30.0  # seconds
PATIENCE = 6.0  # seconds between TERM and KILL; with what follows everything is gone within ten
TURN = 0.1  # seconds
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
COLOURS = (36, 33, 32, 35, 34, 31, 96)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass
class Child:
    """One command with a process group of its own, and when it is to start again."""

    name: str
    command: Sequence[str]
    again: bool = True
    prefix: str = ""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    due: float | None = None
    unfinished: bytes = b""
    exit_code: int | None = None

    def signal_group(self, number: int) -> None:
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Runs children, relays what they write, starts again what died, and leaves nothing behind.

    A class of our own because nothing at hand does the three things together: honcho and foreman stop everything when
    one process dies, and the demo must live on when its worker is killed; circus and supervisord start it again, but
    bring a daemon, a configuration and sockets of their own; systemd is not on every machine. It is one loop in one
    thread: a child asks the kernel to be told of the death of the thread that made it, so that thread must last.
    """

    def __init__(self, environment: Mapping[str, str], *, directory: Path = CHECKOUT) -> None:
        self.environment = dict(environment)
        self.directory = directory
        self.out: TextIO = sys.stdout
        self.colours = self.out.isatty() and "NO_COLOR" not in environment
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.stopping = False
        self.kill_at: float | None = None

    # What callers use

    def listen_to_signals(self) -> None:
        """Ctrl-C, TERM and the closing of the terminal stop everything; a second Ctrl-C stops it at once."""
        signal.signal(signal.SIGINT, lambda *_: self.stop(at_once=self.stopping))
        signal.signal(signal.SIGTERM, lambda *_: self.stop())
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, lambda *_: self.stop())

    def stop(self, *, at_once: bool = False) -> None:
        self.stopping = True
        if at_once:
            self.kill_at = 0.0

    def add(self, name: str, command: Sequence[str], *, again: bool = True) -> Child:
        """Start a command; with `again` for as long as the supervisor runs. One without has no prefix to its lines."""
        child = Child(name, command, again)
        if again:
            colour = COLOURS[sum(other.again for other in self.children) % len(COLOURS)]
            child.prefix = f"\x1b[{colour}m{name:>9} |\x1b[0m " if self.colours else f"{name:>9} | "
        self.children.append(child)
        self._start(child)
        return child

    def step(self, name: str, command: Sequence[str]) -> bool:
        """Run one command to its end; whether it went well. A stop that is asked for meanwhile ends it too."""
        child = self.add(name, command, again=False)
        while child.process and not self.stopping:
            self._turn()
        if self.stopping:
            return False
        self.children.remove(child)
        return child.exit_code == 0

    def run(self) -> None:
        """Until a stop is asked for; then until every process is gone."""
        while not self.stopping:
            self._turn()
        self.say("stopping …")
        for child in self.children:
            # The leader only: gunicorn and Celery end their workers in order. Whatever they leave ends with the group.
            if child.process:
                with suppress(ProcessLookupError):
                    child.process.terminate()
        if self.kill_at is None:
            self.kill_at = time.monotonic() + PATIENCE
        while any(child.process for child in self.children):
            if time.monotonic() >= self.kill_at:
                for child in self.children:
                    child.signal_group(signal.SIGKILL)
            self._turn()
        self.say("stopped.")

    def say(self, text: str) -> None:
        self._write(f"{text}\n")

    # Inside

    def _turn(self) -> None:
        for key, _ in self.selector.select(TURN):
            self._relay(key.data)
        now = time.monotonic()
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._bury(child, now)
            elif child.due is not None and now >= child.due and not self.stopping:
                self._start(child)

    def _start(self, child: Child) -> None:
        child.due, child.exit_code, child.started = None, None, time.monotonic()
        try:
            child.process = subprocess.Popen(
                child.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),
            )
        except OSError as error:
            self.say(f"{child.name} cannot be started: {error}")
            child.exit_code = 127
            self._plan(child, time.monotonic())
            return
        assert child.process.stdout
        os.set_blocking(child.process.stdout.fileno(), False)
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _bury(self, child: Child, now: float) -> None:
        """A leader has ended: take what is left of its group with it, so that no orphan keeps its port."""
        assert child.process and child.process.stdout
        child.signal_group(signal.SIGKILL)
        self._relay(child, to_the_end=True)
        with suppress(KeyError):
            self.selector.unregister(child.process.stdout)
        child.process.stdout.close()
        child.exit_code, child.process = child.process.returncode, None
        self._plan(child, now)

    def _plan(self, child: Child, now: float) -> None:
        if not child.again or self.stopping:
            return
        if now - child.started >= STEADY_LIFE:
            child.delay = FIRST_DELAY
        child.due = now + child.delay
        self.say(f"{child.name} ended (exit code {child.exit_code}); it starts again in {child.delay:.0f} s")
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _relay(self, child: Child, *, to_the_end: bool = False) -> None:
        assert child.process and child.process.stdout
        try:
            while data := os.read(child.process.stdout.fileno(), 65536):
                child.unfinished += data
                if not to_the_end:
                    break
            else:
                with suppress(KeyError):
                    self.selector.unregister(child.process.stdout)
        except BlockingIOError:
            pass
        *lines, child.unfinished = child.unfinished.split(b"\n")
        if to_the_end and child.unfinished:
            lines.append(child.unfinished)
            child.unfinished = b""
        for line in lines:
            self._write(f"{child.prefix}{line.decode(errors='replace')}\n")

    def _write(self, text: str) -> None:
        try:
            self.out.write(text)
            self.out.flush()
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) in NO_ROOM:
                return  # the terminal's output goes to a file on a full disk: the lines are lost, the product runs on
            # Nobody reads any more (a closed terminal or pipe): stop, rather than run on unseen.
            self.out = Path(os.devnull).open("w")  # noqa: SIM115
            self.stop()


def _end_with(parent: int) -> Callable[[], None]:
    """For a child between fork and exec: the kernel ends it when its parent dies, even by KILL. Linux alone can."""

    def prepare() -> None:
        if LIBC:
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before the call
                os._exit(1)

    return prepare


def procfile(text: str, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Commands by name, `$NAME` replaced from the environment; after the splitting, so that a space does no harm."""
    lines = (line.partition(":") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {
        name.strip(): [Template(word).substitute(environment) for word in shlex.split(command)]
        for name, _, command in lines
    }


def ports(environment: Mapping[str, str]) -> dict[str, str]:
    """The three ports by their variable. Raises Refusal for one that is no port, is given twice, or is taken."""
    chosen: dict[int, str] = {}
    for variable, default in PORTS.items():
        raw = environment.get(variable) or str(default)
        if not (raw.isascii() and raw.isdigit() and 1 <= int(raw) <= 65535):
            raise Refusal(f"{variable} is {raw!r}: write a port number from 1 to 65535.")
        if int(raw) in chosen:
            raise Refusal(f"{variable} and {chosen[int(raw)]} are both {raw}: each needs a port of its own.")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(raw)))
            except OSError as error:
                raise Refusal(
                    f"Port {raw} on 127.0.0.1 is not available ({error.strerror}). "
                    f"Stop the program that uses it, or choose another: {variable}={int(raw) % 65535 + 1} make run"
                ) from None
        chosen[int(raw)] = variable
    return {variable: str(port) for port, variable in chosen.items()}


def main() -> int:
    folder = DataFolder.of(os.environ)
    try:
        folder.claim()
        with folder.held():
            return run(folder, ports(os.environ), demo=_demo())
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2


def _demo() -> bool:
    """Whether the demo district is to be made. Raises Refusal for a value that is neither 1 nor 0."""
    try:
        return not os.environ.get("DEMO") or env.boolean("DEMO")
    except ImproperlyConfigured as error:
        raise Refusal(str(error)) from None


def run(folder: DataFolder, chosen_ports: Mapping[str, str], *, demo: bool = True) -> int:
    """Prepare, start every line of the Procfile, and stay until asked to stop. Shape of the result: an exit code."""
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        **chosen_ports,
        "DATA_DIR": str(folder.path),
        "DEMO": "1" if demo else "0",
        # The simulator and throw-away certificates beside it make it no production, whatever it runs on.
        "PRODUCTION": os.environ.get("PRODUCTION", "0"),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    folder.ensure_secret_key()
    certificates.ensure(
        folder.path / "certificates", organization=certificates.DEMO_ORGANIZATION, now=datetime.now(UTC)
    )
    supervisor = Supervisor(environment)
    supervisor.listen_to_signals()
    manage = [sys.executable, "manage.py"]
    steps = {"database": [*manage, "migrate", "--verbosity", "0"]}
    if not collected(folder.path):
        steps["style sheets and scripts"] = [*manage, "collectstatic", "--noinput", "--verbosity", "0"]
    if demo:
        steps["demo district"] = [*manage, "make_demo", "--prepare"]
    else:
        steps["connection"] = [*manage, "make_demo", "--prepare", "--empty"]
    for name, command in steps.items():
        supervisor.say(f"preparing: {name} …")
        if not supervisor.step(name, command):
            if supervisor.stopping:
                supervisor.run()
                return 0
            supervisor.say(f"The {name} could not be prepared (see above). Nothing was started.")
            return 1
    note_collected(folder.path)
    for name, command in procfile((CHECKOUT / "Procfile").read_text(), environment).items():
        supervisor.add(name, command)
    supervisor.add("demo", [sys.executable, "-m", "config.demo_start"], again=False)
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
