"""Searches by token, so that no address ever has a student's number or name."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict

KEPT = 200


class Searches:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._criteria: OrderedDict[str, dict[str, str]] = OrderedDict()

    def keep(self, criteria: dict[str, str]) -> str:
        token = secrets.token_urlsafe(9)
        with self._lock:
            self._criteria[token] = criteria
            while len(self._criteria) > KEPT:
                self._criteria.popitem(last=False)
        return token

    def find(self, token: str) -> dict[str, str]:
        """The criteria, or none for a token that is not known any more."""
        with self._lock:
            return dict(self._criteria.get(token, {}))
