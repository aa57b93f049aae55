"""Writes the local copy: whole documents, set-based, and only where something differs."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection, models, transaction
from lxml import etree

from operations import clock, statements
from pasi_connect.mapping import enrolment as enrolment_mapping
from pasi_connect.mapping import reference
from pasi_connect.models import AuthorityCopy, EnrolmentCopy, LocalCopy, SchoolCopy, StudentCopy
from pasi_connect.soap import codec
from pasi_connect.soap.contract import Record, contract

LARGE = 1000  # rows: from here on looking first, and COPY, cost less than they save


@dataclass(frozen=True)
class Received:
    """One record as PASI gave it: the decoded document and its XML."""

    document: Mapping[str, Any]
    xml: bytes


COLUMNS = {
    EnrolmentCopy: enrolment_mapping.columns,
    StudentCopy: reference.student,
    SchoolCopy: reference.school,
    AuthorityCopy: reference.authority,
}


def pack(xml: bytes) -> bytes:
    return zlib.compress(xml, 6)


def unpack(packed: bytes | memoryview) -> bytes:
    return zlib.decompress(bytes(packed))


def enrolment_record() -> Record:
    """The contract's table of one enrolment, as it stands in a submit."""
    request = contract().operations["SubmitStudentSchoolEnrolment"].request.record
    assert request is not None
    record = next(member.record for member in request.members if member.name == "StudentSchoolEnrolment")
    assert record is not None
    return record


def to_xml(document: Mapping[str, Any]) -> bytes:
    element = etree.Element("StudentSchoolEnrolment")
    codec.encode(element, enrolment_record(), document)
    return etree.tostring(element)


def to_document(packed: bytes | memoryview) -> dict[str, Any]:
    """The enrolment in a stored document, decoded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    decoded = codec.decode(etree.fromstring(unpack(packed), parser), enrolment_record())
    assert isinstance(decoded, dict)
    return decoded


def digest(columns: Mapping[str, Any]) -> str:
    """Over the columns, in one canonical text; tells "nothing differs" without comparing column by column."""
    text = "|".join(f"{name}={columns[name]}" for name in sorted(columns))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def row(model: type[LocalCopy], received: Received, provisional: bool = False) -> LocalCopy:
    columns = COLUMNS[model](received.document)  # type: ignore[operator, index]
    version = int(received.document["PASICoreVersion"])
    return model(
        **columns,
        core_version=version,
        stored_at=clock.now(),
        digest=digest({**columns, "core_version": version, "provisional": provisional}),
        document=pack(received.xml),
        provisional=provisional,
        vanished_at=None,
    )


def store(model: type[LocalCopy], received: Iterable[Received], provisional: bool = False) -> int:
    """Inserts or replaces; a row is rewritten only when it differs, and never by an older version. Gives the rows given."""
    rows = {}
    for item in received:
        made = row(model, item, provisional)
        rows[getattr(made, model.key_field)] = made
    upsert(model, [rows[key] for key in sorted(rows, key=str)], model.key_field, guard="core_version")
    return len(rows)


def store_over(held: EnrolmentCopy | None, received: Received, provisional: bool = False) -> EnrolmentCopy | None:
    """As `store`, for one enrolment whose copy the caller holds locked. Gives the copy as it stands then, without its document."""
    made = row(EnrolmentCopy, received, provisional)
    assert isinstance(made, EnrolmentCopy)
    if held is None:
        upsert(EnrolmentCopy, [made], "ref_id", guard="core_version")
        return EnrolmentCopy.objects.filter(ref_id=made.ref_id).defer("document").first()
    # The condition of `upsert`.
    newer = held.core_version < made.core_version or (held.core_version == made.core_version and not provisional)
    if not ((held.digest != made.digest and newer) or held.vanished_at is not None):
        return held
    made.pk = held.pk
    statements.update(made, tuple(field.name for field in EnrolmentCopy._meta.concrete_fields if not field.primary_key))
    return made


def upsert(model: type[models.Model], rows: Sequence[models.Model], key: str, guard: str) -> None:
    """Inserts, or updates where the digest differs and the stored `guard` is not higher.

    Plain bulk_create rewrites every row, equal or not, and nearly all rows of a synchronisation are equal: of a large set those
    are left out before anything is sent, and on PostgreSQL the rest goes in by COPY (figures: docs/speed.md).
    """
    if len(rows) >= LARGE:
        rows = _not_held(model, rows, key)
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = [quote(str(field.column)) for field in fields]
    key_column = quote(str(model._meta.get_field(key).column))  # type: ignore[union-attr]
    updates = ", ".join(f"{name} = excluded.{name}" for name in names if name != key_column)
    version, given_version = f"{table}.{quote(guard)}", f"excluded.{quote(guard)}"
    # What was sent never replaces what PASI itself has told at the same version: the notice may be quicker than the answer.
    newer = f"({version} < {given_version} OR {version} = {given_version} AND NOT excluded.provisional)"
    condition = f"{table}.digest <> excluded.digest AND {newer} OR {table}.vanished_at IS NOT NULL"
    # Names in statements come from the model alone.
    insert = f"INSERT INTO {table} ({', '.join(names)})"
    conflict = f"ON CONFLICT ({key_column}) DO UPDATE SET {updates} WHERE {condition}"
    given = _prepared(fields, rows)
    if connection.vendor == "postgresql" and len(rows) >= LARGE:
        _copied(table, ", ".join(names), given, f"{insert} SELECT {', '.join(names)} FROM arriving {conflict}")  # noqa: S608
        return
    size = max(1, min(500, 30_000 // len(fields)))
    with connection.cursor() as cursor:
        for start in range(0, len(given), size):
            batch = given[start : start + size]
            holders = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(batch))
            cursor.execute(f"{insert} VALUES {holders} {conflict}", list(chain.from_iterable(batch)))


def _not_held(model: type[models.Model], rows: Sequence[models.Model], key: str) -> list[models.Model]:
    """The rows that the table does not hold just so already."""
    held: dict[Any, str] = {}
    keys = [getattr(row, key) for row in rows]
    for start in range(0, len(keys), LARGE):
        there = model._default_manager.filter(**{f"{key}__in": keys[start : start + LARGE]}, vanished_at=None)
        held.update(there.values_list(key, "digest"))
    return [row for row, value in zip(rows, keys, strict=True) if held.get(value) != row.digest]  # type: ignore[attr-defined]


def _prepared(fields: "Sequence[models.Field[Any, Any]]", rows: Sequence[models.Model]) -> list[tuple[Any, ...]]:
    """The rows as the database takes them. Column by column, each different value once: most columns hold few."""
    columns = []
    for field in fields:
        values = [getattr(row, field.attname) for row in rows]
        ready = {value: field.get_db_prep_save(value, connection) for value in set(values)}
        columns.append([ready[value] for value in values])
    return list(zip(*columns, strict=True))


def _copied(table: str, names: str, rows: Sequence[tuple[Any, ...]], move: str) -> None:
    """PostgreSQL: the rows by COPY into a table of this transaction alone, from there by `move`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arriving ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608
        with cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(move)
        cursor.execute("DROP TABLE arriving")  # the transaction around this one may bring another set
