import datetime as dt
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone

WRITES = ("INSERT", "UPDATE", "DELETE")


class Counter:
    """Counts down from the number in the trigger file; at zero the process is killed. Steps seen stand in `<trigger>.seen`."""

    def __init__(self, trigger: Path) -> None:
        self.trigger = trigger
        self.left: int | None = None
        self.seen = 0
        self.one_at_a_time = threading.Lock()

    def step(self, name: str) -> None:
        thread = threading.current_thread()
        if thread is not threading.main_thread() and not thread.name.startswith("wire"):
            return
        with self.one_at_a_time:
            if self.left is None:
                if not self.trigger.exists():
                    return
                self.left = int(self.trigger.read_text())
            self.seen += 1
            self.left -= 1
            with self.trigger.with_suffix(".seen").open("a") as log:
                log.write(f"{self.seen} {name}\n")
            if self.left == 0:
                self.trigger.unlink()
                os.kill(os.getpid(), signal.SIGKILL)


class CrashingConfig(AppConfig):
    name = "tests.faults.crashing"

    def ready(self) -> None:
        if "CLOCK_FILE" in os.environ:
            _set_clock(Path(os.environ["CLOCK_FILE"]))
        path = os.environ.get("CRASH_TRIGGER")
        if not path:
            return
        counter = Counter(Path(path))
        _count_statements(counter)
        _count_commits(counter)
        _count_calls(counter)


def _set_clock(hours: Path) -> None:
    """The clock of this process is as many hours ahead as the file says, from one moment to the next; time itself goes on."""
    real = timezone.now

    def now() -> dt.datetime:
        try:
            ahead = float(hours.read_text())
        except (FileNotFoundError, ValueError):
            ahead = 0.0
        return real() + dt.timedelta(hours=ahead)

    timezone.now = now


def _count_statements(counter: Counter) -> None:
    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES):
            counter.step(f"before {sql.split('(')[0].strip()[:60]}")
        return execute(sql, params, many, context)

    def install(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        if wrapper not in connection.execute_wrappers:
            connection.execute_wrappers.append(wrapper)

    connection_created.connect(install, weak=False)


def _count_commits(counter: Counter) -> None:
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def counted(self: BaseDatabaseWrapper) -> Any:
        counter.step("before COMMIT")
        result = commit(self)
        counter.step("after COMMIT")
        return result

    BaseDatabaseWrapper._commit = counted  # type: ignore[attr-defined]


def _count_calls(counter: Counter) -> None:
    from pasi_connect.soap.transport import Transport

    post = Transport.post

    def counted(self: Transport, *args: Any, **kwargs: Any) -> Any:
        counter.step("before the call to PASI")
        answer = post(self, *args, **kwargs)
        counter.step("after the call to PASI")
        return answer

    Transport.post = counted  # type: ignore[method-assign]
