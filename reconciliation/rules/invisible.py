"""Invisible characters in a cell, and the marks that make a spreadsheet keep a cell as text."""

import re
import unicodedata

KEPT = "\t\r\n"
# ="001234567", which makes a spreadsheet show the zeros.
FORMULA_GUARD = re.compile(r'\s*=\s*"((?:[^"]|"")*)"\s*')
APOSTROPHE = "'"
SHOWN_BLANK, SHOWN_TAB, SHOWN_BREAK = "␣", "⇥", "⏎"


def cleaned(text: str) -> str:
    """Without control and format characters (marks of byte order, zero-width blanks …), every kind of blank an ordinary one."""
    if text.isascii() and text.isprintable():
        return text
    letters = []
    for letter in text:
        category = unicodedata.category(letter)
        if category in ("Zs", "Zl", "Zp"):
            letters.append(" ")
        elif category not in ("Cc", "Cf") or letter in KEPT:
            letters.append(letter)
    return "".join(letters)


def unguarded(text: str, *, apostrophe: bool) -> str:
    """Without ="…" around it and, where no text of the column can begin so, without a leading apostrophe."""
    while True:
        if match := FORMULA_GUARD.fullmatch(text):
            text = match[1].replace('""', '"')
        elif apostrophe and text.lstrip().startswith(APOSTROPHE):
            text = text.lstrip()[1:]
        else:
            return text


def header(text: str) -> str:
    """A header as it was meant. A leading blank stays: " Code" and "Code" are two headers of PASIprep."""
    return unguarded(cleaned(text), apostrophe=True)


def made_visible(text: str) -> str:
    """For two cells that look alike and are not: blanks, tabs and line breaks as signs, other characters by their number."""
    signs = {" ": SHOWN_BLANK, "\t": SHOWN_TAB, "\r": "", "\n": SHOWN_BREAK}
    return "".join(
        signs[letter]
        if letter in signs
        else f"⟨U+{ord(letter):04X}⟩"
        if unicodedata.category(letter) in ("Cc", "Cf", "Zs", "Zl", "Zp")
        else letter
        for letter in text
    )


def look_alike(first: str, second: str) -> bool:
    """Whether two different cells cannot be told apart on a page."""
    return first != second and " ".join(cleaned(first).split()) == " ".join(cleaned(second).split())
