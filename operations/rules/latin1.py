"""The characters that a text may have which can reach a message: first XML's, then PASI's. One table for forms, API, loads and holds.

Source: XML 1.0, Char; Calling PASI Services, the content rule that every string of a request shares.
A person agrees to a replacement; nothing is changed silently.
"""

import re
import unicodedata
from dataclasses import dataclass

from operations.rules.words import gettext_noop


@dataclass(frozen=True)
class Row:
    """What a text must not have. `at_entry`: refused where it is entered; else kept here, and held before it is sent."""

    name: str
    source: str
    pattern: str
    at_entry: bool
    message: str


INVISIBLE = gettext_noop("The text contains an invisible control character. Type it again instead of pasting it.")

ROWS: tuple[Row, ...] = (
    # No message and no file in XML can carry these; PASI's page names U+0000 to U+0019 and leaves out U+001A to U+001F.
    Row("not_xml", "XML 1.0, Char", "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", True, INVISIBLE),
    Row("control", "Calling PASI Services", "[\t\n\r\x7f-\x9f]", True, INVISIBLE),
    Row(
        "blanks",
        "Calling PASI Services",
        r"^\s|\s{2,}|\s$",
        False,
        gettext_noop("The text starts or ends with a space, or has two spaces in a row."),
    ),
    Row(
        "beyond_latin1",
        "Calling PASI Services",
        "[^\x00-\xff]",
        False,
        gettext_noop("The text contains letters outside Latin-1."),
    ),
)

_SENT = re.compile("|".join(row.pattern for row in ROWS))
_ENTERED = re.compile("|".join(row.pattern for row in ROWS if row.at_entry))

# Letters that Unicode does not decompose, and the marks that word processors make.
REPLACEMENTS = {
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "Œ": "OE", "œ": "oe", "Ŋ": "N", "ŋ": "n",
    "Ŧ": "T", "ŧ": "t", "ĸ": "k", "Ŀ": "L", "ŀ": "l", "ſ": "s", "ẞ": "SS", "ə": "e", "Ə": "E", "ʔ": "'",
    "‘": "'", "’": "'", "ʼ": "'", "‛": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "...", "\u00a0": " ",
}  # fmt: skip


def fits(text: str) -> bool:
    """True when `text` may be sent as it stands."""
    return _SENT.search(text) is None


def enterable(text: str) -> bool:
    """True when `text` may stand in a record here, whether or not it may be sent as it stands."""
    return _ENTERED.search(text) is None


def outside(text: str) -> str:
    """The characters above U+00FF, each once, in order of appearance."""
    return "".join(dict.fromkeys(char for char in text if ord(char) > 0xFF))


def proposal(text: str) -> str:
    """What a person could agree to send instead of `text`; empty when no letter of it can be written in Latin-1."""
    written = []
    for char in unicodedata.normalize("NFC", text):
        if ord(char) <= 0xFF:
            written.append(char)
            continue
        if char in REPLACEMENTS:
            written.append(REPLACEMENTS[char])
            continue
        written.append("".join(part for part in unicodedata.normalize("NFKD", char) if ord(part) <= 0xFF))
    return re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", "".join(written))).strip()


# How letters of Latin-1 are written without their marks, and the longer forms that some languages use instead.
PLAIN = {"ø": "o", "æ": "ae", "ß": "ss", "ð": "d", "þ": "th"}
LONGER = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}


def spells(text: str, name: str) -> bool:
    """True when `text` is the name in other letters: the same ones without marks, in whatever case and with whatever signs between.

    A name with letters that no table here writes in Latin ones has no such spelling: a person has to agree to one.
    """
    if not all(_letters(char) for char in name if char.isalpha()):
        return False
    longer = "".join(LONGER.get(char, char) for char in unicodedata.normalize("NFC", name.lower()))
    return bool(_letters(text)) and _letters(text) in (_letters(name), _letters(longer))


def _letters(text: str) -> str:
    """The letters a to z and the digits that are left of it."""
    lower = "".join(PLAIN.get(char, char) for char in proposal(text).lower())
    return re.sub("[^a-z0-9]", "", unicodedata.normalize("NFKD", lower))
