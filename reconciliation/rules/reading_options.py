"""A person's choices for reading a file: its sheet, row of headers, delimiter, encoding and order of dates."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from operations.rules.words import gettext_noop

DELIMITERS: Mapping[str, str] = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    "colon": ":",
    "caret": "^",
    "tilde": "~",
}
DELIMITER_WORDS: Mapping[str, str] = {
    ",": gettext_noop("comma"),
    ";": gettext_noop("semicolon"),
    "\t": gettext_noop("tab"),
    "|": gettext_noop("vertical bar"),
    ":": gettext_noop("colon"),
    "^": gettext_noop("caret"),
    "~": gettext_noop("tilde"),
}
# The value that people choose: the codec, and what it is called.
ENCODINGS: Mapping[str, tuple[str, str]] = {
    "utf-8": ("utf-8", "UTF-8"),
    "utf-16": ("utf-16", "UTF-16"),
    "windows-1252": ("cp1252", "Windows-1252"),
    "mac-roman": ("mac_roman", "Mac Roman"),
}
DATE_ORDERS: Mapping[str, str] = {
    "dmy": gettext_noop("day, month, year"),
    "mdy": gettext_noop("month, day, year"),
    "ymd": gettext_noop("year, month, day"),
}
DELIMITER_NAMES, ENCODING_NAMES, DATE_ORDER_NAMES = tuple(DELIMITERS), tuple(ENCODINGS), tuple(DATE_ORDERS)


@dataclass(frozen=True)
class How:
    """Blank or 0: as the file has it. The values are keys of the tables above; rows are numbered as in a spreadsheet."""

    sheet: str = ""
    header_row: int = 0
    delimiter: str = ""
    encoding: str = ""
    date_order: str = ""

    def stored(self) -> dict[str, Any]:
        """Without what was left to the file."""
        return {name: value for name, value in asdict(self).items() if value}


AS_FOUND = How()
NAMES = tuple(one.name for one in fields(How))


def how_of(values: Mapping[str, Any]) -> How:
    return How(**{name: values[name] for name in NAMES if values.get(name)})
