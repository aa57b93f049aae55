"""The column check: what one file is and holds, before anything is compared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from reconciliation.engine.columns import faults_of, take
from reconciliation.engine.keys import is_readable
from reconciliation.engine.opening import nothing, open_sheet
from reconciliation.engine.said import forms_said, rows_said
from reconciliation.rules.names import Named, named
from reconciliation.rules.notes import Note
from reconciliation.rules.types import TYPES, is_never_compared


@dataclass(frozen=True)
class ColumnCheck:
    """`header` is the one in the file, None where the column is missing; `forms` are the notes on its repaired and unreadable cells."""

    name: str
    header: str | None
    forms: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Extra:
    """A header that no required column has; `can_be_compared` unless every upload changes it."""

    header: str
    can_be_compared: bool


@dataclass(frozen=True)
class Check:
    """One file. `faults` are why it cannot be compared; `notes` what a person should know before it is."""

    format: str
    encoding: str
    delimiter: str
    rows: int
    columns: tuple[ColumnCheck, ...]
    extra: tuple[Extra, ...]
    faults: tuple[Note, ...]
    notes: tuple[Note, ...]
    named: Named

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.header is None)

    @property
    def is_clean(self) -> bool:
        """Nothing stands against the comparison, and nothing had to be repaired or could not be read."""
        return not (self.faults or self.notes or any(column.forms for column in self.columns))


def check(path: Path, kind: str, *, side: str, name: str = "", step: Callable[[], None] = nothing) -> Check:
    """Read the file whole. `kind` is a key of TYPES, `side` "before" or "after", `name` the one that people know the file by.

    Raises Refused where there is no table to look at; a table without a required column is no refusal but a fault.
    """
    wanted = TYPES[kind]
    sheet = open_sheet(path, wanted, side=side, step=step)
    export = take(sheet, wanted, side=side, step=step)
    notes = []
    if not export.found.missing and not (usable := is_readable(export, wanted)).all():
        notes.append(rows_said("unusable", export, export.rows.filter(~usable)))
    if sheet.short:
        notes.append(rows_said("short_rows", export, pl.Series(sheet.short, dtype=pl.UInt32)))
    return Check(
        sheet.format,
        sheet.encoding,
        sheet.delimiter,
        export.height,
        tuple(
            ColumnCheck(column.name, export.headers.get(column.name), tuple(forms_said(export, [column.name])))
            for column in wanted.columns
        ),
        tuple(Extra(header, not is_never_compared(header)) for header in export.found.extra),
        tuple(faults_of(export.found, side)),
        tuple(notes),
        named(name or path.name),
    )
