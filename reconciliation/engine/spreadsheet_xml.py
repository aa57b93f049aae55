"""Reads the older Excel XML (SpreadsheetML 2003), which PASIprep's "Export to Excel" wrote."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from reconciliation.engine.numbers import number_text
from reconciliation.engine.sheets import Gathering, Sheet
from reconciliation.engine.xml import Ended, Target, parse
from reconciliation.rules.notes import Note, Refused

SPACE = "{urn:schemas-microsoft-com:office:spreadsheet}"
MIDNIGHT = "T00:00:00.000"


class Table(Target):
    """The rows of the first worksheet."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.gathering = Gathering(side)
        self.is_spreadsheet = False
        self._row = self._column = 0
        self._cells: dict[int, str] = {}
        self._across = 0
        self._type = ""
        self._text: list[str] | None = None

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Cell":
            self._column = self._number(attributes, "Index", self._column + 1)
            self._across = self._number(attributes, "MergeAcross", 0)
            self.bounds(self._row, self._column)
        elif name == "Data":
            self._type, self._text = attributes.get(f"{SPACE}Type", "String"), []
        elif name == "Row":
            self._row = self._number(attributes, "Index", self._row + 1)
            self.bounds(self._row)
            self._column, self._cells = 0, {}
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
        if self._text is not None:
            self._text.append(text)

    def closed(self, name: str) -> None:
        if name == "Data" and self._text is not None:
            self._cells[self._column] = value(self._type, "".join(self._text))
            self._text = None
        elif name == "Cell":
            self._column += self._across
        elif name == "Row":
            self.gathering.add_sparse(self._row, self._cells)
        elif name == "Table":
            raise Ended

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


def read(file: BinaryIO, *, side: str, step: Callable[[], None]) -> Sheet:
    """The first worksheet. Raises Refused."""
    table = Table(side)
    parse(pieces(file), table, step)
    if not table.is_spreadsheet:
        raise Refused(Note("not_spreadsheet_xml", {"side": side}))
    return table.gathering.sheet("xml")
