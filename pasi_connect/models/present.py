"""The current settings, and whether PASI is reachable: everything that a call needs to know, in one statement."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.db import DEFAULT_DB_ALIAS, connection, models

from pasi_connect.models.link import LinkState
from pasi_connect.models.settings import CallerSettings, ConnectionSettings, SyncSettings

ROWS: tuple[type[models.Model], ...] = (SyncSettings, ConnectionSettings, CallerSettings, LinkState)


@dataclass(frozen=True)
class Present:
    """The four rows; one that nobody has saved yet stands with its defaults."""

    sync: SyncSettings
    connection: ConnectionSettings
    caller: CallerSettings
    link: LinkState

    @classmethod
    def load(cls) -> Self:
        with connection.cursor() as cursor:
            cursor.execute(_statement())
            columns: tuple[Any, ...] = cursor.fetchone()
        rows, start = [], 0
        for model in ROWS:
            readers = _readers(model)
            values = list(columns[start : start + len(readers)])
            start += len(readers)
            for place, (expression, steps) in enumerate(readers):
                for step in steps:
                    values[place] = step(values[place], expression, connection)
            names = [field.attname for field in model._meta.concrete_fields]
            missing = values[0] is None
            rows.append(model(pk=1) if missing else model.from_db(DEFAULT_DB_ALIAS, names, values))
        return cls(*rows)  # type: ignore[arg-type]


@cache
def _statement() -> str:
    quote = connection.ops.quote_name
    columns, joins = [], []
    for number, model in enumerate(ROWS):
        columns += [f"t{number}.{quote(str(field.column))}" for field in model._meta.concrete_fields]
        joins.append(f"LEFT JOIN {quote(model._meta.db_table)} t{number} ON t{number}.id = 1")
    return f"SELECT {', '.join(columns)} FROM (SELECT 1 AS one) whole {' '.join(joins)}"  # noqa: S608 - names of models


@cache
def _readers(model: type[models.Model]) -> list[tuple[Any, list[Any]]]:
    """Per column what turns the database's value into the field's."""
    readers = []
    for field in model._meta.concrete_fields:
        column = field.get_col(model._meta.db_table)
        readers.append((column, [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]))
    return readers
