"""A file's bytes as UTF-8, whatever its encoding.

Bytes that are no UTF-8 in a file that otherwise is stay marked (one private character a byte) until the rows are known: then the
rows can be said, and the characters put in.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass

import polars as pl

from operations.rules.words import gettext_noop
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading_options import ENCODINGS

BOM = b"\xef\xbb\xbf"
# A mark that a program took for Windows-1252 and wrote as UTF-8.
MARKS = (BOM, "ï»¿".encode())
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": gettext_noop("UTF-8 with BOM"),
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
    **dict(ENCODINGS.values()),
}
# What French and English are written with beyond ASCII; the other characters of a code page hardly occur in an export.
EXPECTED = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆ’‘“”–—«»°ñÑ½\u00a0")
ASCII = bytes(range(128))
TWO_BYTES = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
FIRST_MARK = 0xF700  # + the byte: private characters that no export holds
MARKED = f"[{chr(FIRST_MARK + 0x80)}-{chr(FIRST_MARK + 0xFF)}]"


@dataclass
class Text:
    """`data` is UTF-8, with its mark where the file had exactly one. `odd` is the code page of the marked bytes, "" without any."""

    data: bytes
    encoding: str
    mark_was_damaged: bool = False
    odd: str = ""


def decoded(data: bytes, chosen: str, side: str) -> Text:
    """`chosen` is a key of ENCODINGS, or "" to find out. Raises Refused."""
    text = _chosen(data, chosen, side) if chosen else _text(data, side)
    rest = _without_marks(text.data)
    if len(rest) not in (len(text.data), len(text.data) - len(BOM)) or text.data.startswith(MARKS[1]):
        text.data, text.mark_was_damaged = rest, True
    return text


def _without_marks(data: bytes) -> bytes:
    start = 0
    while mark := next((mark for mark in MARKS if data.startswith(mark, start)), b""):
        start += len(mark)
    return data[start:] if start else data


def _chosen(data: bytes, chosen: str, side: str) -> Text:
    codec, name = ENCODINGS[chosen]
    try:
        if codec == "utf-8":
            data.removeprefix(BOM).decode()
            return Text(data, "utf-8-sig" if data.startswith(BOM) else codec)
        if codec == "utf-16" and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Text(data.decode("utf-16-be" if not any(data[0:64:2]) else "utf-16-le").encode(), codec)
        return Text(data.decode(codec).encode(), codec)
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise Refused(Note("encoding_chosen", {"side": side, "encoding": name, "line": line_of(data, at)})) from None


def line_of(data: bytes, at: int) -> int:
    """The line of a byte, from 1."""
    lines = max(data.count(b"\n", 0, at), data.count(b"\r", 0, at))
    return lines + 1


def _text(data: bytes, side: str) -> Text:
    try:
        if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            return Text(data.decode("utf-32").encode(), "utf-32")
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Text(data.decode("utf-16").encode(), "utf-16")
        for half, encoding in ((data[1:64:2], "utf-16-le"), (data[0:64:2], "utf-16-be")):
            if len(half) > 1 and not any(half):
                return Text(data.decode(encoding).encode(), "utf-16")
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise Refused(Note("encoding", {"side": side, "line": line_of(data, at)})) from None
    if data.startswith(BOM):
        return Text(data, "utf-8-sig")  # as far as the mark says; see mended()
    try:
        if not data.isascii():
            data.decode()
    except UnicodeDecodeError as error:
        return _other(data, "utf-8", error.start, side)
    return Text(data, "utf-8")


def mended(text: Text, data: bytes, side: str) -> tuple[Text, bytes]:
    """Bytes that begin with UTF-8's mark, checked, with what is none marked as in other files. Raises Refused."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        other = _other(data, "utf-8-sig", error.start, side)
        other.mark_was_damaged = text.mark_was_damaged
        return other, other.data
    return text, data


def _other(data: bytes, encoding: str, at: int, side: str) -> Text:
    """For bytes that are not UTF-8, or not throughout."""
    is_mixed = encoding == "utf-8-sig" or TWO_BYTES.search(data) is not None
    if is_mixed:
        marked = data.decode("utf-8", "mark_odd_bytes")
        odd = bytes(ord(letter) - FIRST_MARK for letter in re.findall(MARKED, marked))
        others = len(marked) - len(odd) - sum(map(len, re.findall(r"[\x00-\x7f]+", marked)))
        is_mixed = encoding == "utf-8-sig" or others > 0
    high = odd if is_mixed else data.translate(None, ASCII)
    page = code_page(high)
    if not page:
        raise Refused(Note("encoding", {"side": side, "line": line_of(data, at)}))
    if is_mixed:
        return Text(marked.encode(), encoding, odd=page)
    return Text(data.decode(page).encode(), page)


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(FIRST_MARK + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("mark_odd_bytes", _mark)


def code_page(high: bytes) -> str:
    """Windows-1252 or Mac Roman, by the letters that the bytes over 127 make; "" if they can be neither."""
    counts = Counter(high)

    def letters(page: str) -> int:
        return sum(count for byte, count in counts.items() if bytes([byte]).decode(page, "replace") in EXPECTED)

    windows, mac = letters("cp1252"), letters("mac_roman")
    try:
        bytes(counts).decode("cp1252")
    except UnicodeDecodeError:
        windows = -1
    if windows >= mac:
        return "cp1252" if windows >= 0 else ""
    if 2 * mac > len(high):
        return "mac_roman"
    return "cp1252" if windows >= 0 else ""


def characters_put_in(cells: pl.DataFrame, rows: pl.Series, page: str) -> tuple[pl.DataFrame, pl.Series]:
    """The cells with the marked bytes read in the code page, and the rows in which there were any."""
    where = cells.select(pl.any_horizontal(pl.all().str.contains(MARKED))).to_series()
    table = {chr(FIRST_MARK + byte): bytes([byte]).decode(page, "replace") for byte in range(0x80, 0x100)}
    put_in = cells.select(pl.all().str.replace_many(list(table), list(table.values())))
    return put_in, rows.filter(where)


def text_put_in(text: str, page: str) -> str:
    return re.sub(MARKED, lambda match: bytes([ord(match[0]) - FIRST_MARK]).decode(page, "replace"), text)
