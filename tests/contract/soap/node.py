"""The programs of node-soap as processes, and our values in the shapes that they speak."""

import datetime as dt
import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pasi_connect.soap.contract import Member

FOLDER = Path(__file__).resolve().parent
SECONDS = 20


def missing() -> str:
    """Why node-soap cannot run here, "" when it can."""
    if not shutil.which("node"):
        return "node is not installed"
    if not (FOLDER / "node_modules" / "soap" / "package.json").exists():
        return "node-soap is not installed: npm ci --prefix tests/contract/soap"
    return ""


class Node:
    """One program of this folder: a line of JSON in, a line of JSON out. `about` is what it said first."""

    def __init__(self, program: str, *arguments: object) -> None:
        hidden = ("_proxy", "node_options", "node_extra_ca_certs")
        self.process = subprocess.Popen(
            ["node", str(FOLDER / program), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.lower().endswith(hidden)},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.errors: list[str] = []
        self.readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._listen, daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        self.about = self.heard()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line)
        self.lines.put("")

    def _listen(self) -> None:
        self.errors.extend(self.process.stderr or ())

    def heard(self) -> dict[str, Any]:
        line = self.lines.get(timeout=SECONDS)
        if not line:
            self.readers[1].join(SECONDS)
        assert line, "".join(self.errors)
        return json.loads(line)

    def forget(self) -> None:
        """Drops what was said and not listened to."""
        while not self.lines.empty():
            self.lines.get()

    def tell(self, **value: Any) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def stop(self) -> None:
        """The program ends with its input; a server's open connections do not keep it."""
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(SECONDS)
        finally:
            self.process.kill()
        for reader in self.readers:
            reader.join(SECONDS)


def _text(moment: dt.date) -> str:
    if isinstance(moment, dt.datetime):
        return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return moment.isoformat()


def _typed(moment: dt.date) -> dict[str, str]:
    """JavaScript has one type for both: a day is its first moment in UTC."""
    return {"$date": _text(moment) if isinstance(moment, dt.datetime) else f"{moment.isoformat()}T00:00:00.000Z"}


def to_write(value: Any, member: Member) -> Any:
    """What node-soap is given to write `value`: a list lies under the name of its item."""
    return _shaped(value, member, _text, lambda name, items: {name: items})


def as_read(value: Any, member: Member) -> Any:
    """What node-soap makes of the XML of `value`. An element without content is null there."""
    return _shaped(value, member, _typed, lambda name, items: {name: items} if items else None)


def _shaped(value: Any, member: Member, moment: Callable, listed: Callable) -> Any:
    if value is None:
        return None
    record = member.record
    if record is None:
        return moment(value) if isinstance(value, dt.date) else value
    if record.items is not None:
        return listed(record.items.name, [_shaped(item, record.items, moment, listed) for item in value])
    return {part.name: _shaped(value[part.name], part, moment, listed) for part in record.members if part.name in value}
