"""A file's columns under their required names, and what each of their cells means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from reconciliation.engine.opening import nothing, open_sheet, refusing
from reconciliation.engine.sheets import Sheet
from reconciliation.rules import types
from reconciliation.rules.cell_forms import FORMS, Form
from reconciliation.rules.dates import Order, order_of
from reconciliation.rules.headers import MOST_CELLS_OF_A_TOTAL, TOTALS, likely_kind, matching_headers
from reconciliation.rules.invisible import cleaned
from reconciliation.rules.notes import Note, Refused, Value, quoted, shortened
from reconciliation.rules.reading import BLANKS, NATURAL, read, read_key
from reconciliation.rules.reading_options import AS_FOUND, DELIMITER_WORDS, How
from reconciliation.rules.types import Column, HeaderMatch, Kind, Type

NO_ORDER = Order()
FORM_NUMBERS = {form.code: number for number, form in enumerate(FORMS)}
FOREIGN = [number for number, form in enumerate(FORMS) if form.foreign]
UNREADABLE = [number for number, form in enumerate(FORMS) if not form.readable]


@dataclass(frozen=True)
class Meaning:
    """For each cell of a column its value, and its form as a place in FORMS (0: as PASIprep writes it)."""

    values: pl.Series
    forms: pl.Series
    order: Order = NO_ORDER

    def without(self, rows: pl.Series) -> "Meaning":
        """The same, where some rows (True) count as plain."""
        forms = pl.select(pl.when(~rows).then(self.forms).otherwise(pl.lit(0, dtype=pl.UInt8))).to_series()
        return replace(self, forms=forms)

    @cached_property
    def unreadable(self) -> pl.Series | None:
        """True where the cell cannot be read; None if that is nowhere."""
        mask = self.forms.is_in(UNREADABLE)
        return mask if mask.any() else None

    @cached_property
    def foreign(self) -> pl.Series | None:
        """True where PASIprep never writes such a cell; None if that is nowhere."""
        mask = self.forms.is_in(FOREIGN)
        return mask if mask.any() else None


SAMPLE, FEW = 4096, 1024


def _foreign(cells: pl.Series, kind: Kind, *, is_key: bool) -> pl.Series:
    """The different cells that do not fit the kind's pattern."""
    # Marks, dates and terms repeat: finding the different ones is quicker than looking at every cell.
    if cells.head(SAMPLE).n_unique() <= FEW:
        cells = cells.unique()
    if kind in NATURAL:
        fits = cells.str.contains(f"^(?:{NATURAL[kind]})$")
        if is_key:
            fits = fits & (cells != "")
        if fits.all():
            return cells.clear()
        cells = cells.filter(~fits)
    return cells.unique()


def meaning_of(cells: pl.Series, kind: Kind, *, is_key: bool = False, order: str = "") -> Meaning | None:
    """What the cells mean, or None if each means its own text. `order` is the chosen order of dates, "" to find it.

    The column is scanned with the kind's pattern; of the cells that it does not fit, each different one is read once.
    """
    return _meaning(cells, _foreign(cells, kind, is_key=is_key), kind, is_key=is_key, order=order)


def _meaning(cells: pl.Series, texts: pl.Series, kind: Kind, *, is_key: bool, order: str) -> Meaning | None:
    if not texts.len():
        return None
    cell_texts = texts.to_list()
    settled = order_of(cleaned(text).strip(BLANKS) for text in cell_texts) if kind is Kind.DATE else NO_ORDER
    if order and kind is Kind.DATE:
        settled = replace(settled, code=order)
    if is_key:
        readings = [read_key(kind, text) for text in cell_texts]
    else:
        readings = [read(kind, text, settled.code) for text in cell_texts]
    if all(reading.value == text and not reading.form.code for text, reading in zip(cell_texts, readings, strict=True)):
        return None
    looked_up = pl.DataFrame(
        {
            "text": texts,
            "value": pl.Series([reading.value for reading in readings], dtype=pl.String),
            "form": pl.Series([FORM_NUMBERS[reading.form.code] for reading in readings], dtype=pl.UInt8),
        }
    )
    table = pl.DataFrame({"text": cells}).join(looked_up, on="text", how="left", maintain_order="left")
    values = table.select(pl.col("value").fill_null(pl.col("text"))).to_series()
    return Meaning(values, table["form"].fill_null(0), settled)


