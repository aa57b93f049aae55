"""PASI Core's state in one SQLite file: records with one rising version sequence, calls, knobs.

A record change and the call that made it are committed in one transaction, so both survive a kill -9 or neither does.
Records are JSON documents in PASI's member names; the columns beside them are what searches need.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pasi_simulator.clock import utc_now
from pasi_simulator.rules.names import completed

FIRST_VERSION = 8_800_001
CALLS_KEPT = 50_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, committed_at REAL NOT NULL,
    document TEXT NOT NULL, previous_version INTEGER, previous_document TEXT,
    school_code TEXT, school_year INTEGER, asn TEXT, authority_code TEXT, deleted INTEGER NOT NULL, ends_on TEXT,
    name TEXT NOT NULL DEFAULT '',
    UNIQUE (type, key));
CREATE INDEX IF NOT EXISTS records_by_version ON records (type, school_year, version);
CREATE INDEX IF NOT EXISTS records_by_school ON records (type, school_code, school_year);
CREATE INDEX IF NOT EXISTS records_by_asn ON records (type, asn);
CREATE INDEX IF NOT EXISTS records_by_name ON records (type, name);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT, key TEXT, outcome TEXT NOT NULL, applied INTEGER NOT NULL,
    at TEXT NOT NULL, request TEXT, client TEXT, organization TEXT, user TEXT, fault_code TEXT,
    rejections TEXT NOT NULL, version INTEGER, message_id TEXT);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of record: its type in the WSDL and the member that identifies it.

    `by_year`: notified for each school year. `own`: made by clients, so it is deleted logically, its key is a GUID, and who
    changed it last stands in it. `flags`: members that are true or false. `open`: every client may ask for one. `told_to_owner`:
    news of it goes to its school and the school's authority alone.
    """

    name: str
    contract_type: str
    key_member: str
    flags: tuple[str, ...]
    by_year: bool = False
    own: bool = False
    open: bool = False
    told_to_owner: bool = False


RECORD_TYPES = {
    kind.name: kind
    for kind in (
        RecordType("SchoolAuthority", "SchoolAuthorityInfo", "SchoolAuthorityCode", ("IsActive",), open=True),
        RecordType("School", "SchoolInfo", "SchoolCode", ("IsActive",), open=True),
        RecordType("Student", "StudentInfo", "StateProvinceId", ("IsDeactivated", "IsDeceased")),
        RecordType(
            "StudentSchoolEnrolment", "StudentSchoolEnrolmentInfo", "RefId", ("IsDeleted",), by_year=True, own=True
        ),
        RecordType(
            "Section", "SectionInfo", "RefId", ("IsDeleted",), by_year=True, own=True, open=True, told_to_owner=True
        ),
    )
}
SET_BY_PASI = frozenset({"PASICoreVersion", "EffectiveUtc", "CreatedOnUtc", "LastUpdate"})


@dataclass(frozen=True, slots=True)
class Record:
    """One record at one version; `previous_*` is what a node that lags behind still knows."""

    id: int
    type: str
    key: str
    version: int
    committed_at: float
    document: dict[str, Any]
    previous_version: int | None
    previous_document: dict[str, Any] | None


@dataclass(slots=True)
class Call:
    """One SOAP call as PASI logs it; `key` holds the keys of all its records, a blank between two."""

    operation: str | None = None
    key: str | None = None
    outcome: str = "accepted"
    applied: bool = False
    request: dict[str, Any] | None = None
    client: str | None = None
    organization: str | None = None
    user: str | None = None
    fault_code: str | None = None
    rejections: list[dict[str, str]] | None = None
    version: int | None = None
    message_id: str | None = None


def canonical_key(type_name: str, key: str) -> str:
    """GUIDs are the same in upper and lower case; all other keys are digits."""
    return key.lower() if RECORD_TYPES[type_name].own else key


class State:
    """Readers use their own connection each; writers queue at one lock. `changed` wakes long polls."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "pasi_simulator.sqlite3"
        self._local = threading.local()
        self._write_lock = threading.Lock()
        self.changed = threading.Condition()
        self.generation = 0  # counts commits and knob changes
        connection = self.reader()
        connection.executescript(SCHEMA)
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (str(FIRST_VERSION - 1),))

    def reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;")
            self._local.connection = connection
        return connection

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction; waiting long polls are woken when records changed."""
        with self._write_lock:
            connection = self.reader()
            connection.execute("BEGIN IMMEDIATE")
            writer = Writer(connection)
            try:
                yield writer
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        if writer.records_changed:
            self.wake()

    def wake(self) -> None:
        with self.changed:
            self.generation += 1
            self.changed.notify_all()

    # Reading -------------------------------------------------------------------------------------------------

    def version(self) -> int:
        """The newest version so far."""
        return int(self.meta("version") or 0)

    def meta(self, name: str) -> str | None:
        row = self.reader().execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def record(self, type_name: str, key: str) -> Record | None:
        rows = self.records("type = ? AND key = ?", (type_name, canonical_key(type_name, key)))
        return rows[0] if rows else None

    def records(self, condition: str, values: Iterable[Any], limit: int | None = None) -> list[Record]:
        """Records by a condition over the columns, in the order of their internal id."""
        rows = self.reader().execute(
            "SELECT id, type, key, version, committed_at, document, previous_version, previous_document"
            f" FROM records WHERE {condition} ORDER BY id LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        return [
            Record(id, type_name, key, version, at, json.loads(now), before, json.loads(then) if then else None)
            for id, type_name, key, version, at, now, before, then in rows
        ]

    def counts(self) -> dict[str, int]:
        counts = dict(self.reader().execute("SELECT type, count(*) FROM records GROUP BY type").fetchall())
        return {name: counts.get(name, 0) for name in RECORD_TYPES}

    def newest_known_to_node(self, lag_ms: int) -> int:
        """The newest version that the answering node knows; without lag it knows all."""
        if not lag_ms:
            return self.version()
        edge = time.time() - lag_ms / 1000
        row = self.reader().execute(
            "SELECT max(CASE WHEN committed_at <= ? THEN version ELSE coalesce(previous_version, 0) END) FROM records",
            (edge,),
        )
        return row.fetchone()[0] or 0


