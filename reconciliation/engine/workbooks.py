"""Reads one sheet of an .xlsx file as a stream: bounded in what it unpacks, in rows, in columns and in XML."""

import re
from array import array
from collections.abc import Callable, Mapping
from typing import BinaryIO

from reconciliation.engine.bounds import MOST_OF_A_HEAD, MOST_OF_A_PART, MOST_STRING_BYTES, MOST_STRINGS, MOST_UNPACKED
from reconciliation.engine.numbers import date_text, number_text
from reconciliation.engine.package import Package
from reconciliation.engine.ranges import letters_of, ranges_of
from reconciliation.engine.sheet_choice import Candidate, Heads, choose, notes_of
from reconciliation.engine.sheets import SHEET_ROWS, Gathering, Sheet
from reconciliation.engine.xml import Ended, Target, Text
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading_options import AS_FOUND, How
from reconciliation.rules.types import Type

# Formats of the standard that show a day (ECMA-376, 18.8.30); the others are found by their letters.
DAY_FORMATS = {14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 59)}
NOT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')
LONGEST_FORMAT = 255  # letters, as in a spreadsheet: the pattern above takes longer with each opened quotation
ESCAPED = re.compile(r"_x(000[9AD])_")
REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})", re.ASCII)


class Workbook(Target):
    """The sheets in their order, as (name, relation, whether it is hidden), and from which day on the workbook counts."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.sheets: list[tuple[str, str, bool]] = []
        self.since_1904 = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith("}id")), "")
            is_hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), relation, is_hidden))
            self.few(len(self.sheets))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")


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
            letters = NOT_LETTERS.sub("", attributes.get("formatCode", "")[:LONGEST_FORMAT]).lower()
            self.few(len(self._formats))
            self._formats[_whole(attributes.get("numFmtId"))] = "y" in letters or "d" in letters
        elif name == "cellXfs":
            self._in_styles = True
        elif name == "xf" and self._in_styles:
            number = _whole(attributes.get("numFmtId"))
            if self._formats.get(number, number in DAY_FORMATS):
                self.days.add(self._count)
            self._count += 1
            self.few(len(self.days))

    def closed(self, name: str) -> None:
        if name == "cellXfs":
            raise Ended


class Shared:
    """Texts by their number, in one block of bytes: as objects of Python each would take 60 bytes more."""

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("Q", [0])

    def append(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self._bytes)


class Strings(Target):
    """The shared strings; a reading aid (rPh) is no part of them."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.shared = Shared()
        self._text = Text(self)
        self._takes = self._is_aid = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._text.clear()
        elif name == "rPh":
            self._is_aid = True
        elif name == "t":
            self._takes = not self._is_aid

    def data(self, text: str) -> None:
        if self._takes:
            self._text.add(text)

    def closed(self, name: str) -> None:
        if name == "t":
            self._takes = False
        elif name == "rPh":
            self._is_aid = False
        elif name == "si":
            self.shared.append(unescaped(str(self._text)))
            if len(self.shared) > MOST_STRINGS or self.shared.size > MOST_STRING_BYTES:
                raise self.refuse("zip_bomb")


class Rows(Target):
    """Gives the rows of a sheet to `gathering`. `hidden` are the rows with text that the workbook does not show."""

    def __init__(
        self, side: str, strings: Shared, days: set[int], gathering: Gathering | Heads, *, since_1904: bool
    ) -> None:
        super().__init__(side)
        self.gathering = gathering
        self.strings, self.days, self.since_1904 = strings, days, since_1904
        self.hidden: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []  # from, to
        self.is_filtered = False
        self._row = self._column = 0
        self._cells: dict[int, str] = {}
        self._type = self._style = ""
        self._text = Text(self)
        self._rows = 0
        self._takes = self._is_hidden = self._all_hidden = self._is_aid = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._text.clear()
            self._column = self._place(attributes.get("r"))
            self.bounds(self._row, self._column)
        elif name in ("v", "t"):
            self._takes = not self._is_aid
        elif name == "row":
            self._row = _whole(attributes.get("r"), self._row + 1)
            self.bounds(self._row)
            self._rows += 1  # a row may be named again and again
            if self._rows > SHEET_ROWS:
                raise self.refuse("many_rows", limit=SHEET_ROWS)
            self._column, self._cells = 0, {}
            self._is_hidden = attributes.get("hidden", str(self._all_hidden)).lower() in ("1", "true")
        elif name == "rPh":
            self._is_aid = True
        elif name == "col" and attributes.get("hidden", "").lower() in ("1", "true"):
            self.hidden_columns.append((_whole(attributes.get("min"), 1), _whole(attributes.get("max"), 1)))
            self.few(len(self.hidden_columns))
        elif name == "sheetFormatPr":
            self._all_hidden = attributes.get("zeroHeight") in ("1", "true")
        elif name == "filterColumn":
            self.is_filtered = True

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
            self._text.add(text, self._row)

    def closed(self, name: str) -> None:
        if name in ("v", "t"):
            self._takes = False
        elif name == "c":
            if self._text.parts:
                self._cells[self._column] = self._value(str(self._text))
        elif name == "row":
            self.gathering.add_sparse(self._row, self._cells)
            if self._is_hidden and self._cells:
                self.hidden.append(self._row)
        elif name == "rPh":
            self._is_aid = False
        elif name == "sheetData" and not self.hidden:
            raise Ended  # a filter, which stands below, hides rows

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


