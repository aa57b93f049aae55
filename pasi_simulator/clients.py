"""The PASI clients of this installation: certificate to organizations and roles. [Source: PASI Core Security]"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Client:
    name: str
    system_name: str
    certificate_sha256: str
    certificate_active: bool
    client_active: bool
    organizations: tuple[str, ...]
    roles: frozenset[str]
    ip_addresses: frozenset[str] | None  # None: from anywhere


@dataclass(frozen=True, slots=True)
class Organization:
    """`S.nnnn` a school, `A.nnnn` a school authority, `O.n` the ministry."""

    code: str

    @property
    def kind(self) -> str:
        return self.code[:1]

    @property
    def number(self) -> str:
        return self.code[2:]


class ClientsFile:
    """The list of clients, read again when the file changes; a broken file leaves the last good one in force."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp = self._stat()
        self._clients = _read(path)

    def with_certificate(self, sha256: str) -> list[Client]:
        with self._lock:
            self._refresh()
            return [client for client in self._clients if client.certificate_sha256 == sha256]

    def all(self) -> list[Client]:
        with self._lock:
            self._refresh()
            return list(self._clients)

    def _stat(self) -> tuple[int, int]:
        stat = self._path.stat()
        return stat.st_mtime_ns, stat.st_size

    def _refresh(self) -> None:
        try:
            stamp = self._stat()
            if stamp != self._stamp:
                self._clients = _read(self._path)
                self._stamp = stamp
        except (OSError, ValueError) as problem:
            print(f"pasi_simulator: clients file not read again: {type(problem).__name__}", file=sys.stderr)


def _read(path: Path) -> list[Client]:
    rows = json.loads(path.read_text("utf-8"))
    if not isinstance(rows, list):
        raise ValueError("the clients file must hold a list")
    try:
        return [_client(row) for row in rows]
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"the clients file is not right: {problem}") from problem


def _client(row: dict[str, object]) -> Client:
    addresses = row.get("ip_addresses")
    return Client(
        name=str(row["name"]),
        system_name=str(row.get("system_name", row["name"])),
        certificate_sha256=str(row["certificate_sha256"]).replace(":", "").lower(),
        certificate_active=bool(row.get("certificate_active", True)),
        client_active=bool(row.get("client_active", True)),
        organizations=tuple(_texts(row["organizations"])),
        roles=frozenset(_texts(row["roles"])),
        ip_addresses=None if addresses is None else frozenset(_texts(addresses)),
    )


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return [str(item) for item in value]
