"""A file as a table of texts, whatever it was written by."""

from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from reconciliation.rules.reading import BLANKS

MOST_BYTES = 500 * 1024 * 1024
SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384  # where a spreadsheet ends
LONGEST_CELL = 1_000_000  # characters; a spreadsheet's own cell holds 32,767
PIECE = 50_000  # rows that are held as Python objects at a time


@dataclass
class Sheet:
    """`cells` has a column of text for each header, named "0", "1", …, never null; `rows` the row numbers as a spreadsheet shows them.

    Rows without any text are left out. `short` are the numbers of rows with fewer cells than headers; `long` holds, by row
    number, the cells beyond the last header of rows that have too many. `delimiter` is "" where the format has none.
    """

    format: str
    headers: list[str]
    cells: pl.DataFrame
    rows: pl.Series
    encoding: str = ""
    delimiter: str = ""
    short: list[int] = field(default_factory=list)
    long: dict[int, list[str]] = field(default_factory=dict)


class Gathering:
    """Collects rows into a Sheet's columns, a piece at a time, so that few of them are Python objects at once.

    The first row with any text is the header. Raises nothing; width and length are the caller's to bound.
    """

    def __init__(self) -> None:
        self.headers: list[str] | None = None
        self.short: list[int] = []
        self.long: dict[int, list[str]] = {}
        self._piece: list[list[str]] = []
        self._numbers: list[int] = []
        self._done: list[pl.DataFrame] = []

    def add(self, number: int, cells: list[str], *, is_sparse: bool = False) -> None:
        """One row. A sparse format leaves blank cells out, so that fewer cells than headers mean nothing there."""
        if not any(cell.strip(BLANKS) for cell in cells):
            return
        if self.headers is None:
            self.headers = cells
            return
        width = len(self.headers)
        if len(cells) != width:
            surplus, cells = cells[width:], cells[:width]
            if any(surplus):
                self.long[number] = surplus
            if len(cells) < width:
                if not is_sparse:
                    self.short.append(number)
                cells = cells + [""] * (width - len(cells))
        self._piece.append(cells)
        self._numbers.append(number)
        if len(self._piece) >= PIECE:
            self._put_away()

    def _put_away(self) -> None:
        assert self.headers is not None
        columns: list[tuple[str, ...]] = list(zip(*self._piece, strict=True)) or [()] * len(self.headers)
        frame = {str(place): pl.Series(column, dtype=pl.String) for place, column in enumerate(columns)}
        self._done.append(pl.DataFrame({**frame, "row": pl.Series(self._numbers, dtype=pl.UInt32)}))
        self._piece, self._numbers = [], []

    def sheet(self, format: str, *, encoding: str = "", delimiter: str = "") -> Sheet:
        self._put_away()
        cells = pl.concat(self._done)
        assert self.headers is not None
        return Sheet(
            format, self.headers, cells.drop("row"), cells["row"], encoding, delimiter, self.short, self.long
        )


def size_of(file: BinaryIO) -> int:
    place = file.tell()
    size = file.seek(0, 2)
    file.seek(place)
    return size