class Reading:
    """One workbook, opened: its sheets, and what all of them need."""

    def __init__(self, file: BinaryIO, side: str, step: Callable[[], None]) -> None:
        self.side, self.step = side, step
        self.package = package = Package(file, side)
        package.check_kind()
        place = package.workbook(step)
        self.workbook, styles, strings = Workbook(side), Styles(side), Strings(side)
        package.parse(place, self.workbook, step)
        relations = package.relations(place, step)
        for target, ending, usual in (
            (styles, "/styles", "xl/styles.xml"),
            (strings, "/sharedStrings", "xl/sharedStrings.xml"),
        ):
            part = next((name for name in [*relations.of_type(ending), usual] if package.has(name)), "")
            if part:
                package.parse(part, target, step, MOST_UNPACKED if target is strings else MOST_OF_A_PART)
        self.strings, self.days = strings.shared, styles.days
        self.sheets = [
            Candidate(name, relations.targets[relation], is_hidden)
            for name, relation, is_hidden in self.workbook.sheets
            if relation in relations.targets and _is_worksheet(relations.types[relation])
        ]
        if not self.sheets:
            raise Refused(Note("no_sheet", {"side": side})) if self.workbook.sheets else package.damaged()

    def rows(self, sheet: Candidate, gathering: Gathering | Heads) -> Rows:
        rows = Rows(self.side, self.strings, self.days, gathering, since_1904=self.workbook.since_1904)
        is_head = isinstance(gathering, Heads)
        self.package.parse(sheet.place, rows, self.step, MOST_OF_A_HEAD if is_head else MOST_UNPACKED, ends=is_head)
        return rows

    def heads(self, sheet: Candidate) -> Mapping[int, Mapping[int, str]]:
        """The first rows of a sheet; none of one that is damaged, as another may be whole."""
        heads = Heads()
        try:
            self.rows(sheet, heads)
        except Refused:
            return {}
        return heads.rows


def _is_worksheet(kind: str) -> bool:
    return not kind or kind.endswith("/worksheet")


def read(file: BinaryIO, kind: Type, *, side: str, step: Callable[[], None], how: How = AS_FOUND) -> Sheet:
    """The sheet that was chosen, else the one that has the columns, else the first one. Raises Refused."""
    reading = Reading(file, side, step)
    chosen = choose(reading.sheets, reading.heads, kind, how.sheet, side)
    gathering = Gathering(side, kind, how.header_row)
    rows = reading.rows(chosen.sheet, gathering)
    sheet = gathering.sheet("xlsx")
    sheet.sheet, sheet.sheets = chosen.sheet.name, tuple(one.name for one in reading.sheets)
    sheet.notes += notes_of(chosen, reading.sheets, side, is_chosen=bool(how.sheet))
    if hidden := [row for row in rows.hidden if row > sheet.header_row]:
        sheet.notes.append(Note("hidden_rows", {"side": side, "count": len(hidden), "rows": ranges_of(hidden)}))
    count, letters = letters_of(rows.hidden_columns, len(sheet.headers))
    if count:
        sheet.notes.append(Note("hidden_columns", {"side": side, "count": count, "columns": letters}))
    if rows.is_filtered:
        sheet.notes.append(Note("filter_on", {"side": side}))
    return sheet
