"""A file's columns under their required names, and what each of their cells means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from reconciliation.engine.opening import nothing, open_sheet
from reconciliation.engine.sheets import Sheet
from reconciliation.rules import types
from reconciliation.rules.forms import FORMS, Form
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading import NATURAL, read, read_key
from reconciliation.rules.types import Column, Found, Kind, Type

FORM_NUMBERS = {form.code: number for number, form in enumerate(FORMS)}
FOREIGN = [number for number, form in enumerate(FORMS) if form.foreign]
UNREADABLE = [number for number, form in enumerate(FORMS) if not form.readable]


@dataclass(frozen=True)
class Meaning:
    """For each cell of a column its value, and its form as a place in FORMS (0: as PASIprep writes it)."""

    values: pl.Series
    forms: pl.Series

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


def meaning_of(cells: pl.Series, kind: Kind, *, is_key: bool = False) -> Meaning | None:
    """What the cells mean, or None if each means its own text.

    The column is scanned with the kind's pattern; of the cells that it does not fit, each different one is read once.
    """
    texts = _foreign(cells, kind, is_key=is_key)
    if not texts.len():
        return None
    reader = read_key if is_key else read
    readings = [reader(kind, text) for text in texts.to_list()]
    if all(reading.value == text and not reading.form.code for text, reading in zip(texts, readings, strict=True)):
        return None
    looked_up = pl.DataFrame({
        "text": texts,
        "value": pl.Series([reading.value for reading in readings], dtype=pl.String),
        "form": pl.Series([FORM_NUMBERS[reading.form.code] for reading in readings], dtype=pl.UInt8),
    })
    found = pl.DataFrame({"text": cells}).join(looked_up, on="text", how="left", maintain_order="left")
    return Meaning(
        found.select(pl.col("value").fill_null(pl.col("text"))).to_series(), found["form"].fill_null(0)
    )


@dataclass
class Export:
    """One file, its columns named as the type requires them. `meanings` has the columns in which a cell means more than its text."""

    side: str
    sheet: Sheet
    found: Found
    headers: dict[str, str]  # required (or chosen) name -> header in the file
    cells: pl.DataFrame
    meanings: dict[str, Meaning]
    deleted: pl.Series | None  # None where the file has no such column

    @property
    def rows(self) -> pl.Series:
        return self.sheet.rows

    @property
    def height(self) -> int:
        return self.cells.height

    def forms(self, name: str) -> list[tuple[Form, int, pl.Series]]:
        """The forms other than PASIprep's own in a column, each with its number of cells and their rows."""
        meaning = self.meanings.get(name)
        if meaning is None:
            return []
        numbers = meaning.forms.filter(meaning.forms > 0).unique().sort().to_list()
        found = []
        for number in numbers:
            rows = self.rows.filter(meaning.forms == number)
            found.append((FORMS[number], rows.len(), rows))
        return found


def faults_of(found: Found, side: str) -> list[Note]:
    """Why the header does not serve."""
    notes = [Note("missing_column", {"side": side, "column": name}) for name in found.missing]
    notes += [Note("header_twice", {"side": side, "header": header}) for header in found.twice]
    notes += [
        Note("header_unclear", {"side": side, "column": name, "headers": ", ".join(f"“{one}”" for one in headers)})
        for name, headers in found.unclear
    ]
    return notes


def chosen_columns(also: Sequence[str]) -> tuple[Column, ...]:
    """Extra columns that are to be compared, by their exact header."""
    return tuple(Column(name, types.extra_kind(name), exact=True) for name in dict.fromkeys(also))


def take(sheet: Sheet, kind: Type, *, side: str, also: Sequence[Column] = (), step: Callable[[], None] = nothing) -> Export:
    """The columns that are found, read. The caller looks at `found` first (faults_of); what is missing is left out."""
    found = types.find_columns(kind, sheet.headers)
    places = dict(found.places)
    for column in also:
        if column.name in sheet.headers:
            places.setdefault(column.name, sheet.headers.index(column.name))
    deleted = types.place_of(types.DELETED, sheet.headers)
    removed = None
    if isinstance(deleted, int):
        texts = sheet.cells[str(deleted)]
        meaning = meaning_of(texts, Kind.YES_NO)
        removed = (meaning.values if meaning else texts) == "Yes"
    cells = sheet.cells.select(pl.col(str(place)).alias(name) for name, place in places.items())
    cells = cells.rechunk()  # rows are taken out by place, which in many pieces takes ten times as long
    sheet.cells = sheet.cells.clear()  # the other columns are no longer needed
    meanings = {}
    for column in (*kind.columns, *also):
        if column.name in places:
            meaning = meaning_of(cells[column.name], column.kind, is_key=column in kind.key)
            if meaning is not None:
                meanings[column.name] = meaning
            step()
    headers = {name: sheet.headers[place] for name, place in places.items()}
    return Export(side, sheet, found, headers, cells, meanings, removed)


def open_export(
    path: Path, kind: Type, *, side: str, also: Sequence[Column] = (), step: Callable[[], None] = nothing
) -> Export:
    """Raises Refused, for the file or for its header."""
    sheet = open_sheet(path, kind, side=side, step=step)
    notes = faults_of(types.find_columns(kind, sheet.headers), side)
    notes += [Note("also_missing", {"side": side, "column": one.name}) for one in also if one.name not in sheet.headers]
    notes += [Note("also_never", {"column": one.name}) for one in also if types.is_never_compared(one.name)]
    if notes:
        raise Refused(*notes)
    return take(sheet, kind, side=side, also=also, step=step)
