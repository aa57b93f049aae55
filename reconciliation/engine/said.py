"""What is to be known about a file, as notes: extra columns, repairs and unreadable cells with their rows."""

import polars as pl

from reconciliation.engine.columns import Export
from reconciliation.rules.notes import Note

RANGES = 6  # that are named; the others are counted


def ranges(rows: pl.Series) -> str:
    """ "2-413, 420, 511-520" of ascending row numbers; after a few ranges only how many rows there are more."""
    begins = rows - rows.shift(1) != 1
    starts = rows.filter(begins.fill_null(True))
    ends = rows.filter(begins.shift(-1).fill_null(True))
    named = [
        str(start) if start == end else f"{start}-{end}"
        for start, end in zip(starts.head(RANGES).to_list(), ends.head(RANGES).to_list(), strict=True)
    ]
    if starts.len() > RANGES:
        named.append(f"… {ends[-1]}")
    return ", ".join(named)


def rows_said(code: str, export: Export, rows: pl.Series) -> Note:
    return Note(code, {"side": export.side, "count": rows.len(), "rows": ranges(rows)})


def extra_columns(export: Export, compared: list[str]) -> list[Note]:
    used = {export.headers[name] for name in compared if name in export.headers}
    rest = [f"“{header}”" for header in export.found.extra if header not in used]
    return [Note("extra_columns", {"side": export.side, "columns": ", ".join(rest)})] if rest else []


def forms_said(export: Export, names: list[str]) -> list[Note]:
    """For each column and form: how many cells were repaired or cannot be read, and where."""
    notes = []
    for name in names:
        for form, count, rows in export.forms(name):
            if form.foreign or not form.readable:
                code = "repaired" if form.readable else "unreadable"
                values = {"side": export.side, "column": name, "form": form.sentence}
                notes.append(Note(code, {**values, "count": count, "rows": ranges(rows)}))
    return notes
