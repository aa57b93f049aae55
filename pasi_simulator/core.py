"""Everything that the SOAP side, the control API and the PASIprep page share."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pasi_simulator.clients import Client, ClientsFile, Organization
from pasi_simulator.clock import real_today
from pasi_simulator.codes import FIXED, school_year_types
from pasi_simulator.contract import Contract
from pasi_simulator.knobs import Knobs
from pasi_simulator.state import Call, State


class Core:
    """The simulated PASI Core of one process."""

    def __init__(self, contract: Contract, state: State, clients: ClientsFile) -> None:
        self.contract, self.state, self.clients = contract, state, clients
        self.knobs = Knobs(json.loads(state.meta("knobs") or "{}"), self._save_knobs)
        self._codes_lock = threading.Lock()

    def today(self) -> date:
        return self.knobs.today(real_today)

    def _save_knobs(self, values: dict[str, Any]) -> None:
        with self.state.writing() as writer:
            writer.set_meta("knobs", json.dumps(values))
        self.state.wake()  # today, limits and `unavailable` concern waiting polls too

    def code_version(self) -> int:
        """The version of the code values: a new one of the one sequence whenever their content has changed, for
        instance because another school year has begun."""
        digest = hashlib.sha256(repr((FIXED, school_year_types(self.today()))).encode()).hexdigest()
        with self._codes_lock:
            stored: dict[str, Any] = json.loads(self.state.meta("codes") or "{}")
            if stored.get("digest") != digest:
                with self.state.writing() as writer:
                    stored = {"digest": digest, "version": writer.next_versions()}
                    writer.set_meta("codes", json.dumps(stored))
            return int(stored["version"])


def _never_gone() -> bool:
    return False


@dataclass(slots=True)
class Caller:
    """Who calls: the client behind the certificate, the organization and the person of CallerInfo."""

    client: Client
    organization: Organization
    user: str
    gone: Callable[[], bool] = _never_gone  # whether the other side has hung up


@dataclass(slots=True)
class Reply:
    """An operation's result and what the log says about it; `logged`: already committed with a record."""

    result: Any
    call: Call = field(default_factory=Call)
    logged: bool = False


class Disconnect(Exception):
    """Ends the connection without an answer."""