@dataclass
class Export:
    """One file, its columns named as the type requires them. `meanings` has the columns in which a cell means more than its text."""

    side: str
    sheet: Sheet
    header: HeaderMatch
    headers: dict[str, str]  # required (or chosen) name -> header in the file
    cells: pl.DataFrame
    meanings: dict[str, Meaning]
    deleted: pl.Series | None  # None where the file has no such column
    references: pl.Series | None  # PASI's numbers of the records, which every upload changes
    totals: list[int]  # rows that hold no record
    natural: set[str]  # columns of which every cell fits its kind's pattern

    @property
    def rows(self) -> pl.Series:
        return self.sheet.rows

    @property
    def height(self) -> int:
        return self.rows.len()

    def forms(self, name: str) -> list[tuple[Form, int, pl.Series]]:
        """The forms other than PASIprep's own in a column, each with its number of cells and their rows."""
        meaning = self.meanings.get(name)
        if meaning is None:
            return []
        numbers = meaning.forms.filter(meaning.forms > 0).unique().sort().to_list()
        forms = []
        for number in numbers:
            rows = self.rows.filter(meaning.forms == number)
            forms.append((FORMS[number], rows.len(), rows))
        return forms


def faults_of(sheet: Sheet, match: HeaderMatch, side: str) -> list[Note]:
    """Why the header cannot be used, and what the row holds instead."""
    notes: list[Note] = []
    about: dict[str, Value] = {"side": side, "what": description(sheet), "read": row_read(sheet)}
    if match.missing and not match.places and not matching_headers(sheet.headers):
        return [Note("no_columns", {**about, "rows": sheet.rows.len()})]
    if match.missing:
        notes.append(Note("missing_columns", {**about, "columns": quoted(match.missing)}))
        if other := likely_kind(sheet.headers):
            notes.append(Note("looks_like", {"side": side, "kind": other.title}))
    if match.twice:
        notes.append(Note("headers_twice", {"side": side, "headers": quoted(match.twice)}))
    notes += [
        Note("header_unclear", {"side": side, "column": name, "headers": quoted(headers)})
        for name, headers in match.unclear
    ]
    return notes


def row_read(sheet: Sheet) -> Note:
    """The row where the headers should be. It may be a student's record, so it is repeated only if it is certainly headers."""
    headers, row = [header for header in sheet.headers if header.strip()], sheet.header_row
    if sheet.are_headers:
        return Note("headers_read", {"row": row, "headers": quoted(shortened(header) for header in headers)})
    return Note("row_read", {"row": row, "cells": len(headers)})


def description(sheet: Sheet) -> Note:
    """What the file is, for the middle of a sentence."""
    if sheet.format == "csv":
        if sheet.is_undivided:
            return Note("csv_one", {"encoding": sheet.encoding})
        return Note("csv", {"encoding": sheet.encoding, "delimiter": DELIMITER_WORDS[sheet.delimiter]})
    return Note(sheet.format, {"sheet": sheet.sheet, "sheets": quoted(sheet.sheets)})


def chosen_columns(also: Sequence[str]) -> tuple[Column, ...]:
    """Extra columns that are to be compared, by their exact header."""
    return tuple(Column(name, types.extra_kind(name), exact=True) for name in dict.fromkeys(also))


