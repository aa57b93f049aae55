"""Text that other systems can store: Latin-1 without control characters and stray blanks.

Source: Calling PASI Services; the content rule that every string of a request shares.
A person agrees to a replacement; nothing is changed silently.
"""

import re
import unicodedata

CONTENT_RULE = re.compile(r"^\s|\s{2,}|\s$|[\x00-\x19]|[\x7F-\x9F]|[^\x00-\xFF]")

# Letters that Unicode does not decompose, and the marks that word processors make.
REPLACEMENTS = {
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "Œ": "OE", "œ": "oe", "Ŋ": "N", "ŋ": "n",
    "Ŧ": "T", "ŧ": "t", "ĸ": "k", "Ŀ": "L", "ŀ": "l", "ſ": "s", "ẞ": "SS", "ə": "e", "Ə": "E", "ʔ": "'",
    "‘": "'", "’": "'", "ʼ": "'", "‛": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "...", "\u00a0": " ",
}  # fmt: skip


def fits(text: str) -> bool:
    """True when `text` may be sent as it stands."""
    return CONTENT_RULE.search(text) is None


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
