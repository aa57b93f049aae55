"""Alarms: run something at a moment unless cancelled before. One waiting thread per process, however many are set.

Nearly every alarm is cancelled. A thread for each, as threading.Timer has, costs more than the call it watches.
"""

import os
import threading
import time
from collections.abc import Callable

_FAR = 3600.0


class Alarm:
    """`Alarm(seconds, do)` starts at once. `do` must be short: it runs in the one thread, and all others wait for it."""

    def __init__(self, seconds: float, do: Callable[[], object]) -> None:
        self.at = time.monotonic() + seconds
        self.do = do
        _clockwork.add(self)

    def cancel(self) -> None:
        """Once this has returned, `do` has either run or never will."""
        _clockwork.remove(self)


class _Clockwork:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.changed = threading.Condition()
        self.waiting: set[Alarm] = set()
        self.wakes_at = 0.0
        self.thread: threading.Thread | None = None

    def add(self, alarm: Alarm) -> None:
        with self.changed:
            self.waiting.add(alarm)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self.thread.start()
            elif alarm.at < self.wakes_at:
                self.changed.notify()

    def remove(self, alarm: Alarm) -> None:
        with self.changed:
            self.waiting.discard(alarm)

    def _run(self) -> None:
        with self.changed:
            while True:
                now = time.monotonic()
                for alarm in [alarm for alarm in self.waiting if alarm.at <= now]:
                    self.waiting.discard(alarm)
                    alarm.do()
                self.wakes_at = min((alarm.at for alarm in self.waiting), default=now + _FAR)
                self.changed.wait(max(0.0, self.wakes_at - time.monotonic()))


_clockwork = _Clockwork()
os.register_at_fork(after_in_child=_clockwork.reset)  # a forked worker has neither the thread nor its lock
