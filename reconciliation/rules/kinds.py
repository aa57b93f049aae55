"""Files without a table that can be read here: what each really is, whatever its extension, and what to do."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from operations.rules.words import gettext_noop

SAVE_AS = gettext_noop("Open it in the program that made it and save it as XLSX or CSV.")
EXPORT_AGAIN = gettext_noop("Choose the file that PASIprep exported, as CSV or XLSX.")
UNPACK = gettext_noop("Unpack it and choose the file inside.")


@dataclass(frozen=True)
class Other:
    """`what` completes "this is …"; both are sentences of the catalogue."""

    what: str
    way: str


HTML = Other(
    gettext_noop("a web page (HTML), whatever its name says"),
    gettext_noop("Open it in Excel or LibreOffice and save it as XLSX or CSV."),
)
OPEN_DOCUMENT = Other(
    gettext_noop("an OpenDocument spreadsheet (.ods)"),
    gettext_noop("Open it in LibreOffice or Excel and save it as XLSX or CSV."),
)
NUMBERS = Other(gettext_noop("a Numbers document"), gettext_noop("In Numbers choose File, Export To, CSV or Excel."))
BINARY_WORKBOOK = Other(
    gettext_noop("a binary Excel workbook (.xlsb)"), gettext_noop("Open it in Excel and save it as XLSX or CSV.")
)
PASSWORD = Other(
    gettext_noop("an Excel workbook with a password"), gettext_noop("Save it without a password, as XLSX or CSV.")
)
OLD_EXCEL = Other(
    gettext_noop("an older Excel workbook (.xls)"), gettext_noop("Open it in Excel and save it as XLSX or CSV.")
)
DOCUMENT = Other(gettext_noop("a text document"), EXPORT_AGAIN)
SLIDES = Other(gettext_noop("a presentation"), EXPORT_AGAIN)
ARCHIVE = Other(gettext_noop("an archive of files"), UNPACK)
PDF = Other(gettext_noop("a PDF document"), EXPORT_AGAIN)
PICTURE = Other(gettext_noop("a picture"), EXPORT_AGAIN)
JSON = Other(gettext_noop("JSON"), EXPORT_AGAIN)
DATABASE = Other(gettext_noop("a database or data file of a program"), EXPORT_AGAIN)
SYLK = Other(gettext_noop("a SYLK spreadsheet (.slk)"), SAVE_AS)

# What a file begins with.
BEGINNINGS: tuple[tuple[bytes, Other], ...] = (
    (b"%PDF", PDF),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"{\\rtf", DOCUMENT),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"PAR1", DATABASE),
    (b"SQLite format 3", DATABASE),
    (b"ID;P", SYLK),
    (b"\x09\x00\x04\x00", OLD_EXCEL),  # workbooks of before 1993
    (b"\x09\x02\x06\x00", OLD_EXCEL),
    (b"\x09\x04\x06\x00", OLD_EXCEL),
    (b"\x09\x08\x08\x00", OLD_EXCEL),
    (b"MIME-Version:", HTML),
)
HTML_BEGINNING = re.compile(
    rb"(?:<!--.*?-->|<\?xml[^>]*>|\s)*<(?:!doctype\s+html|html|head|body|table|meta|style|div)\b",
    re.IGNORECASE | re.DOTALL,
)
JSON_BEGINNING = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")

# Names of parts in a compound file (.xls, .doc), as they stand in its directory.
STREAMS: tuple[tuple[str, Other], ...] = (
    ("EncryptedPackage", PASSWORD),
    ("WordDocument", DOCUMENT),
    ("PowerPoint Document", SLIDES),
)


def by_beginning(head: bytes) -> Other | None:
    for beginning, other in BEGINNINGS:
        if head.startswith(beginning):
            return other
    text = head.removeprefix(b"\xef\xbb\xbf")
    if HTML_BEGINNING.match(text):
        return HTML
    return JSON if JSON_BEGINNING.match(text) else None


def by_parts(names: Collection[str], mimetype: bytes) -> Other | None:
    """Of a ZIP archive that is no workbook, by the names of its parts (lower case, with slashes)."""
    if b"opendocument.spreadsheet" in mimetype:
        return OPEN_DOCUMENT
    if b"opendocument.presentation" in mimetype:
        return SLIDES
    if b"opendocument" in mimetype or any(name.startswith("word/") for name in names):
        return DOCUMENT
    if any(name.startswith("ppt/") for name in names):
        return SLIDES
    if any(name.endswith(".iwa") or name == "index.zip" for name in names):
        return NUMBERS
    if any(name.endswith("workbook.bin") for name in names):
        return BINARY_WORKBOOK
    # Where there are relations they say which part is the workbook, whatever its name.
    return None if "_rels/.rels" in names or any(name.endswith("workbook.xml") for name in names) else ARCHIVE
