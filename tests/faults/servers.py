"""Servers of the tests' own: throw-away PostgreSQL databases, and a Redis that may be emptied and stopped."""

import os
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Database:
    """A PostgreSQL database beside the one that TEST_DATABASE_URL names; dropped at the end."""

    def __init__(self, url: str, name: str, template: str = "template1") -> None:
        self.parts = urlsplit(url)
        self.name = name
        self._ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    @property
    def url(self) -> str:
        return urlunsplit(self.parts._replace(path=f"/{self.name}"))

    def _ask(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        server = urlunsplit(self.parts._replace(path="/postgres"))
        with psycopg.connect(server, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def cut(self) -> int:
        """Ends every connection to this database on the server's side, whatever it is doing. Gives their number."""
        rows = self._ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", self.name)
        return len(rows)

    def drop(self) -> None:
        self._ask(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


class Redis:
    """A redis-server with a port and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
                *("--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
        )
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < end, "redis-server does not start"
                time.sleep(0.05)

    def flush(self) -> None:
        assert self.ask("FLUSHDB").startswith(b"+OK")

    def ask(self, *words: str | bytes) -> bytes:
        """One command; gives what comes back in one piece."""
        parts = [word.encode() if isinstance(word, str) else word for word in words]
        command = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        with socket.create_connection(("127.0.0.1", self.port), 5) as wire:
            wire.sendall(command)
            return wire.recv(2**20)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)