def take(
    sheet: Sheet,
    kind: Type,
    *,
    side: str,
    how: How = AS_FOUND,
    also: Sequence[Column] = (),
    step: Callable[[], None] = nothing,
) -> Export:
    """The file's columns, read. The caller checks the header first (faults_of); missing columns are left out."""
    match = types.find_columns(kind, sheet.headers)
    places = dict(match.places)
    for column in also:
        if column.name in sheet.headers:
            places.setdefault(column.name, sheet.headers.index(column.name))
    deleted, references = (types.place_of(one, sheet.headers) for one in (types.DELETED, types.REFERENCE))
    removed = None
    if isinstance(deleted, int):
        texts = sheet.cells[str(deleted)]
        meaning = meaning_of(texts, Kind.YES_NO)
        removed = (meaning.values if meaning else texts) == "Yes"
    cells = sheet.cells.select(pl.col(str(place)).alias(name) for name, place in places.items())
    cells = cells.rechunk()  # rows are taken out by place, which in many pieces takes ten times as long
    meanings: dict[str, Meaning] = {}
    natural: set[str] = set()
    for column in (*kind.columns, *also):
        if column.name in places:
            texts, is_key = cells[column.name], column in kind.key
            foreign = _foreign(texts, column.kind, is_key=is_key)
            if not foreign.len():
                natural.add(column.name)
            meaning = _meaning(texts, foreign, column.kind, is_key=is_key, order=how.date_order)
            if meaning is not None:
                meanings[column.name] = meaning
            step()
    headers = {name: sheet.headers[place] for name, place in places.items()}
    numbers = sheet.cells[str(references)] if isinstance(references, int) else None
    totals = totals_of(sheet, kind, cells, meanings)
    if totals:
        # Their cells belong to no record: no note is made of them.
        apart = sheet.rows.is_in(totals)
        meanings = {name: meaning.without(apart) for name, meaning in meanings.items()}
    sheet.cells = sheet.cells.clear()  # the other columns are no longer needed
    return Export(side, sheet, match, headers, cells, meanings, removed, numbers, totals, natural)


def totals_of(sheet: Sheet, kind: Type, cells: pl.DataFrame, meanings: Mapping[str, Meaning]) -> list[int]:
    """Numbers of the rows that hold a total and little else. Only rows whose key looks odd come into question."""
    odd = pl.repeat(False, cells.height, dtype=pl.Boolean, eager=True)
    for column in kind.key:
        if column.name in meanings and (unreadable := meanings[column.name].unreadable) is not None:
            odd = odd | unreadable
        elif column.kind is Kind.COURSES and column.name in cells.columns:
            odd = odd | cells[column.name].str.contains(TOTALS)  # "Total" could be a code
    if not odd.any():
        return []
    rows = sheet.cells.filter(odd)
    texts = pl.all().str.strip_chars(BLANKS)
    few = pl.sum_horizontal(texts != "") <= MOST_CELLS_OF_A_TOTAL
    is_total = rows.select(few & pl.any_horizontal(texts.str.contains(TOTALS))).to_series()
    # Sums may stand below every column; then a key column or the first cell with letters names them.
    first = pl.coalesce(pl.when(texts.str.contains(r"\pL")).then(texts))
    named = rows.select(first.str.contains(TOTALS).fill_null(False)).to_series()
    for column in kind.key:
        if column.name in cells.columns:
            named = named | cells[column.name].filter(odd).str.strip_chars(BLANKS).str.contains(TOTALS)
    is_total = is_total | named
    return sheet.rows.filter(odd).filter(is_total).to_list()


def open_export(
    path: Path,
    kind: Type,
    *,
    side: str,
    how: How = AS_FOUND,
    also: Sequence[Column] = (),
    step: Callable[[], None] = nothing,
) -> Export:
    """Raises Refused, for the file or for its header."""
    with refusing(side, step) as step:
        sheet = open_sheet(path, kind, side=side, how=how, step=step)
        notes = faults_of(sheet, types.find_columns(kind, sheet.headers), side)
        notes += [
            Note("also_missing", {"side": side, "column": one.name}) for one in also if one.name not in sheet.headers
        ]
        notes += [Note("also_never", {"column": one.name}) for one in also if types.is_never_compared(one.name)]
        if notes:
            raise Refused(*notes)
        return take(sheet, kind, side=side, how=how, also=also, step=step)
