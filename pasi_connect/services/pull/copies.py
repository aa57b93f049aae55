"""Writes the local copy: whole documents, set-based, and only where something differs."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar, cast

from django.db import connection, models, transaction
from lxml import etree

from operations import clock, faults, statements
from pasi_connect import entities
from pasi_connect.entities import Entity, mapping
from pasi_connect.models import LocalCopy
from pasi_connect.services.compare import failures
from pasi_connect.soap import codec
from pasi_connect.soap.contract import Member, Record, contract

Copy = TypeVar("Copy", bound=LocalCopy)
LARGE = 1000  # rows: from here on looking first, and COPY, cost less than they save


@dataclass(frozen=True)
class Received:
    """One record as PASI gave it: the decoded document and its XML."""

    document: Mapping[str, Any]
    xml: bytes


def pack(xml: bytes) -> bytes:
    return zlib.compress(xml, 6)


def unpack(packed: bytes | memoryview) -> bytes:
    return zlib.decompress(bytes(packed))


def record_of(entity: Entity) -> Record:
    """The contract's table of one record, as it stands in a submit; of one that is never sent, as it stands in an answer."""
    if entity.submit is None:
        record = _inside(contract().operations[entity.get.operation].answer, entity.get.record)
    else:
        record = _inside(contract().operations[entity.submit.operation].request, entity.submit.record)
    assert record is not None
    return record


def _inside(member: Member, name: str) -> Record | None:
    if member.name == name and member.record is not None:
        return member.record
    inner = member.record.members if member.record else ()
    return next((record for one in inner if (record := _inside(one, name)) is not None), None)


def to_xml(document: Mapping[str, Any], entity: Entity) -> bytes:
    element = etree.Element(entity.submit.record if entity.submit else entity.get.record)
    codec.encode(element, record_of(entity), document)
    return etree.tostring(element)


def to_document(packed: bytes | memoryview, entity: Entity) -> dict[str, Any]:
    """The record in a stored document, decoded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    decoded = codec.decode(etree.fromstring(unpack(packed), parser), record_of(entity))
    assert isinstance(decoded, dict)
    return decoded


def digest(columns: Mapping[str, Any]) -> str:
    """Over the columns, in one canonical text; tells "nothing differs" without comparing column by column."""
    text = "|".join(f"{name}={columns[name]}" for name in sorted(columns) if name != "odd" or columns[name])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def row(model: type[LocalCopy], received: Received, provisional: bool = False) -> LocalCopy:
    entity = entities.of_copy(model)
    columns = mapping.columns(entity, received.document)
    version = int(received.document["PASICoreVersion"])
    return model(
        **columns,
        core_version=version,
        stored_at=clock.now(),
        digest=digest({**columns, "core_version": version, "provisional": provisional}),
        document=pack(received.xml),
        provisional=provisional,
        vanished_at=None,
        columns_version=entity.columns_version,
    )


def refill(entity: Entity, held: LocalCopy) -> tuple[str, ...]:
    """The typed columns of a stored copy, anew from its document. Gives the names of what may have changed; nothing is saved."""
    columns = mapping.columns(entity, to_document(held.document, entity))
    for name, value in columns.items():
        setattr(held, name, value)
    held.digest = digest({**columns, "core_version": held.core_version, "provisional": held.provisional})
    held.columns_version = entity.columns_version
    return (*columns, "digest", "columns_version")


def store(model: type[LocalCopy], received: Iterable[Received], provisional: bool = False) -> int:
    """Inserts or replaces; a row is rewritten only when it differs, and never by an older version. Gives the rows stored.

    A record that cannot be stored is counted (`failures`) and keeps no other from being stored.
    """
    rows = {}
    for item in received:
        try:
            copy = row(model, item, provisional)
        except Exception as error:  # noqa: BLE001 - counted, or raised on
            not_stored(model, item, error)
        else:
            rows[getattr(copy, model.key_field)] = (copy, item)
    left_out: list[Received] = []

    def put(some: Sequence[tuple[LocalCopy, Received]]) -> None:
        upsert(model, [copy for copy, _item in some], model.key_field, guard="core_version")

    def refused(one: tuple[LocalCopy, Received], error: Exception) -> None:
        not_stored(model, one[1], error)
        left_out.append(one[1])

    faults.each([rows[key] for key in sorted(rows, key=str)], put, refused)
    failures.over(
        failures.Step.PULL,
        entities.of_copy(model).kind,
        {str(key) for key in rows} - {key_of(model, item) for item in left_out},
    )
    return len(rows) - len(left_out)


def key_of(model: type[LocalCopy], item: Received) -> str:
    """The record's key as PASI writes it, in lower case."""
    return str(item.document[entities.of_copy(model).key]).lower()


def not_stored(model: type[LocalCopy], item: Received, error: Exception) -> None:
    """Counts a try against the one record; raises on what is not its fault."""
    if not faults.ours(error):
        raise error
    version, code = item.document.get("PASICoreVersion") or 0, item.document.get("SchoolCode") or ""
    key = key_of(model, item)
    kind = entities.of_copy(model).kind
    failures.note(failures.Step.PULL, kind, key, error, school_code=code, version=int(version))


def store_over(model: type[Copy], held: Copy | None, received: Received, provisional: bool = False) -> Copy | None:
    """As `store`, for one record whose copy the caller holds locked. Gives the copy as it stands then, without its document."""
    copy = cast(Copy, row(model, received, provisional))
    if held is None:
        upsert(model, [copy], model.key_field, guard="core_version")
        same = {model.key_field: getattr(copy, model.key_field)}
        return model._default_manager.filter(**same).defer("document").first()
    # The condition of `upsert`.
    newer = held.core_version < copy.core_version or (held.core_version == copy.core_version and not provisional)
    other = (held.digest, held.columns_version) != (copy.digest, copy.columns_version)
    if not ((other and newer) or held.vanished_at is not None):
        return held
    copy.pk = held.pk
    statements.update(copy, tuple(field.name for field in model._meta.concrete_fields if not field.primary_key))
    return copy


def upsert(model: type[models.Model], rows: Sequence[models.Model], key: str, guard: str) -> None:
    """Inserts, or updates where the digest differs and the stored `guard` is not higher.

    Plain bulk_create rewrites every row, equal or not, and nearly all rows of a synchronization are equal: of a large set those
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
    other = f"({table}.digest <> excluded.digest OR {table}.columns_version <> excluded.columns_version)"
    condition = f"{other} AND {newer} OR {table}.vanished_at IS NOT NULL"
    # Names in statements come from the model alone.
    insert = f"INSERT INTO {table} ({', '.join(names)})"
    conflict = f"ON CONFLICT ({key_column}) DO UPDATE SET {updates} WHERE {condition}"
    values = _prepared(fields, rows)
    if connection.vendor == "postgresql" and len(rows) >= LARGE:
        _copied(table, ", ".join(names), values, f"{insert} SELECT {', '.join(names)} FROM arriving {conflict}")  # noqa: S608
        return
    size = max(1, min(500, 30_000 // len(fields)))
    with connection.cursor() as cursor:
        for start in range(0, len(values), size):
            batch = values[start : start + size]
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
        if isinstance(field, models.JSONField):
            columns.append([field.get_db_prep_save(value, connection) for value in values])
            continue
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
