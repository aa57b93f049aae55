"""Real processes of a stage: started from the nursery, killed, frozen and thawed by their group."""

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """One process and everything that it starts."""

    def __init__(self, pid: int, pipes: tuple[Path, Path] | None) -> None:
        self.pid = pid
        if pipes:
            self.stdin = pipes[0].open("w")
            self.stdout = pipes[1].open()

    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends the signal and waits until the process is gone."""
        end = time.monotonic() + 60
        while self.alive():  # a process that has just been forked leads no group yet
            self.send(number)
            if time.monotonic() > end:
                raise AssertionError(f"Process {self.pid} does not end.")
            time.sleep(0.01)
        for pipe in (getattr(self, "stdin", None), getattr(self, "stdout", None)):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass  # what was not read yet died with it


class Nursery:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)
        self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The nursery is gone.")
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, pipes: tuple[Path, Path] | None = None
    ) -> Process:
        order = {
            "command": list(command),
            "environment": dict(environment),
            "log": str(log),
            "pipes": [str(pipe) for pipe in pipes] if pipes else None,
        }
        for pipe in pipes or ():
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return Process(self._answer()["pid"], pipes)


@cache
def nursery() -> Nursery:
    """One for the whole test run."""
    return Nursery()
