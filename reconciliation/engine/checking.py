"""The column check: what a file is and what it holds, before anything is compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from reconciliation.engine.both_files import are_identical, both_said
from reconciliation.engine.columns import Export, faults_of, take
from reconciliation.engine.file_notes import file_said, forms_said
from reconciliation.engine.keys import is_readable
from reconciliation.engine.opening import nothing, open_sheet, refusing
from reconciliation.rules.names import Named, named
from reconciliation.rules.notes import Note, Refused, refused_side, stored
from reconciliation.rules.reading_options import AS_FOUND, How
from reconciliation.rules.types import TYPES, Type, is_never_compared


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
    """One file. `faults`: why it cannot be compared; `notes`: what a person should know first."""

    format: str
    encoding: str
    delimiter: str
    sheet: str
    sheets: tuple[str, ...]
    header_row: int
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
        """The file can be compared, and no cell was repaired or unreadable."""
        return not (self.faults or self.notes or any(column.forms for column in self.columns))


@dataclass(frozen=True)
class Upload:
    """A file to check: the name that people know it by, and how it is to be read."""

    path: Path
    name: str = ""
    how: How = AS_FOUND


def check(
    path: Path, kind: str, *, side: str, name: str = "", how: How = AS_FOUND, step: Callable[[], None] = nothing
) -> Check:
    """Read the file whole. `kind` is a key of TYPES, `side` "before" or "after", `name` the one that people know the file by.

    Raises Refused where there is no table to look at; a table without a required column is no refusal but a fault.
    """
    return _checked(Upload(path, name, how), TYPES[kind], side, step)[0]


def check_both(
    files: Mapping[str, Upload], kind: str, *, step: Callable[[], None] = nothing
) -> tuple[dict[str, Check | Refused], list[Note]]:
    """The check of each side, or why there is none, and what only both files together tell."""
    wanted, notes = TYPES[kind], []
    if are_identical(files["before"].path, files["after"].path):
        notes.append(Note("identical"))
    checks: dict[str, Check | Refused] = {}
    exports: list[Export] = []
    for side, file in files.items():
        try:
            checks[side], export = _checked(file, wanted, side, step)
        except Refused as refused:
            checks[side] = refused
        else:
            exports.append(export)
    if not notes and len(exports) == len(files) and all(export.header.is_complete for export in exports):
        notes += both_said(exports[0], exports[1], wanted)
    return checks, notes


def _checked(file: Upload, wanted: Type, side: str, step: Callable[[], None]) -> tuple[Check, Export]:
    with refusing(side, step) as step:
        return _looked_at(file, wanted, side, step)


def _looked_at(file: Upload, wanted: Type, side: str, step: Callable[[], None]) -> tuple[Check, Export]:
    sheet = open_sheet(file.path, wanted, side=side, how=file.how, step=step)
    export = take(sheet, wanted, side=side, how=file.how, step=step)
    usable = (
        pl.repeat(True, export.height, dtype=pl.Boolean, eager=True)
        if export.header.missing
        else is_readable(export, wanted)
    )
    check = Check(
        sheet.format,
        sheet.encoding,
        sheet.delimiter,
        sheet.sheet,
        sheet.sheets,
        sheet.header_row,
        export.height,
        tuple(
            ColumnCheck(
                column.name, export.headers.get(column.name), tuple(forms_said(export, [column.name], file.how))
            )
            for column in wanted.columns
        ),
        tuple(Extra(header, not is_never_compared(header)) for header in export.header.extra),
        tuple(faults_of(sheet, export.header, side)),
        tuple(file_said(export, usable)),
        named(file.name or file.path.name),
    )
    return check, export


def likely_type(file: Upload) -> str:
    """The kind of which the file has most required columns; CM where none stands out."""
    missing: dict[str, float] = {}
    for kind in TYPES:
        try:
            result = check(file.path, kind, side="before", name=file.name, how=file.how)
        except Refused:
            return "CM"
        missing[kind] = len(result.missing) / len(result.columns)
    return min(missing, key=lambda kind: missing[kind])


def described(files: Mapping[str, Upload], kind: str) -> dict[str, Any]:
    """The check of both files as JSON: {"before": {…}, "after": {…}, "both": notes}; `_as_json` gives the members of a side."""
    checks, both = check_both(files, kind)
    sides: dict[str, Any] = {
        side: refused_side(check.notes) if isinstance(check, Refused) else _as_json(check)
        for side, check in checks.items()
    }
    return {**sides, "both": stored(both)}


def _as_json(check: Check) -> dict[str, Any]:
    return {
        "format": check.format,
        "encoding": check.encoding,
        "delimiter": check.delimiter,
        "sheet": check.sheet,
        "sheets": list(check.sheets),
        "header_row": check.header_row,
        "rows": check.rows,
        "columns": [
            {"name": column.name, "header": column.header, "notes": stored(column.forms)} for column in check.columns
        ],
        "extra": [{"header": extra.header, "can_be_compared": extra.can_be_compared} for extra in check.extra],
        "faults": stored(check.faults),
        "notes": stored(check.notes),
        "is_clean": check.is_clean,
    }
