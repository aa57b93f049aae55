"""Reads a CSV file: whatever of DELIMITERS separates its cells; any encoding and line end; quotes as they come.

A regular file is parsed by polars, and the result is used only when it accounts for every byte. Everything else
goes through Python's csv module, whose reading of odd quotes is the one that counts.
"""

import csv
import io
from collections.abc import Callable, Iterator
from statistics import median_low

import polars as pl
from polars.exceptions import PanicException, PolarsError

from reconciliation.engine import encodings
from reconciliation.engine.bounds import LONGEST_CELL as LONGEST
from reconciliation.engine.bounds import MOST_CSV_CELLS, Bounds
from reconciliation.engine.encodings import BOM
from reconciliation.engine.ranges import ranges
from reconciliation.engine.sheets import Gathering, Sheet, check_width
from reconciliation.rules import headers as header_rules
from reconciliation.rules.notes import Note, Refused, Values
from reconciliation.rules.reading import BLANKS
from reconciliation.rules.reading_options import AS_FOUND, DELIMITER_WORDS, DELIMITERS, How
from reconciliation.rules.types import Type

LOOKED_AT = 1_000_000  # bytes in which the header must end
GLANCE = 50_000  # bytes that mostly hold the first rows
END = "\x00end of the file\x00"
# Line ends of other times and systems, where a file has no ordinary one.
LINE_ENDS = ("\x1e", "\x85", "\u2028", "\u2029", "\x0b", "\x0c")


def read(data: bytes, kind: Type, *, side: str, step: Callable[[], None], how: How = AS_FOUND) -> Sheet:
    """The table in `data`. Raises Refused."""
    text = encodings.decoded(data, how.encoding, side)
    data = with_line_ends(text.data)
    data, delimiter = named_delimiter(data)
    if data.endswith((b"\n\n", b"\r\n\r\n")):
        data = data.rstrip(b"\r\n") + b"\n"  # blank lines at the end are no rows
    by_person = DELIMITERS.get(how.delimiter) or delimiter
    delimiter = by_person or best_delimiter(data, kind)
    step()
    row = how.header_row or header_row(data, delimiter, kind)
    sheet = _regular(data, delimiter, side) if row == 1 else None
    if sheet is None:
        # Only now is a file that begins with UTF-8's mark checked to be UTF-8 throughout: polars has checked the others.
        if text.encoding == "utf-8-sig" and not text.odd:
            text, data = encodings.mended(text, data, side)
        sheet = _irregular(data, delimiter, side, step, kind, how.header_row)
    sheet.encoding, sheet.delimiter = encodings.NAMES[text.encoding], delimiter
    sheet.is_undivided = len(sheet.headers) == 1 and not by_person
    sheet.notes += _oddities(text, sheet, side)
    return sheet


def _oddities(text: encodings.Text, sheet: Sheet, side: str) -> list[Note]:
    """Notes about the characters; fills in those that did not fit the others."""
    notes = [Note("mark_twice", {"side": side})] if text.mark_was_damaged else []
    if text.odd:
        sheet.cells, rows = encodings.characters_put_in(sheet.cells, sheet.rows, text.odd)
        sheet.headers = [encodings.text_put_in(header, text.odd) for header in sheet.headers]
        values: Values = {
            "side": side,
            "encoding": encodings.NAMES[text.odd],
            "count": rows.len(),
            "rows": ranges(rows),
        }
        notes.append(Note("mixed_encodings", values))
    elif text.encoding == "mac_roman":
        accents = sheet.cells.select(pl.any_horizontal(pl.all().str.contains(r"[^\x00-\x7f]"))).to_series()
        rows = sheet.rows.filter(accents)
        notes.append(Note("mac_roman", {"side": side, "count": rows.len(), "rows": ranges(rows)}))
    return notes


def with_line_ends(data: bytes) -> bytes:
    """The bytes with line feeds, where the file has only line ends that the csv module does not know."""
    if b"\n" in data or b"\r" in data:
        return data
    end = next((end.encode() for end in LINE_ENDS if end.encode() in data), b"")
    return data.replace(end, b"\n") if end else data


def named_delimiter(data: bytes) -> tuple[bytes, str]:
    """Removes the line "sep=;", which gives a spreadsheet the delimiter and is never shown as a row."""
    start = len(BOM) if data.startswith(BOM) else 0
    line, _, _rest = data[start : start + 20].partition(b"\n")
    text = line.strip().decode("utf-8", "replace").strip('"')
    if text[:4].lower() == "sep=" and (text[4:] or "\t") in DELIMITER_WORDS:
        return data[start + len(line) + 1 :], text[4:] or "\t"
    return data, ""


