"""Reads a CSV file: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252; any line end; quotes as they come.

A file that is written regularly is parsed by polars, and only believed when every byte of it is accounted for. Everything else
goes through Python's csv module, whose reading of odd quotes is the one that counts.
"""

import csv
import io
from collections.abc import Callable, Iterator

import polars as pl

from reconciliation.engine.sheets import MOST_HEADERS, Gathering, Sheet, check_width
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading import BLANKS
from reconciliation.rules.types import Type, find_columns

DELIMITERS = (",", ";", "\t")
BOM = b"\xef\xbb\xbf"
LOOKED_AT = 1_000_000  # bytes in which the header must end
LONGEST = 131_072  # characters of a cell; a spreadsheet's own holds 32,767
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with BOM", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
END = "\x00end of the file\x00"


def read(data: bytes, kind: Type, *, side: str, step: Callable[[], None]) -> Sheet:
    """The table in `data`. Raises Refused."""
    data, encoding = as_utf8(data, side)
    data, delimiter = named_delimiter(data)
    if data.endswith((b"\n\n", b"\r\n\r\n")):
        data = data.rstrip(b"\r\n") + b"\n"  # blank lines at the end are no rows
    delimiter = delimiter or best_delimiter(data, kind)
    step()
    sheet = _regular(data, delimiter, side) or _irregular(data, delimiter, side, step)
    sheet.encoding, sheet.delimiter = ENCODINGS[encoding], delimiter
    return sheet


def as_utf8(data: bytes, side: str) -> tuple[bytes, str]:
    """The bytes as UTF-8 and the encoding that they came in, a key of ENCODINGS.

    What begins with UTF-8's mark is taken for it: whoever reads the cells checks them anyway.
    """
    if data.startswith(BOM):
        return data, "utf-8-sig"
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16").encode(), "utf-16"
        for half, encoding in ((data[1:64:2], "utf-16-le"), (data[0:64:2], "utf-16-be")):
            if len(half) > 1 and not any(half):
                return data.decode(encoding).encode(), "utf-16"
        try:
            if not data.isascii():
                data.decode()
        except UnicodeDecodeError:
            return data.decode("cp1252").encode(), "cp1252"
    except UnicodeError:
        raise Refused(Note("encoding", {"side": side})) from None
    return data, "utf-8"


def named_delimiter(data: bytes) -> tuple[bytes, str]:
    """Takes away the line "sep=;" that tells a spreadsheet the delimiter, and that no spreadsheet shows as a row."""
    start = len(BOM) if data.startswith(BOM) else 0
    line, _, _rest = data[start : start + 20].partition(b"\n")
    text = line.strip().decode("utf-8", "replace").strip('"')
    if text[:4].lower() == "sep=" and (text[4:] or "\t") in DELIMITERS:
        return data[start + len(line) + 1 :], text[4:] or "\t"
    return data, ""


def best_delimiter(data: bytes, kind: Type) -> str:
    """The delimiter with which most required columns are recognised, then the one with most cells."""
    text = data[:LOOKED_AT].decode("utf-8", "ignore").removeprefix("\ufeff").lstrip("\r\n")

    def worth(delimiter: str) -> tuple[int, int]:
        try:
            headers = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return len(find_columns(kind, headers[:MOST_HEADERS]).places), len(headers)

    return max(DELIMITERS, key=worth)


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
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            separator=delimiter,
            schema={str(place): pl.String for place in range(len(headers))},
            empty_string_is_null=False,
        )
    except (pl.exceptions.ComputeError, pl.exceptions.NoDataError):
        return None
    if list(frame.row(0)) != headers or not _adds_up(data, frame, delimiter):
        return None
    rows = pl.int_range(2, frame.height + 1, dtype=pl.UInt32, eager=True).alias("row")
    cells = frame.slice(1)
    blank = pl.col("0").str.strip_chars(BLANKS) == ""
    if cells.select(blank.any()).item():
        kept = cells.select(~pl.all_horizontal(pl.all().str.strip_chars(BLANKS) == "")).to_series()
        cells, rows = cells.filter(kept), rows.filter(kept)
    return Sheet("csv", headers, cells, rows)


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
    if quotes:
        end = b'"\r\n"' if returns else b'"\n"'
        if quotes != 2 * frame.width * frame.height or data.count(b'"' + delimiter.encode() + b'"') != delimiters:
            return False
        if data.count(end) != frame.height - 1:
            return False
    start = len(BOM) if data.startswith(BOM) else 0
    return len(data) == start + sum(sums) + quotes + delimiters + ends + returns


def _irregular(data: bytes, delimiter: str, side: str, step: Callable[[], None]) -> Sheet:
    """By the csv module. Rows count as a spreadsheet counts them: blank lines do, line breaks in a cell do not."""
    gathering, number, row = Gathering(side), 0, [""]
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
        raise Refused(Note("encoding", {"side": side})) from None
    except csv.Error:
        raise Refused(Note("long_cell", {"side": side, "row": number, "limit": csv.field_size_limit()})) from None
    if row != [END]:
        raise Refused(Note("open_quote", {"side": side, "row": number}))
    return gathering.sheet("csv")


def _lines(data: bytes) -> Iterator[str]:
    """The lines with their ends, then a line of its own: if a quotation mark is still open, it ends up inside of a cell."""
    last = ""
    for last in io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""):
        yield last
    if not last.endswith(("\n", "\r")):
        yield "\n"
    yield END
