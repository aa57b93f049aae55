"""Dates as PASIprep and spreadsheets write them. Only what has one meaning is read; the rest is not guessed."""

import datetime as dt
import re
import unicodedata

YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
SHORT_YEAR = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{1,2})")
DAY_NAME_YEAR = re.compile(r"(\d{1,2})[- ]([^\W\d_]+)\.?[-, ] ?(\d{4}|\d{2})")
NAME_DAY_YEAR = re.compile(r"([^\W\d_]+)\.? (\d{1,2}),? (\d{4})")
MIDNIGHT = re.compile(r"(?:T|\s+)(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)? ?[Aa]\.?[Mm]\.?)Z?$")
SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")

# English and French, as a Canadian spreadsheet writes and shortens them; accents are taken off first.
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier",
            "feb february fev fevr fevrier",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aou aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        1,
    )
    for name in names.split()
}


def month_of(name: str) -> int:
    """1 to 12, or 0 for a word that is no month."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    return MONTHS.get(plain.casefold(), 0)


def day_of(year: int, month: int, day: int) -> dt.date | None:
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2199 else None


def meanings(text: str) -> set[dt.date]:
    """Every day that the text could mean; empty for what is no date. `text` has no blanks around it."""
    text = MIDNIGHT.sub("", text)
    if not text.isascii():
        # What a spreadsheet's French month is written with; other digits than 0 to 9 are none of ours.
        if any(letter.isdigit() and not letter.isascii() for letter in text):
            return set()
        text = text.replace("\u00a0", " ")
    found: set[dt.date | None] = set()
    if match := YEAR_FIRST.fullmatch(text):
        found = {day_of(int(match[1]), int(match[3]), int(match[4]))}  # nobody writes year, day, month
    elif match := YEAR_LAST.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        found = {day_of(year, second, first), day_of(year, first, second)}
    elif match := SHORT_YEAR.fullmatch(text):
        one, two, three = int(match[1]), int(match[3]), int(match[4])
        found = {day_of(2000 + three, two, one), day_of(2000 + three, one, two), day_of(2000 + one, two, three)}
    elif match := DAY_NAME_YEAR.fullmatch(text):
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        found = {day_of(year, month_of(match[2]), int(match[1]))}
    elif match := NAME_DAY_YEAR.fullmatch(text):
        found = {day_of(int(match[3]), month_of(match[1]), int(match[2]))}
    return {day for day in found if day}
