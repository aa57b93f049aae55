"""Counters that all web processes share: Django's cache "counters", which is Redis or, without it, a file on this machine.

The file is no table of the database: there each request would wait for whoever writes, up to 20 s on SQLite.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from redis.exceptions import RedisError

log = logging.getLogger("operations.counters")

AWAY = (RedisError, sqlite3.Error, OSError)
PAUSE = 2.0  # seconds until counters that were unavailable are tried again
T = TypeVar("T")
TABLE = "CREATE TABLE IF NOT EXISTS counter (key TEXT PRIMARY KEY, value INTEGER NOT NULL, ends REAL NOT NULL) WITHOUT ROWID"


class FileCache(BaseCache):
    """Whole numbers in a SQLite file; each call is one atomic statement. Losing it in a crash of the machine loses a minute's count."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.path, self.local, self.swept = str(location), threading.local(), 0

    def _ask(self, statement: str, *values: Any) -> Any:
        if getattr(self.local, "pid", None) != os.getpid():  # a connection does not survive a fork
            wire = sqlite3.connect(self.path, timeout=1, isolation_level=None)
            wire.execute("PRAGMA journal_mode=WAL")
            wire.execute("PRAGMA synchronous=OFF")
            wire.execute(TABLE)
            self.local.wire, self.local.pid = wire, os.getpid()
        return self.local.wire.execute(statement, values).fetchone()

    def _end(self, timeout: Any) -> float:
        seconds = self.get_backend_timeout(timeout)  # the moment, or None: never
        return float("inf") if seconds is None else float(seconds)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        self._sweep()
        kept = self._ask(
            "INSERT INTO counter VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends = excluded.ends "
            "WHERE ends <= ? RETURNING 1",
            self.make_key(key, version), int(value), self._end(timeout), time.time(),
        )  # fmt: skip
        return kept is not None

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        full_key = self.make_key(key, version)
        row = self._ask("SELECT value FROM counter WHERE key = ? AND ends > ?", full_key, time.time())
        return row[0] if row else default

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(
            "INSERT OR REPLACE INTO counter VALUES (?, ?, ?)",
            self.make_key(key, version),
            int(value),
            self._end(timeout),
        )

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        row = self._ask(
            "UPDATE counter SET value = value + ? WHERE key = ? AND ends > ? RETURNING value",
            delta, self.make_key(key, version), time.time(),
        )  # fmt: skip
        if row is None:
            raise ValueError(f"Key {key!r} not found")
        return int(row[0])

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._ask("DELETE FROM counter WHERE key = ? RETURNING 1", self.make_key(key, version)) is not None

    def clear(self) -> None:
        self._ask("DELETE FROM counter")

    def _sweep(self) -> None:
        """Once a minute per process; wherever anything is counted, new keys come at least that often."""
        now = time.time()
        if self.swept != int(now // 60):
            self.swept = int(now // 60)
            self._ask("DELETE FROM counter WHERE ends <= ?", now)


class _Breaker:
    """While the counters are unavailable, one try every two seconds; nobody is refused, and each process counts for itself."""

    def __init__(self) -> None:
        self.closed_until = 0.0

    def ask(self, question: Callable[[BaseCache], T]) -> T:
        if time.monotonic() >= self.closed_until:
            try:
                return question(caches["counters"])
            except AWAY as error:
                self.closed_until = time.monotonic() + PAUSE
                log.warning(
                    "The counters cannot be reached (%s); this process counts for itself.", type(error).__name__
                )
        return question(caches["default"])


_breaker = _Breaker()


def count(key: str, seconds: int) -> int:
    """One more; gives how many there are. The count begins anew `seconds` after its first."""

    def question(cache: BaseCache) -> int:
        for _ in range(2):
            try:
                return cache.incr(key)
            except ValueError:  # there is none yet
                if cache.add(key, 1, seconds):
                    return 1
        return cache.incr(key)

    return _breaker.ask(question)


def get(key: str) -> int:
    return int(_breaker.ask(lambda cache: cache.get(key, 0)))


def put(key: str, value: int, seconds: int) -> None:
    _breaker.ask(lambda cache: cache.set(key, value, seconds))


def forget(key: str) -> None:
    _breaker.ask(lambda cache: cache.delete(key))
