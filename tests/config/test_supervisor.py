"""The supervisor as a real process over small real children: what it starts again, and that nothing outlives it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.data_folder import CHECKOUT, DataFolder, Refusal
from config.supervisor import PORTS, Child, Supervisor, ports, procfile

# Runs the children named in a file of commands, as `make run` runs those of the Procfile.
HARNESS = """
import json, os, sys
from pathlib import Path
from config import supervisor
folder = Path(sys.argv[1])
supervisor.PATIENCE = float(sys.argv[2])
watcher = supervisor.Supervisor(os.environ, directory=folder)
watcher.listen_to_signals()
for name, command in json.loads((folder / "commands.json").read_text()).items():
    watcher.add(name, command)
watcher.run()
"""
# Writes its process id to a file of its own, has a child of its own, and stays.
FAMILY = """
import os, signal, subprocess, sys, time
name = sys.argv[1]
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "grandchild" in sys.argv:
    subprocess.Popen([sys.executable, "-c", open(sys.argv[2]).read(), name + "-grandchild", sys.argv[2], "deaf"])
with open(name + ".pids", "a") as file:
    file.write(f"{os.getpid()}\\n")
print("here is", name, flush=True)
time.sleep(300)
"""


def until(condition: Callable[[], object], seconds: float = 30.0) -> float:
    """Wait for the condition; the seconds it took. Fails when it does not come true."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - start


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Stage:
    """A supervisor at work in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        (folder / "family.py").write_text(FAMILY)

    def family(self, name: str, *traits: str) -> list[str]:
        return [sys.executable, "-c", FAMILY, name, str(self.folder / "family.py"), *traits]

    def start(self, commands: dict[str, list[str]], *, patience: float = 6.0) -> None:
        (self.folder / "commands.json").write_text(json.dumps(commands))
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", HARNESS, str(self.folder), str(patience)],
                cwd=CHECKOUT,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pids(self, name: str) -> list[int]:
        file = self.folder / f"{name}.pids"
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def everyone(self) -> list[int]:
        return [pid for file in self.folder.glob("*.pids") for pid in self.pids(file.stem)]

    def survivors(self) -> list[int]:
        return [pid for pid in self.everyone() if alive(pid)]

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def ended(self) -> bool:
        assert self.process
        return self.process.poll() is not None


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    if stage.process and not stage.ended():
        stage.process.kill()
        stage.process.wait()
    for pid in stage.survivors():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.slow_process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_everybody_goes(stage: Stage, number: int) -> None:
    stage.start({"one": stage.family("one", "grandchild"), "two": stage.family("two")})
    until(lambda: len(stage.everyone()) == 3)
    stage.signal(number)
    assert until(stage.ended) < 5  # who does not go is killed after more
    assert stage.process and stage.process.returncode == 0
    until(lambda: not stage.survivors(), 5)


@pytest.mark.slow_process
def test_deaf_families_are_killed_within_ten_seconds(stage: Stage) -> None:
    stage.start({"deaf": stage.family("deaf", "deaf", "grandchild")})
    until(lambda: len(stage.everyone()) == 2)
    stage.signal(signal.SIGINT)
    assert 5 < until(stage.ended) < 10
    assert not stage.survivors()


@pytest.mark.slow_process
def test_second_ctrl_c_kills_at_once(stage: Stage) -> None:
    stage.start({"deaf": stage.family("deaf", "deaf", "grandchild")}, patience=60)
    until(lambda: len(stage.everyone()) == 2)
    stage.signal(signal.SIGINT)
    until(lambda: "stopping" in stage.output)
    time.sleep(0.3)
    assert not stage.ended()
    stage.signal(signal.SIGINT)
    assert until(stage.ended) < 20  # its patience is a minute
    assert not stage.survivors()


@pytest.mark.slow_process
def test_second_term_is_patient(stage: Stage) -> None:
    """`make` passes TERM on, so a group that gets TERM gives it to us twice."""
    stage.start({"deaf": stage.family("deaf", "deaf")}, patience=1.5)
    until(lambda: len(stage.everyone()) == 1)
    asked = time.monotonic()
    stage.signal(signal.SIGTERM)
    until(lambda: "stopping" in stage.output)
    stage.signal(signal.SIGTERM)
    until(stage.ended)
    assert time.monotonic() - asked > 1.4


@pytest.mark.slow_process
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_killed_supervisor_takes_its_children_along(stage: Stage) -> None:
    stage.start({"one": stage.family("one"), "two": stage.family("two")})
    until(lambda: len(stage.everyone()) == 2)
    stage.signal(signal.SIGKILL)
    until(lambda: not stage.survivors(), 10)


@pytest.mark.slow_process
def test_what_dies_starts_again_alone_and_leaves_no_orphan(stage: Stage) -> None:
    stage.start({"one": stage.family("one", "grandchild"), "two": stage.family("two")})
    until(lambda: len(stage.everyone()) == 3)
    [grandchild] = stage.pids("one-grandchild")
    os.kill(stage.pids("one")[0], signal.SIGKILL)
    until(lambda: not alive(grandchild), 5)
    assert 0.7 < until(lambda: len(stage.pids("one")) == 2) < 3
    assert len(stage.pids("two")) == 1
    assert "one ended (exit code -9); it starts again in 1 s" in stage.output


@pytest.mark.slow_process
def test_back_off_doubles(stage: Stage) -> None:
    stage.start({"brief": [sys.executable, "-c", "raise SystemExit(3)"], "missing": ["/no/such/program"]})
    until(lambda: stage.output.count("brief ended") >= 3, 12)
    assert re.findall(r"brief ended \(exit code 3\); it starts again in (\d+) s", stage.output)[:3] == ["1", "2", "4"]
    assert re.findall(r"missing ended \(exit code 127\); it starts again in (\d+) s", stage.output)[:2] == ["1", "2"]


def test_back_off_ends_at_ten_and_begins_anew_after_a_long_life(capsys: pytest.CaptureFixture[str]) -> None:
    watcher, child = Supervisor({}), Child("worker", ["true"])
    lives = [0, 0, 0, 0, 0, 0, 29, 31, 0]
    for life in lives:
        child.started = 1000.0
        watcher._plan(child, 1000.0 + life)
    waits = re.findall(r"again in (\d+) s", capsys.readouterr().out)
    assert waits == ["1", "2", "4", "8", "10", "10", "10", "1", "2"]


@pytest.mark.slow_process
def test_lines_carry_the_name_and_stay_whole(stage: Stage) -> None:
    parts = "(b'a b', b'c\\n', b'd')"
    script = f"import os, time; [(os.write(1, part), time.sleep(0.2)) for part in {parts}]; time.sleep(99)"
    stage.start({"chatty": [sys.executable, "-c", script]})
    until(lambda: "a bc" in stage.output)
    assert "   chatty | a bc\n" in stage.output


@pytest.mark.slow_process
def test_nobody_reads_any_more(stage: Stage) -> None:
    """A closed terminal or pipe ends the demo: it does not run on unseen."""
    (stage.folder / "commands.json").write_text(json.dumps({"one": stage.family("one")}))
    stage.process = subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(stage.folder), "6"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: len(stage.pids("one")) == 1)
    assert stage.process.stdout
    stage.process.stdout.close()
    os.kill(stage.pids("one")[0], signal.SIGKILL)  # makes it say something
    until(stage.ended, 5)
    assert not stage.survivors()


def test_lines_that_a_full_disk_does_not_take_are_lost_and_nothing_stops() -> None:
    watcher = Supervisor({})
    full = watcher.out = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w")
    try:
        for _ in range(100):
            watcher.say("a line of a child")
        assert not watcher.stopping
        assert watcher.out is full
    finally:
        with suppress(OSError):
            full.close()  # it still holds a line


# What stands before the start


def test_procfile_names_every_process() -> None:
    environment = {**{name: str(port) for name, port in PORTS.items()}, "DATA_DIR": "/a folder/data"}
    commands = procfile((CHECKOUT / "Procfile").read_text(), environment)
    assert list(commands) == ["web", "worker", "jobs", "tick", "listener", "simulator"]
    assert "127.0.0.1:8000" in commands["web"]
    assert "/a folder/data/certificates/clients.json" in commands["simulator"]
    assert not [word for command in commands.values() for word in command if "$" in word]


@pytest.fixture
def free(unused_ports: Callable[[int], list[int]]) -> dict[str, str]:
    return dict(zip(["PORT", "PASI_SIMULATOR_PORT", "PASI_CONTROL_PORT"], map(str, unused_ports(3)), strict=True))


@pytest.fixture
def unused_ports() -> Callable[[int], list[int]]:
    def find(count: int) -> list[int]:
        probes = [socket.socket() for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        numbers = [probe.getsockname()[1] for probe in probes]
        for probe in probes:
            probe.close()
        return numbers

    return find


def test_free_ports_are_taken_over(free: dict[str, str]) -> None:
    assert ports(free) == free


def test_taken_port_is_named_with_its_variable(free: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(free["PASI_CONTROL_PORT"])))
        other.listen()
        with pytest.raises(Refusal, match=rf"Port {free['PASI_CONTROL_PORT']} .*PASI_CONTROL_PORT=\d+ make run"):
            ports(free)


@pytest.mark.parametrize("bad", ["0", "65536", "-1", "http", "8000.5", "٨٠٠٠"])
def test_no_port_at_all(free: dict[str, str], bad: str) -> None:
    with pytest.raises(Refusal, match="PORT is .*1 to 65535"):
        ports({**free, "PORT": bad})


def test_one_port_for_two(free: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="PASI_SIMULATOR_PORT and PORT are both"):
        ports({**free, "PASI_SIMULATOR_PORT": free["PORT"]})


@pytest.mark.slow_process
def test_taken_port_ends_the_start_with_code_two(tmp_path: Path, free: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(free["PORT"])))
        other.listen()
        result = subprocess.run(
            [sys.executable, "-m", "config.supervisor"],
            cwd=CHECKOUT,
            env={**os.environ, **free, "DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert result.returncode == 2
    assert result.stderr.startswith(f"Port {free['PORT']} on 127.0.0.1 is not available")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow_process
def test_second_supervisor_on_the_folder_is_refused(tmp_path: Path, free: dict[str, str]) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.claim()
    with folder.held():
        result = subprocess.run(
            [sys.executable, "-m", "config.supervisor"],
            cwd=CHECKOUT,
            env={**os.environ, **free, "DATA_DIR": str(folder.path)},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert result.returncode == 2
    assert f"already runs on {folder.path} (process {os.getpid()})" in result.stderr
