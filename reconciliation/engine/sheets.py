"""A file as a table of texts, whatever it was written by."""

from dataclasses import dataclass, field

import polars as pl

from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading import BLANKS

MOST_BYTES = 500 * 1024 * 1024
SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384  # where a spreadsheet ends
MOST_HEADERS = 500  # PASIprep offers some forty columns
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

    The first row with any text is the header. Raises Refused for one that is too wide.
    """

    def __init__(self, side: str) -> None:
        self.side = side
        self.headers: list[str] | None = None
        self.short: list[int] = []
        self.long: dict[int, list[str]] = {}
        self._piece: list[list[str]] = []
        self._numbers: list[int] = []
        self._done: list[pl.DataFrame] = []

    def add(self, number: int, cells: list[str]) -> None:
        """One row of a format that writes every cell."""
        if not any(cell.strip(BLANKS) for cell in cells):
            return
        if self.headers is None:
            check_width(cells, self.side)
            self.headers = cells
            return
        width = len(self.headers)
        if len(cells) < width:
            self.short.append(number)
            cells = cells + [""] * (width - len(cells))
        self._keep(number, cells[:width], cells[width:])

    def add_sparse(self, number: int, cells: dict[int, str]) -> None:
        """One row of a format that leaves blank cells out; columns count from 1, to a spreadsheet's last one."""
        if not any(cell.strip(BLANKS) for cell in cells.values()):
            return
        if self.headers is None:
            headers = [cells.get(column, "") for column in range(1, max(cells) + 1)]
            check_width(headers, self.side)
            self.headers = headers
            return
        width = len(self.headers)
        surplus = [text for column, text in cells.items() if column > width]
        self._keep(number, [cells.get(column, "") for column in range(1, width + 1)], surplus)

    def _keep(self, number: int, cells: list[str], surplus: list[str]) -> None:
        if any(surplus):
            self.long[number] = [text for text in surplus if text]
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

    def sheet(self, format: str) -> Sheet:
        """Raises Refused if there was no row at all."""
        if self.headers is None:
            raise Refused(Note("no_header", {"side": self.side}))
        self._put_away()
        cells = pl.concat(self._done)
        return Sheet(format, self.headers, cells.drop("row"), cells["row"], short=self.short, long=self.long)


def check_width(headers: list[str], side: str) -> None:
    """Raises Refused: each column costs room for every row, and a header is quickly typed."""
    if len(headers) > MOST_HEADERS:
        raise Refused(Note("too_many_headers", {"side": side, "limit": MOST_HEADERS}))
