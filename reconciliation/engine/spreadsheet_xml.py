"""Reads the older Excel XML (SpreadsheetML 2003), which PASIprep's "Export to Excel" wrote."""

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from reconciliation.engine.numbers import number_text
from reconciliation.engine.ranges import letters_of, ranges_of
from reconciliation.engine.sheet_choice import MOST_SHEETS, Candidate, Heads, choose, notes_of
from reconciliation.engine.sheets import SHEET_ROWS, Gathering, Sheet, wide
from reconciliation.engine.xml import Ended, Target, Text, parse
from reconciliation.rules.headers import MOST_HEADERS, worth
from reconciliation.rules.notes import Note
from reconciliation.rules.reading_options import AS_FOUND, How
from reconciliation.rules.types import Type

SPACE = "{urn:schemas-microsoft-com:office:spreadsheet}"
MIDNIGHT = "T00:00:00.000"


class Tables(Target):
    """Gives the rows of each worksheet (by its place) to what `gatherings` has for it, up to `last`."""

    def __init__(self, side: str, gatherings: Mapping[int, Gathering | Heads], last: int) -> None:
        super().__init__(side)
        self.gatherings, self.last = gatherings, last
        self.is_spreadsheet = False
        self.names: list[str] = []
        self.hidden: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []  # from, to
        self._row = self._column = 0
        self._cells: dict[int, str] = {}
        self._across = 0
        self._type = ""
        self._text = Text(self)
        self._takes = False
        self._rows = 0
        self._is_hidden = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Cell":
            self._column = self._number(attributes, "Index", self._column + 1)
            self._across = self._number(attributes, "MergeAcross", 0)
            self.bounds(self._row, self._column)
        elif name == "Data":
            self._type, self._takes = attributes.get(f"{SPACE}Type", "String"), True
            self._text.clear()
        elif name == "Row":
            self._row = self._number(attributes, "Index", self._row + 1)
            self.bounds(self._row)
            self._rows += 1  # a row may be named again and again
            if self._rows > SHEET_ROWS:
                raise self.refuse("many_rows", limit=SHEET_ROWS)
            self._column, self._cells = 0, {}
            self._is_hidden = attributes.get(f"{SPACE}Hidden") == "1"
        elif name == "Column":
            first = self._number(attributes, "Index", self._column + 1)
            self._column = first + self._number(attributes, "Span", 0)
            self.bounds(1, self._column)
            if attributes.get(f"{SPACE}Hidden") == "1" and self._is_read:
                self.hidden_columns.append((first, self._column))
                self.few(len(self.hidden_columns))
        elif name == "Worksheet":
            self.names.append(attributes.get(f"{SPACE}Name", ""))
            self.few(len(self.names))
            self._row = self._column = self._rows = 0
        elif name == "Workbook":
            self.is_spreadsheet = True

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        # Data may hold HTML of another namespace: its texts count, its elements do not.
        if tag.startswith(SPACE):
            super().start(tag, attributes)

    def end(self, tag: str) -> None:
        if tag.startswith(SPACE):
            super().end(tag)

    def data(self, text: str) -> None:
        if self._takes:
            self._text.add(text, self._row)

    def closed(self, name: str) -> None:
        if name == "Data" and self._takes:
            self._cells[self._column] = value(self._type, str(self._text))
            self._takes = False
        elif name == "Cell":
            self._column += self._across
        elif name == "Row":
            if gathering := self.gatherings.get(len(self.names) - 1):
                gathering.add_sparse(self._row, self._cells)
                if self._is_hidden and self._cells and self._is_read:
                    self.hidden.append(self._row)
        elif name == "Table" and len(self.names) > self.last:
            raise Ended

    @property
    def _is_read(self) -> bool:
        """The present worksheet is read whole, not only looked into."""
        return isinstance(self.gatherings.get(len(self.names) - 1), Gathering)

    def _number(self, attributes: dict[str, str], name: str, otherwise: int) -> int:
        text = attributes.get(SPACE + name)
        if text is None:
            return otherwise
        if not (text.isascii() and text.isdigit() and len(text) < 9):
            raise self.refuse("too_wide", row=self._row)
        return int(text)


def value(kind: str, text: str) -> str:
    """A typed cell as the text that PASIprep would write for it."""
    if kind == "Number":
        return number_text(text)
    if kind == "Boolean":
        return {"1": "TRUE", "0": "FALSE"}.get(text.strip(), text)
    if kind == "DateTime":
        return text.strip().removesuffix(MIDNIGHT)
    return text


def pieces(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(1 << 18), b"")


def read(file: BinaryIO, kind: Type, *, side: str, step: Callable[[], None], how: How = AS_FOUND) -> Sheet:
    """The worksheet that was chosen, else the one that has the columns, else the first one. Raises Refused."""
    place = _place(file, kind, side, step, how)
    gathering = Gathering(side, kind, how.header_row)
    # Of the others the first rows, for what is to be said of them.
    heads: dict[int, Heads] = (
        {} if how.sheet else {other: Heads(ends=False) for other in range(MOST_SHEETS) if other != place}
    )
    tables = _parse(file, Tables(side, {**heads, place: gathering}, place if how.sheet else MOST_SHEETS), step)
    sheet = gathering.sheet("xml")
    candidates = [Candidate(name, str(number)) for number, name in enumerate(tables.names)]
    sheet.sheets = tuple(one.name for one in candidates)
    sheet.sheet = tables.names[place] if place < len(tables.names) else ""
    if candidates and not how.sheet:
        heads[place] = Heads(rows={sheet.header_row: dict(enumerate(sheet.headers, 1))})
        choice = choose(candidates, lambda one: heads[int(one.place)].rows, kind, "", side)
        sheet.notes += notes_of(choice, candidates, side, is_chosen=False)
    if hidden := [row for row in tables.hidden if row > sheet.header_row]:
        sheet.notes.append(Note("hidden_rows", {"side": side, "count": len(hidden), "rows": ranges_of(hidden)}))
    count, letters = letters_of(tables.hidden_columns, len(sheet.headers))
    if count:
        sheet.notes.append(Note("hidden_columns", {"side": side, "count": count, "columns": letters}))
    return sheet


def _place(file: BinaryIO, kind: Type, side: str, step: Callable[[], None], how: How) -> int:
    """The place of the worksheet. Mostly the beginning of the file is enough to know."""
    if not how.sheet:
        first = Heads()
        _parse(file, Tables(side, {0: first}, 0), step)
        if any(worth(kind, wide(cells, MOST_HEADERS))[0] == len(kind.columns) for cells in first.rows.values()):
            return 0
    heads = {place: Heads(ends=False) for place in range(MOST_SHEETS)}
    tables = _parse(file, Tables(side, heads, MOST_SHEETS), step)
    candidates = [Candidate(name, str(place)) for place, name in enumerate(tables.names)]
    if not candidates:
        return 0
    return int(choose(candidates, lambda sheet: heads[int(sheet.place)].rows, kind, how.sheet, side).sheet.place)


def _parse(file: BinaryIO, tables: Tables, step: Callable[[], None]) -> Tables:
    """Raises Refused."""
    file.seek(0)
    parse(pieces(file), tables, step)
    if not tables.is_spreadsheet:
        raise tables.refuse("not_spreadsheet_xml")
    return tables