def first_rows(data: bytes, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first rows with text, by number."""
    for size in (GLANCE, LOOKED_AT):
        rows = _rows_of(data[:size], delimiter)
        if len(rows) == header_rules.LOOKED_AT or len(data) <= size:
            break
    return rows


def _rows_of(data: bytes, delimiter: str) -> list[tuple[int, list[str]]]:
    text = data.decode("utf-8", "ignore").removeprefix("\ufeff")
    rows: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            if any(cell.strip(BLANKS) for cell in cells):
                rows.append((number, cells))
            if len(rows) == header_rules.LOOKED_AT:
                break
    except csv.Error:
        pass  # reading the file reports it
    return rows


def best_delimiter(data: bytes, kind: Type) -> str:
    """The delimiter with which a row looks most like headers, then the one with most cells in most of the first rows."""

    best, chosen = ((-1, 0), 0), ","
    for delimiter in DELIMITER_WORDS:
        rows = [cells for _, cells in first_rows(data, delimiter)]
        if not rows:
            continue
        value = header_rules.worth(kind, rows[header_rules.header_place(kind, rows)]), median_low(map(len, rows))
        if value > best:
            best, chosen = value, delimiter
        if best[0][0] == len(kind.columns):
            break
    return chosen


def header_row(data: bytes, delimiter: str, kind: Type) -> int:
    """The row that holds the headers; 0 if no row can be read."""
    rows = first_rows(data, delimiter)
    return rows[header_rules.header_place(kind, [cells for _, cells in rows])][0] if rows else 0


def _regular(data: bytes, delimiter: str, side: str) -> Sheet | None:
    """By polars; None unless cells, quotes, delimiters and line ends add up to the size of the file."""
    start = data[:LOOKED_AT].decode("utf-8", "ignore").removeprefix("\ufeff")
    try:
        headers = next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return None
    if len(headers) < 2 or not any(header.strip(BLANKS) for header in headers):
        return None
    check_width(headers, side)
    Bounds(side, MOST_CSV_CELLS).row(data.count(delimiter.encode()) + data.count(b"\n"), 0)
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            separator=delimiter,
            schema={str(place): pl.String for place in range(len(headers))},
            empty_string_is_null=False,
        )
    except (PolarsError, PanicException):
        return None
    if not frame.height or list(frame.row(0)) != headers or not _adds_up(data, frame, delimiter):
        return None
    rows = pl.int_range(2, frame.height + 1, dtype=pl.UInt32, eager=True).alias("row")
    cells = frame.slice(1)
    blank = pl.col("0").str.strip_chars(BLANKS) == ""
    if cells.select(blank.any()).item():
        kept = cells.select(~pl.all_horizontal(pl.all().str.strip_chars(BLANKS) == "")).to_series()
        cells, rows = cells.filter(kept), rows.filter(kept)
    return Sheet("csv", headers, cells, rows, is_ended=data.endswith((b"\n", b"\r")))


def _adds_up(data: bytes, frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether polars' cells are what the csv module would read.

    Either no cell is quoted or every one is, with every quote beside a delimiter or a line end: polars is lenient with others
    in its own way. And no byte is unexplained: a row with fewer cells, a blank line or another line end makes the sum larger
    than the file, and nothing makes it smaller (more cells are an error of polars), so no two of them can hide each other.
    """
    measured = frame.select(
        pl.all().str.len_bytes().cast(pl.Int64).sum().name.prefix("sum "),
        pl.all().str.len_bytes().max().name.prefix("max "),
    ).row(0)
    sums, longest = measured[: frame.width], measured[frame.width :]
    ends = frame.height if data.endswith(b"\n") else frame.height - 1
    returns, quotes = data.count(b"\r"), data.count(b'"')
    if max(longest) > LONGEST or returns not in (0, ends):
        return False
    delimiters = (frame.width - 1) * frame.height
    start = len(BOM) if data.startswith(BOM) else 0
    if quotes:
        end = b'"\r\n"' if returns else b'"\n"'
        if quotes != 2 * frame.width * frame.height or data.count(b'"' + delimiter.encode() + b'"') != delimiters:
            return False
        # A carriage return that ends no line ends a row for the csv module, and is nothing for polars.
        if data.count(end) != frame.height - 1 or (returns == frame.height and not data.endswith(b"\r\n")):
            return False
        if data[start : start + 1] != b'"' or not data[-3:].rstrip(b"\r\n").endswith(b'"'):
            return False
        # A cell that is a delimiter, or begins or ends with one, looks like the space between two cells.
        at_ends = pl.all().str.starts_with(delimiter) | pl.all().str.ends_with(delimiter)
        if frame.select(pl.any_horizontal(at_ends.any())).item():
            return False
    elif returns and data.count(b"\r\n") != returns:
        return False
    return len(data) == start + sum(sums) + quotes + delimiters + ends + returns


def _irregular(
    data: bytes, delimiter: str, side: str, step: Callable[[], None], kind: Type, header_row: int = 0
) -> Sheet:
    """By the csv module. Rows count as a spreadsheet counts them: blank lines do, line breaks in a cell do not."""
    gathering, number, row = Gathering(side, kind, header_row, MOST_CSV_CELLS), 0, [""]
    is_ended, is_cut = data.endswith((b"\n", b"\r")), False
    # The limit of csv is one for the whole process: it is checked, never set.
    reader = csv.reader(_lines(data), delimiter=delimiter)
    try:
        for number, row in enumerate(reader, 1):
            if row and row[-1].endswith(END):
                break
            gathering.add(number, row)
            if number % 10_000 == 0:
                step()
    except UnicodeDecodeError:
        raise Refused(Note("encoding", {"side": side, "line": number + 1})) from None
    except csv.Error:
        raise Refused(Note("long_cell", {"side": side, "row": number, "limit": csv.field_size_limit()})) from None
    if row != [END]:
        # A quotation mark is open. In the middle of the last line that is a cut, elsewhere it has swallowed lines.
        rest = row[-1].removesuffix(END).removesuffix("\n")
        is_cut = not is_ended and not any(end in rest for end in "\r\n")
        if not is_cut or gathering.last == 0:
            raise Refused(Note("open_quote", {"side": side, "row": number}))
        gathering.add(number, [*row[:-1], rest])
    sheet = gathering.sheet("csv")
    sheet.is_ended = is_ended
    if is_cut or (not is_ended and sheet.short and sheet.short[-1] == gathering.last):
        sheet.notes.append(Note("cut_last_line", {"side": side, "row": gathering.last}))
    return sheet


def _lines(data: bytes) -> Iterator[str]:
    """The lines with their ends, then a line of its own: if a quotation mark is still open, it ends up inside of a cell."""
    last = ""
    for last in io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""):
        yield last
    if not last.endswith(("\n", "\r")):
        yield "\n"
    yield END