class Writer:
    """What a transaction may do."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.records_changed = False

    def next_versions(self, count: int = 1) -> int:
        """Reserves `count` versions of the one sequence and returns the first."""
        first = int(self.connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()[0]) + 1
        self.set_meta("version", str(first + count - 1))
        return first

    def set_meta(self, name: str, value: str) -> None:
        self.connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def put(self, kind: RecordType, document: Mapping[str, Any], by: Mapping[str, str], lag_ms: int = 0) -> int:
        """Writes a whole record at a new version and returns that version."""
        version = self.next_versions()
        row = _row(kind, document, version, time.time(), by)
        self.connection.execute(
            f"{INSERT} ON CONFLICT (type, key) DO UPDATE SET"
            # What a lagging node knows stays the last version that is old enough.
            " previous_version = CASE WHEN committed_at <= :edge THEN version ELSE previous_version END,"
            " previous_document = CASE WHEN committed_at <= :edge THEN document ELSE previous_document END,"
            + ", ".join(f" {name} = excluded.{name}" for name in COLUMNS if name not in ("type", "key")),
            row | {"edge": row["committed_at"] - lag_ms / 1000},
        )
        self.records_changed = True
        return version

    def load(self, kind: RecordType, documents: list[dict[str, Any]], by: Mapping[str, str]) -> int:
        """Inserts many records in their order; keys that exist are skipped. Returns how many were new."""
        keys = [canonical_key(kind.name, document[kind.key_member]) for document in documents]
        present = {
            row[0]
            for row in self.connection.execute(
                "SELECT key FROM records WHERE type = ? AND key IN (SELECT value FROM json_each(?))",
                (kind.name, json.dumps(keys)),
            )
        }
        fresh = {key: document for key, document in zip(keys, documents, strict=True) if key not in present}
        if fresh:
            first, moment = self.next_versions(len(fresh)), time.time()
            rows = (_row(kind, document, first + n, moment, by) for n, document in enumerate(fresh.values()))
            self.connection.executemany(INSERT, rows)
            self.records_changed = True
        return len(fresh)

    def remove(self, kind: RecordType, key: str) -> None:
        """Physical removal: the record vanishes without a version."""
        self.connection.execute("DELETE FROM records WHERE type = ? AND key = ?", (kind.name, key))
        self.records_changed = True

    def log(self, call: Call) -> None:
        number = self.connection.execute(
            "INSERT INTO calls (operation, key, outcome, applied, at, request, client, organization, user, fault_code,"
            " rejections, version, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                call.operation, call.key, call.outcome, call.applied, utc_now(),
                None if call.request is None else json.dumps(call.request), call.client, call.organization, call.user,
                call.fault_code, json.dumps(call.rejections or []), call.version, call.message_id,
            ),
        ).lastrowid  # fmt: skip
        if number and number % 100 == 0:
            self.connection.execute("DELETE FROM calls WHERE id <= ?", (number - CALLS_KEPT,))


COLUMNS = (
    "type", "key", "version", "committed_at", "document", "school_code", "school_year", "asn", "authority_code",
    "deleted", "ends_on", "name",
)  # fmt: skip
INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"


def _row(
    kind: RecordType, document: Mapping[str, Any], version: int, moment: float, by: Mapping[str, str]
) -> dict[str, Any]:
    stored = {name: value for name, value in document.items() if value is not None}
    stored["PASICoreVersion"] = version
    stored["EffectiveUtc"] = utc_now()
    key = stored[kind.key_member] = canonical_key(kind.name, stored[kind.key_member])
    if kind.own:
        stored.setdefault("IsDeleted", False)
        stored["LastUpdate"] = {"UserName": by["name"], "OrganizationCode": by["organization"]}
    elif kind.name == "Student":
        stored.setdefault("CreatedOnUtc", stored["EffectiveUtc"])
        stored = completed(stored)
    year = stored.get("SchoolYear")
    identity = stored.get("IdentificationRecord") or {}
    return {
        "type": kind.name,
        "key": key,
        "version": version,
        "committed_at": moment,
        "document": json.dumps(stored, ensure_ascii=False),
        "school_code": stored.get("SchoolCode"),
        "school_year": year,
        "asn": stored.get("StateProvinceId"),
        "authority_code": stored.get("SchoolAuthorityCode"),
        "deleted": bool(stored.get("IsDeleted")),
        # A missing exit date is derived: the end of the school year (By Recent School Enrolment; derivation INFERRED).
        "ends_on": stored.get("RegistrationExitDate") or (f"{year}-08-31" if year else None),
        "name": stored.get("Name")
        or stored.get("Description")
        or f"{identity.get('LastName', '')}, {identity.get('FirstName', '')}".strip(", "),
    }
