"""A file as a table of texts, whatever program wrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from reconciliation.engine.bounds import MOST_CELLS, Bounds
from reconciliation.rules import headers as header_rules
from reconciliation.rules import invisible
from reconciliation.rules.headers import LOOKED_AT, MOST_HEADERS
from reconciliation.rules.notes import Note, Refused, quoted
from reconciliation.rules.reading import BLANKS
from reconciliation.rules.types import Type

MOST_BYTES = 500 * 1024 * 1024
SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384  # where a spreadsheet ends
PIECE = 1_000_000  # cells that are held as Python objects at a time


@dataclass
class Sheet:
    """`cells` has a column of text for each header, named "0", "1", …, never null; `rows` the row numbers as a spreadsheet shows them.

    Rows without any text are left out. `short` are the numbers of rows with fewer cells than headers; `long` holds, by row
    number, the cells beyond the last header of rows that have too many. `delimiter` is "" where the format has none.
    `are_headers`: the row of the headers is certainly no record, so it may be repeated.
    `sheet` and `sheets` are names in a workbook. `is_ended`: the last line has a line end, or the format needs none.
    """

    format: str
    headers: list[str]
    cells: pl.DataFrame
    rows: pl.Series
    header_row: int = 1
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    are_headers: bool = False
    is_undivided: bool = False  # a text in which no delimiter was found, and none was named
    short: list[int] = field(default_factory=list)
    long: dict[int, list[str]] = field(default_factory=dict)
    is_ended: bool = True
    notes: list[Note] = field(default_factory=list)

    def tidy_headers(self, side: str) -> None:
        """Removes invisible characters, and notes it."""
        headers = [invisible.header(header) for header in self.headers]
        changed = [after for before, after in zip(self.headers, headers, strict=True) if before != after]
        if changed:
            self.notes.append(
                Note("headers_cleaned", {"side": side, "columns": quoted(header.strip() for header in changed)})
            )
        self.headers = headers


class Gathering:
    """Collects rows into a Sheet's columns, a piece at a time, so that few of them are Python objects at once.

    The headers are the row that was chosen, else the one among the first rows that looks most like them. Raises Refused for one
    that is too wide.
    """

    def __init__(self, side: str, kind: Type, header_row: int = 0, most_cells: int = MOST_CELLS) -> None:
        self.side, self.kind, self.chosen_row = side, kind, header_row
        self.bounds = Bounds(side, most_cells)
        self.headers: list[str] | None = None
        self.header_row = 0
        self.last = 0  # the last row with text
        self.notes: list[Note] = []
        self.short: list[int] = []
        self.long: dict[int, list[str]] = {}
        self._first: list[tuple[int, Sequence[str] | Mapping[int, str]]] = []
        self._piece: list[list[str]] = []
        self._numbers: list[int] = []
        self._held = 0
        self._done: list[pl.DataFrame] = []

    def add(self, number: int, cells: Sequence[str]) -> None:
        """One row of a format that writes every cell."""
        if any(cell.strip(BLANKS) for cell in cells):
            self._take(number, cells)

    def add_sparse(self, number: int, cells: Mapping[int, str]) -> None:
        """One row of a format that leaves blank cells out; columns count from 1, to a spreadsheet's last one."""
        if any(cell.strip(BLANKS) for cell in cells.values()):
            self._take(number, cells)

    def _take(self, number: int, cells: Sequence[str] | Mapping[int, str]) -> None:
        self.last = number
        if self.headers is not None:
            self._row(number, cells)
        elif self.chosen_row:
            if number == self.chosen_row:
                self._head(number, cells)
        else:
            self._first.append((number, cells))
            if len(self._first) == LOOKED_AT:
                self._settle()

    def _settle(self) -> None:
        """Find the headers among the first rows; the others below it are records."""
        if not self._first:
            return
        place = header_rules.header_place(self.kind, [wide(cells, MOST_HEADERS) for _, cells in self._first])
        first, self._first = self._first, []
        if place:
            self.notes.append(Note("header_row", {"side": self.side, "row": first[place][0]}))
        self._head(*first[place])
        for number, cells in first[place + 1 :]:
            self._row(number, cells)

    def _head(self, number: int, cells: Sequence[str] | Mapping[int, str]) -> None:
        headers = wide(cells, MOST_HEADERS + 1)
        check_width(headers, self.side)
        self.headers, self.header_row = headers, number

    def _row(self, number: int, cells: Sequence[str] | Mapping[int, str]) -> None:
        assert self.headers is not None
        width = len(self.headers)
        if isinstance(cells, Mapping):
            surplus = [text for column, text in cells.items() if column > width]
            self._keep(number, [cells.get(column, "") for column in range(1, width + 1)], surplus)
            return
        if len(cells) < width:
            self.short.append(number)
        filled = [*cells[:width], *[""] * (width - len(cells))]
        self._keep(number, filled, list(cells[width:]))

    def _keep(self, number: int, cells: list[str], surplus: list[str]) -> None:
        surplus = [text for text in surplus if text]
        if surplus:
            self.long[number] = surplus
        characters = sum(map(len, cells)) + sum(map(len, surplus))
        self.bounds.row(len(cells), characters, len(surplus))
        self._piece.append(cells)
        self._numbers.append(number)
        self._held += len(cells) + characters // 64
        if self._held >= PIECE:
            self._put_away()

    def _put_away(self) -> None:
        assert self.headers is not None
        columns: list[tuple[str, ...]] = list(zip(*self._piece, strict=True)) or [()] * len(self.headers)
        frame = {str(place): pl.Series(column, dtype=pl.String) for place, column in enumerate(columns)}
        self._done.append(pl.DataFrame({**frame, "row": pl.Series(self._numbers, dtype=pl.UInt32)}))
        self._piece, self._numbers, self._held = [], [], 0

    def sheet(self, format: str) -> Sheet:
        """Raises Refused if there was no row at all, or no such row as was chosen."""
        self._settle()
        if self.headers is None:
            if self.chosen_row and self.last:
                raise Refused(Note("no_such_row", {"side": self.side, "row": self.chosen_row}))
            raise Refused(Note("no_header", {"side": self.side}))
        self._put_away()
        cells = pl.concat(self._done)
        sheet = Sheet(format, self.headers, cells.drop("row"), cells["row"], self.header_row, notes=self.notes)
        sheet.short, sheet.long = self.short, self.long
        return sheet


def wide(cells: Sequence[str] | Mapping[int, str], most: int) -> list[str]:
    """A row's cells side by side, at most so many."""
    if isinstance(cells, Mapping):
        return [cells.get(column, "") for column in range(1, min(max(cells), most) + 1)]
    return list(cells[:most])


def check_width(headers: Sequence[str], side: str) -> None:
    """Raises Refused: each column takes memory for every row, and a header is quickly typed."""
    if len(headers) > MOST_HEADERS:
        raise Refused(Note("too_many_headers", {"side": side, "limit": MOST_HEADERS}))
