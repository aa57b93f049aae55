"""Reads the first sheet of an .xlsx file as a stream: bounded in what it unpacks, in rows, in columns and in XML."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from reconciliation.engine.numbers import date_text, number_text
from reconciliation.engine.sheets import Gathering, Sheet
from reconciliation.engine.xml import Ended, Target, parse
from reconciliation.rules.notes import Note, Refused

# Rows of a sheet pack to a tenth or a fiftieth; a bomb to a thousandth.
MOST_UNPACKED = 2 * 1024**3
ALWAYS_ALLOWED = 10 * 1024**2
MOST_TIMES = 200

# Formats of the standard that show a day (ECMA-376, 18.8.30); the others are found by their letters.
DAY_FORMATS = {14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 59)}
NOT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')
ESCAPED = re.compile(r"_x(000[9AD])_")
REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})", re.ASCII)


class Package:
    """The parts of the archive, by name; each is checked before it is unpacked."""

    def __init__(self, file: BinaryIO, side: str) -> None:
        self.side = side
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError):
            raise self.damaged() from None
        self.names = set(self.zip.namelist())

    def damaged(self) -> Refused:
        return Refused(Note("not_a_workbook", {"side": self.side}))

    def parse(self, name: str, target: Target, step: Callable[[], None]) -> None:
        try:
            parse(self._pieces(name), target, step)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
            raise self.damaged() from None

    def _pieces(self, name: str) -> Iterator[bytes]:
        if name not in self.names:
            raise self.damaged()
        part = self.zip.getinfo(name)
        size, packed = part.file_size, max(part.compress_size, 1)
        if size > MOST_UNPACKED or (size > ALWAYS_ALLOWED and size > MOST_TIMES * packed):
            raise Refused(Note("zip_bomb", {"side": self.side}))
        # A part that unpacks to more than it says is cut there by zipfile, and its checksum fails.
        with self.zip.open(part) as unpacked:
            yield from iter(lambda: unpacked.read(1 << 18), b"")


class Workbook(Target):
    """The first sheet's relation, and from which day on the workbook counts."""

    relation = ""
    since_1904 = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and not self.relation:
            self.relation = next((value for key, value in attributes.items() if key.endswith("}id")), "")
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")


class Relations(Target):
    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.targets: dict[str, str] = {}

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class Styles(Target):
    """Places of the cell styles that show a day."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.days: set[int] = set()
        self._formats: dict[int, bool] = {}
        self._in_styles = False
        self._count = 0

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            letters = NOT_LETTERS.sub("", attributes.get("formatCode", "")).lower()
            self._formats[_whole(attributes.get("numFmtId"))] = "y" in letters or "d" in letters
        elif name == "cellXfs":
            self._in_styles = True
        elif name == "xf" and self._in_styles:
            number = _whole(attributes.get("numFmtId"))
            if self._formats.get(number, number in DAY_FORMATS):
                self.days.add(self._count)
            self._count += 1

    def closed(self, name: str) -> None:
        if name == "cellXfs":
            raise Ended


class Strings(Target):
    """The shared strings; a reading aid (rPh) is no part of them."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.found: list[str] = []
        self._text: list[str] = []
        self._takes = self._is_aid = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._text = []
        elif name == "rPh":
            self._is_aid = True
        elif name == "t":
            self._takes = not self._is_aid

    def data(self, text: str) -> None:
        if self._takes:
            self._text.append(text)

    def closed(self, name: str) -> None:
        if name == "t":
            self._takes = False
        elif name == "rPh":
            self._is_aid = False
        elif name == "si":
            self.found.append(unescaped("".join(self._text)))


class Rows(Target):
    def __init__(self, side: str, strings: list[str], days: set[int], *, since_1904: bool) -> None:
        super().__init__(side)
        self.gathering = Gathering(side)
        self.strings, self.days, self.since_1904 = strings, days, since_1904
        self._row = self._column = 0
        self._cells: dict[int, str] = {}
        self._type = self._style = ""
        self._text: list[str] = []
        self._takes = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._type, self._style, self._text = attributes.get("t", "n"), attributes.get("s", ""), []
            self._column = self._place(attributes.get("r"))
            self.bounds(self._row, self._column)
        elif name in ("v", "t"):
            self._takes = True
        elif name == "row":
            self._row = _whole(attributes.get("r"), self._row + 1)
            self.bounds(self._row)
            self._column, self._cells = 0, {}

    def _place(self, reference: str | None) -> int:
        match = REFERENCE.fullmatch(reference or "")
        if not match:
            return self._column + 1
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        return column

    def data(self, text: str) -> None:
        if self._takes:
            self._text.append(text)

    def closed(self, name: str) -> None:
        if name in ("v", "t"):
            self._takes = False
        elif name == "c":
            if self._text:
                self._cells[self._column] = self._value("".join(self._text))
        elif name == "row":
            self.gathering.add_sparse(self._row, self._cells)
        elif name == "sheetData":
            raise Ended

    def _value(self, text: str) -> str:
        match self._type:
            case "s":
                place = _whole(text, -1)
                return self.strings[place] if 0 <= place < len(self.strings) else ""
            case "n":
                if _whole(self._style, -1) in self.days:
                    return date_text(text, since_1904=self.since_1904)
                return number_text(text)
            case "b":
                return {"1": "TRUE", "0": "FALSE"}.get(text, text)
            case "d":
                return re.sub(r"T00:00:00(\.0+)?Z?$", "", text)
            case _:
                return unescaped(text)


def _whole(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def unescaped(text: str) -> str:
    """The line ends and tabs that a workbook writes as _x000D_."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x000" in text else text


def read(file: BinaryIO, *, side: str, step: Callable[[], None]) -> Sheet:
    """The first sheet. Raises Refused."""
    package = Package(file, side)
    workbook, relations, styles, strings = Workbook(side), Relations(side), Styles(side), Strings(side)
    package.parse("xl/workbook.xml", workbook, step)
    package.parse("xl/_rels/workbook.xml.rels", relations, step)
    target = relations.targets.get(workbook.relation, "")
    if not target:
        raise package.damaged()
    if "xl/styles.xml" in package.names:
        package.parse("xl/styles.xml", styles, step)
    if "xl/sharedStrings.xml" in package.names:
        package.parse("xl/sharedStrings.xml", strings, step)
    rows = Rows(side, strings.found, styles.days, since_1904=workbook.since_1904)
    name = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
    package.parse(name, rows, step)
    return rows.gathering.sheet("xlsx")
