"""Knobs, with which a test or a demonstration makes PASI behave badly. Kept in the database, so they survive a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

DEFAULTS: dict[str, Any] = {
    "delay_ms": 0,
    "today": None,
    "version_conflict_as_fault": False,
    "node_lag_ms": 0,
    "node_wait_ms": 5000,
    "fault": None,
    "answer_dropped": 0,
    "truncated": 0,
    "html": 0,
    "unavailable": False,
    "block_limit": 150_000,
    "overall_limit": 600_000,
    "long_poll_max_s": None,
}
LARGEST = 1_000_000_000


class KnobError(ValueError):
    """A knob that does not exist or a value that it cannot take."""


class Knobs:
    """Thread-safe settings; counting knobs count down as they are used."""

    def __init__(self, stored: Mapping[str, Any], save: Callable[[dict[str, Any]], None]) -> None:
        self._lock = threading.Lock()
        self._values = DEFAULTS | {name: stored[name] for name in stored if name in DEFAULTS}
        self._save = save

    def all(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    @staticmethod
    def check(values: object) -> dict[str, Any]:
        """The values as they would be stored; raises KnobError."""
        if not isinstance(values, Mapping):
            raise KnobError("an object with knobs is expected")
        return {name: _check(name, value) for name, value in values.items()}

    def merge(self, values: object) -> dict[str, Any]:
        """Checks everything first, so that a bad value changes nothing."""
        checked = self.check(values)
        with self._lock:
            self._values.update(checked)
            self._save(self._values)
            return dict(self._values)

    def clear(self) -> None:
        with self._lock:
            self._values = dict(DEFAULTS)
            self._save(self._values)

    def take(self, name: str, operation: str) -> bool:
        """Uses up one of a counting knob, where it concerns the operation. A plain number leaves long polls alone:
        a listener that polls all day would use it up before the call that a test has in mind."""
        if not self._values[name]:
            return False
        with self._lock:
            value = self._values[name]
            if not value:
                return False
            if isinstance(value, int):
                if operation == "IsDataAvailable":
                    return False
                self._values[name] = value - 1
            else:
                if value["operation"] not in (None, operation):
                    return False
                times = value["times"]
                if times is not None:
                    self._values[name] = value | {"times": times - 1} if times > 1 else DEFAULTS[name]
            self._save(self._values)
            return True

    def take_fault(self, operation: str) -> str | None:
        fault = self._values["fault"]
        return str(fault["code"]) if fault and self.take("fault", operation) else None

    def today(self, real: Callable[[], date]) -> date:
        text = self._values["today"]
        return date.fromisoformat(text) if text else real()


def _check(name: str, value: Any) -> Any:
    if name not in DEFAULTS:
        raise KnobError(f"unknown knob {name!r}; known are {', '.join(DEFAULTS)}")
    if name in ("unavailable", "version_conflict_as_fault"):
        if not isinstance(value, bool):
            raise KnobError(f"{name} is true or false")
        return value
    if name == "today":
        try:
            return None if value in (None, "") else date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise KnobError("today is a date such as 2027-01-01, or null") from None
    if name == "fault":
        return _check_fault(value)
    if name in ("answer_dropped", "truncated", "html") and isinstance(value, Mapping):
        return _check_times(name, value)
    if name == "long_poll_max_s" and value is None:
        return None
    least = 1 if name in ("block_limit", "overall_limit") else 0
    number_ok = isinstance(value, (int, float)) if name == "long_poll_max_s" else isinstance(value, int)
    if isinstance(value, bool) or not number_ok or not least <= value <= LARGEST:
        raise KnobError(f"{name} is a number, at least {least}")
    return value


def _check_fault(value: Any) -> Any:
    if not value:
        return None
    if not isinstance(value, Mapping) or not str(value.get("code", "")).isdigit():
        raise KnobError('fault is null or {"code": "2001", "operation": name or null, "times": n or null}')
    if set(value) - {"code", "operation", "times"}:
        raise KnobError("fault takes code, operation and times")
    if value.get("times", 1) == 0:
        return None
    return {"code": str(value["code"]), **_check_times("fault", {k: v for k, v in value.items() if k != "code"})}


def _check_times(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    operation, times = value.get("operation") or None, value.get("times", 1)
    if set(value) - {"operation", "times"} or not isinstance(operation, str | None):
        raise KnobError(f"{name} takes operation (a name or null) and times")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= LARGEST):
        raise KnobError(f"times of {name} is a number, at least 1, or null for always")
    return {"operation": operation, "times": times}
