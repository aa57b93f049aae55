"""Statements whose text is written once per process, for what runs once for each record of a queue.

Writing a statement costs Django 0.3 to 2 ms of processor time, often more than running it. The text still comes from the ORM and
the models; only the values change from run to run. For everything else the ORM itself is right.
"""

import operator
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators

MANY = 50  # rows from which a COPY is worth its two statements

M = TypeVar("M", bound=models.Model)


class Parameter(Expression):
    """Stands in a queryset for the value `name`, given at each run and made ready for the database as `field` does it."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Query(Generic[M]):
    """`make` gives the queryset, with a `Parameter` for each value that comes later and a slice where one row is wanted.
    Its annotations stand on the rows under their names.

    Raises KeyError for a missing value. Rows are read whole: no prefetching, no `iterator`.
    """

    def __init__(self, make: "Callable[[], models.QuerySet[M]]") -> None:
        self.make = make
        self.text = threading.local()  # belongs to the connection that it was written for

    def rows(self, **parameters: Any) -> list[M]:
        if not hasattr(self.text, "sql"):
            self._write()
        text = self.text
        values = [
            part.field.get_db_prep_value(parameters[part.name], connection) if isinstance(part, Parameter) else part
            for part in text.values
        ]
        with connection.cursor() as cursor:
            cursor.execute(text.sql, values)
            rows = cursor.fetchall()
        instances = []
        for row in text.compiler.apply_converters(rows, text.converters) if text.converters else rows:
            instance = text.model.from_db(DEFAULT_DB_ALIAS, text.columns, row[text.begin : text.end])
            for part in text.related:
                part.populate(row, instance)
            for name, place in text.annotations:
                setattr(instance, name, row[place])
            instances.append(instance)
        return instances

    def first(self, **parameters: Any) -> M | None:
        return next(iter(self.rows(**parameters)), None)

    def _write(self) -> None:
        compiler: Any = self.make().query.get_compiler(DEFAULT_DB_ALIAS)
        text = self.text
        sql, text.values = compiler.as_sql()
        info, select = compiler.klass_info, compiler.select
        text.begin, text.end = info["select_fields"][0], info["select_fields"][-1] + 1
        text.columns = [column[0].target.attname for column in select[text.begin : text.end]]
        text.annotations = list(compiler.annotation_col_map.items())
        text.related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        text.compiler, text.model, text.converters = (
            compiler,
            info["model"],
            compiler.get_converters([column[0] for column in select]),
        )
        text.sql = sql  # last: it says that all the rest is there


def insert(row: models.Model) -> None:
    """Stores a new row and gives it its key. As `save()`, without signals."""
    sql, fields = _insert(type(row), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields])
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_all(rows: Sequence[models.Model]) -> None:
    """Stores new rows of one model and gives them their keys. As `bulk_create`, which costs PostgreSQL five times as much."""
    if not rows:
        return
    model, database = type(rows[0]), connections[DEFAULT_DB_ALIAS]  # past the proxy: it is asked for every single value
    if database.vendor != "postgresql" or len(rows) < MANY:
        model._default_manager.bulk_create(rows, batch_size=500)
        return
    quote, key = connection.ops.quote_name, model._meta.pk
    assert key is not None
    fields = list(model._meta.concrete_fields)
    names = ", ".join(quote(str(field.column)) for field in fields)
    readers = [_reader(field, database) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [quote(model._meta.db_table), key.column, len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
        with cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as out:
            for row in rows:
                out.write_row([read(row) for read in readers])
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


# Columns whose values PostgreSQL's driver takes as they are.
AS_THEY_ARE = (
    models.AutoField,
    models.BigAutoField,
    models.BigIntegerField,
    models.BooleanField,
    models.DateField,
    models.IntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
)


def _reader(field: "models.Field[Any, Any]", database: Any) -> Callable[[models.Model], Any]:
    """Gives a row's value as it is stored. Asking the field for each value costs more than all the rest of an insert: those that
    would give back what they get are not asked."""
    kind, name = type(field), field.attname
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return lambda row: field.get_db_prep_save(field.pre_save(row, True), database)
    target = getattr(field, "target_field", None)
    if kind in AS_THEY_ARE or (kind is models.ForeignKey and type(target) in AS_THEY_ARE):
        return operator.attrgetter(name)
    if kind in (models.CharField, models.TextField):
        text = operator.attrgetter(name)

        def read_text(row: models.Model) -> Any:
            value = text(row)
            return value if value is None or type(value) is str else str(value)

        return read_text
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), database)


def update(row: models.Model, names: tuple[str, ...], **still: Any) -> bool:
    """Writes the named fields of a stored row. False where the stored row no longer has the values `still`: nothing is written.

    A list in `still` means any of its values.
    """
    sql, fields, conditions = _update(
        type(row), names, tuple((name, len(value) if isinstance(value, list) else 0) for name, value in still.items())
    )
    values = [field.get_db_prep_save(field.pre_save(row, False), connection) for field in fields]
    values.append(row.pk)
    for field, value in zip(conditions, still.values(), strict=True):
        many = value if isinstance(value, list) else [value]
        values.extend(field.get_db_prep_value(one, connection) for one in many)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount > 0


def update_all(rows: Iterable[models.Model], names: Sequence[str]) -> None:
    """Writes the named fields of stored rows of one model, each with its own values. As `bulk_update`, whose one statement that
    names every value costs twenty times as much to write: here one short statement runs once a row, in one go."""
    instances = list(rows)
    if not instances:
        return
    model, database = type(instances[0]), connections[DEFAULT_DB_ALIAS]
    sql, fields, _conditions = _update(model, tuple(names), ())
    values = [
        [*(field.get_db_prep_save(field.pre_save(row, False), database) for field in fields), row.pk]
        for row in instances
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


@cache
def _insert(model: type[models.Model], vendor: str) -> tuple[str, "list[models.Field[Any, Any]]"]:
    quote = connection.ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    assert model._meta.pk is not None
    key = quote(str(model._meta.pk.column))
    # Names in statements come from the models alone.
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places}) RETURNING {key}", fields  # noqa: S608


@cache
def _update(
    model: type[models.Model], names: tuple[str, ...], still: tuple[tuple[str, int], ...]
) -> tuple[str, "list[models.Field[Any, Any]]", "list[models.Field[Any, Any]]"]:
    quote = connection.ops.quote_name
    named: Any = model._meta.get_field
    fields, conditions = [named(name) for name in names], [named(name) for name, _ in still]
    sets = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    assert model._meta.pk is not None
    where = [f"{quote(str(model._meta.pk.column))} = %s"]
    for field, (_, count) in zip(conditions, still, strict=True):
        where.append(f"{quote(field.column)} " + (f"IN ({', '.join(['%s'] * count)})" if count else "= %s"))
    return (
        f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {' AND '.join(where)}",  # noqa: S608
        fields,
        conditions,
    )
