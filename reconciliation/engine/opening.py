"""Opens an export by what it holds; its name and ending decide nothing."""

from collections.abc import Callable
from pathlib import Path

from reconciliation.engine import delimited, spreadsheet_xml, workbooks
from reconciliation.engine.sheets import MOST_BYTES, Sheet
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.types import Type

ZIP = b"PK\x03\x04"
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"


def nothing() -> None: ...


def is_xml(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n").startswith(b"<")
    return head.removeprefix(delimited.BOM).lstrip(b" \t\r\n").startswith(b"<")


def open_sheet(path: Path, kind: Type, *, side: str, step: Callable[[], None] = nothing) -> Sheet:
    """The table in the file. `side` is "before" or "after"; `step` is called now and then. Raises Refused."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise Refused(Note("too_large", {"side": side, "limit": MOST_BYTES // 1024**2}))
        if not size:
            raise Refused(Note("empty", {"side": side}))
        with path.open("rb") as file:
            head = file.read(512)
            file.seek(0)
            if head.startswith(COMPOUND_FILE):
                raise Refused(Note("old_workbook", {"side": side}))
            if head.startswith(ZIP):
                return workbooks.read(file, side=side, step=step)
            if is_xml(head):
                return spreadsheet_xml.read(file, side=side, step=step)
            data = file.read()
    except OSError as error:
        raise Refused(Note("cannot_open", {"side": side, "reason": error.strerror or type(error).__name__})) from None
    return delimited.read(data, kind, side=side, step=step)
