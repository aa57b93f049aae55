"""Opens an export by its content; its name and extension decide nothing."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from polars.exceptions import PanicException

from reconciliation.engine import delimited, spreadsheet_xml, workbooks
from reconciliation.engine.sheets import MOST_BYTES, Sheet
from reconciliation.rules import headers, kinds
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading_options import AS_FOUND, How
from reconciliation.rules.types import Type

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
LOOKED_AT = 4096


def nothing() -> None: ...


def place_of(error: BaseException) -> str:
    """What went wrong and where, without the error's message, which could hold a student's cells."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def is_xml(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n").startswith(b"<")
    return head.removeprefix(delimited.BOM).lstrip(b" \t\r\n").startswith(b"<")


@contextmanager
def refusing(side: str, step: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Around the reading of a file: a fault of the reader is a refusal, for no file may stop more than its own run.

    Gives `step` to call; what that raises goes through. Raises Refused.
    """
    stops: list[BaseException] = []

    def guarded() -> None:
        try:
            step()
        except BaseException as error:
            stops.append(error)
            raise

    try:
        yield guarded
    except Refused:
        raise
    except MemoryError:
        raise Refused(Note("too_costly", {"side": side})) from None
    except (Exception, PanicException) as error:
        if stops:
            raise
        raise Refused(Note("reader_failed", {"side": side, "where": place_of(error)})) from None


def open_sheet(path: Path, kind: Type, *, side: str, how: How = AS_FOUND, step: Callable[[], None] = nothing) -> Sheet:
    """The table in the file. `side` is "before" or "after"; `step` is called now and then. Raises Refused."""
    sheet = _open(path, kind, side, how, step)
    sheet.tidy_headers(side)
    below = sheet.cells.head(headers.LOOKED_AT)
    sheet.are_headers = headers.are_headers(sheet.headers, below.iter_rows())
    return sheet


def _open(path: Path, kind: Type, side: str, how: How, step: Callable[[], None]) -> Sheet:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise Refused(Note("too_large", {"side": side, "limit": MOST_BYTES // 1024**2}))
        if not size:
            raise Refused(Note("empty", {"side": side}))
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
            file.seek(0)
            if head.startswith(ZIP):
                return workbooks.read(file, kind, side=side, step=step, how=how)
            _refuse_others(head, file, side)
            if is_xml(head):
                return spreadsheet_xml.read(file, kind, side=side, step=step, how=how)
            data = file.read()
    except OSError as error:
        raise Refused(Note("cannot_open", {"side": side, "reason": error.strerror or type(error).__name__})) from None
    return delimited.read(data, kind, side=side, step=step, how=how)


def _refuse_others(head: bytes, file: BinaryIO, side: str) -> None:
    """Raises Refused for a file without a readable table, and says what it really is."""
    other = kinds.by_beginning(head)
    if head.startswith(COMPOUND_FILE):
        data = file.read()
        file.seek(0)
        other = next((kind for name, kind in kinds.STREAMS if name.encode("utf-16-le") in data), None)
        if other is None:
            raise Refused(Note("old_workbook", {"side": side}))
    if other:
        raise Refused(Note("not_a_table", {"side": side, "what": other.what, "way": other.way}))
