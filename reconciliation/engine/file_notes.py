"""Notes about a file: how it was read, extra columns, repairs and unreadable cells with their rows."""

import polars as pl

from reconciliation.engine.columns import FORM_NUMBERS, Export, Meaning
from reconciliation.engine.ranges import ranges
from reconciliation.rules.dates import moment
from reconciliation.rules.invisible import cleaned
from reconciliation.rules.notes import Note, Values, quoted
from reconciliation.rules.reading import BLANKS
from reconciliation.rules.reading_options import AS_FOUND, DATE_ORDERS, How

MOST_TIMES = 3  # times of day that are named


def rows_said(code: str, export: Export, rows: pl.Series) -> Note:
    return Note(code, {"side": export.side, "count": rows.len(), "rows": ranges(rows)})


def extra_columns(export: Export, compared: list[str]) -> list[Note]:
    used = {export.headers[name] for name in compared if name in export.headers}
    rest = [header for header in export.header.extra if header not in used]
    return [Note("extra_columns", {"side": export.side, "columns": quoted(rest, most=50)})] if rest else []


def forms_said(export: Export, names: list[str], how: How = AS_FOUND) -> list[Note]:
    """For each column and form: how many cells were repaired or cannot be read, and where; and in which order dates were read."""
    notes = []
    for name in names:
        for form, count, rows in export.forms(name):
            if form.foreign or not form.readable:
                code = "repaired" if form.readable else "unreadable"
                values = {"side": export.side, "column": name, "form": form.sentence}
                notes.append(Note(code, {**values, "count": count, "rows": ranges(rows)}))
        if meaning := export.meanings.get(name):
            notes += _times(export, name, meaning)
            notes += _order(export, name, meaning, how)
    return notes


def _times(export: Export, name: str, meaning: Meaning) -> list[Note]:
    at = meaning.forms == FORM_NUMBERS["date_time"]
    if not at.any():
        return []
    texts = export.cells[name].filter(at).unique().to_list()
    times = sorted({moment(cleaned(text).strip(BLANKS)).time for text in texts} - {""})
    more = f" … +{len(times) - MOST_TIMES}" if len(times) > MOST_TIMES else ""
    return (
        [Note("times", {"side": export.side, "column": name, "times": ", ".join(times[:MOST_TIMES]) + more})]
        if times
        else []
    )


def _order(export: Export, name: str, meaning: Meaning, how: How) -> list[Note]:
    """The order of day and month, where cells depend on it."""
    order, about = meaning.order, {"side": export.side, "column": name}
    is_open = (meaning.forms == FORM_NUMBERS["date_unclear"]).any()
    is_used = (meaning.forms == FORM_NUMBERS["date_order"]).any()
    proof = export.rows.filter(_stands_in(export.cells[name], order.proof))
    if how.date_order and (is_used or is_open):
        against = [text for text in order.proof if how.date_order not in moment(text).orders]
        notes = [Note("order_chosen", {**about, "order": DATE_ORDERS[how.date_order]})]
        if against:
            rows = export.rows.filter(_stands_in(export.cells[name], tuple(against)))
            notes.append(Note("order_against", {**about, "count": rows.len(), "rows": ranges(rows)}))
        return notes
    if is_used:
        words: Values = {"order": DATE_ORDERS[order.code], "count": proof.len(), "rows": ranges(proof)}
        return [Note("order_proven", {**about, **words})]
    if is_open and order.is_mixed:
        return [Note("order_mixed", {**about, "rows": ranges(proof)})]
    return [Note("order_open", about)] if is_open else []


def _stands_in(cells: pl.Series, texts: tuple[str, ...]) -> pl.Series:
    """True for the cells with one of the texts, which have no invisible characters."""
    raw = [text for text in cells.unique().to_list() if cleaned(text).strip(BLANKS) in set(texts)]
    return cells.is_in(raw)


def cut(export: Export) -> list[Note]:
    """A last cell that cannot be read, at the end of a file that has no line end there: cut off."""
    sheet = export.sheet
    if sheet.is_ended or not export.height or any(note.code == "cut_last_line" for note in sheet.notes):
        return []
    last = next((name for name, header in export.headers.items() if header == sheet.headers[-1]), "")
    meaning = export.meanings.get(last)
    if meaning is None or meaning.unreadable is None or not meaning.unreadable[-1]:
        return []
    return [Note("cut_last_line", {"side": export.side, "row": export.rows[-1]})]


def file_said(export: Export, usable: pl.Series) -> list[Note]:
    """About the file as a whole. `usable` is True for the rows that take part."""
    notes = [*export.sheet.notes, *cut(export)]
    if not export.height:
        notes.append(Note("no_rows", {"side": export.side}))
    totals = export.rows.is_in(export.totals)
    if export.totals:
        notes.append(rows_said("totals_rows", export, export.rows.filter(totals)))
    if not (usable | totals).all():
        notes.append(rows_said("unusable", export, export.rows.filter(~usable & ~totals)))
    if export.sheet.short:
        notes.append(rows_said("short_rows", export, pl.Series(export.sheet.short, dtype=pl.UInt32)))
    return notes
