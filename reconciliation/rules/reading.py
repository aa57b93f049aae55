"""What a cell means: one function per kind of column, each from the cell's text to its value and form.

Equal means the same value, not the same bytes. `NATURAL` holds, for each kind, a pattern (one that Python and Rust read alike)
of cells whose value is their text: a whole column is scanned with it, and only the other cells come to the functions.
"""

import re
import unicodedata
from collections.abc import Callable

from reconciliation.rules.cell_forms import BY_CODE, COMPOSED, NONE, PLAIN, Reading
from reconciliation.rules.dates import SERIAL, Moment, moment, month_of
from reconciliation.rules.invisible import cleaned, unguarded
from reconciliation.rules.types import Kind

# Blanks at the ends of a cell. Not Python's own idea of white space, which counts control characters in.
BLANKS = " \t\r\n\u00a0\u202f"
FEWEST_DIGITS = 5  # of an ASN that lost its zeros: fewer are a count or a number of something else
ANY_BLANK = re.compile(f"[{BLANKS}]")
HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d+")
ERROR = re.compile(r"#{2,}|#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
ASN_DIGITS = re.compile(r"(\d{1,9})(?:[.,]0+)?", re.ASCII)
ASN_PARTED = re.compile(r"\d{4}-?\d{4}-?\d", re.ASCII)
YEAR = re.compile(r"(\d{4}|\d{2})\s*[-/_\u2013]\s*(\d{4}|\d{2})", re.ASCII)
LONG_YEAR = re.compile(r"\d{4}[-/]\d{4}", re.ASCII)
DECIMAL = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([, \u00a0\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?", re.ASCII)
COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
# What a spreadsheet makes of "MAR10" or "SEP-1": 10-Mar, Mar-10, March 2010.
MONTH_AND_NUMBER = re.compile(r"(?:\d{1,2}[-/ ]([^\W\d_]{3,10})\.?|([^\W\d_]{3,10})\.?[-/ ]\d{1,4})")
COURSE_ENDS = re.compile(r"[,;|/\r\n\t]+")

NUMBER_PATTERN = r"|(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,5}[1-9])?"
NATURAL: dict[Kind, str] = {
    Kind.ASN: r"[0-9]{4}-[0-9]{4}-[0-9]",
    Kind.CODE: r"[A-Z0-9]+",
    Kind.COURSES: r"[A-Z0-9]+",
    Kind.NUMBER: NUMBER_PATTERN,
    Kind.MARK: NUMBER_PATTERN,
    # The days that every month has; the others are looked at one by one.
    Kind.DATE: r"|(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])",
    Kind.YES_NO: r"|Yes|No",
    # Printable ASCII that begins with neither a blank nor "#" nor "-" nor "=".
    Kind.TEXT: r"""|[!"$-,./0-9:-<>-~][ -~]*""",
}

YES = {"yes", "y", "true", "oui", "vrai"}
NO = {"no", "n", "false", "non", "faux"}


def _as(form: str, value: str) -> Reading:
    return Reading(value, BY_CODE[form])


def _number(text: str, raw: str) -> Reading:
    """`text` is the cell without blanks at its ends."""
    if SCIENTIFIC.fullmatch(text):
        return _as("scientific", raw)
    if THOUSANDS.fullmatch(text):
        if text.count(",") == 1 and "." not in text and not text.lstrip("+-").startswith("0"):
            return _as("number_unclear", raw)
        if not text.lstrip("+-").startswith("0,"):
            text = re.sub(f"[,{BLANKS}]", "", text)
    if COMMA.fullmatch(text):
        text = text.replace(",", ".")
    match = DECIMAL.fullmatch(text)
    if not match or not (match[2] or match[3]) or len(text) > 30:
        return _as("number_unknown", raw)
    whole, part = match[2].lstrip("0") or "0", (match[3] or "").rstrip("0")
    value = f"{whole}.{part}" if part else whole
    if match[1] == "-" and value != "0":
        value = f"-{value}"
    return Reading(value) if value == raw else _as("number", value)


def _mark(text: str, raw: str) -> Reading:
    number = _number(text, raw)
    return _text(text, raw) if number.form.code == "number_unknown" else number


DATE_FAULTS = {"weekday": "date_weekday", "zone": "date_zone"}


def _date(text: str, raw: str, order: str = "") -> Reading:
    """`order` is that of the column, where it is settled."""
    meaning: Moment = moment(text)
    if meaning.fault:
        return _as(DATE_FAULTS[meaning.fault], raw)
    days = set(meaning.days.values())
    if len(days) == 1:
        value = days.pop().isoformat()
        return Reading(value) if value == raw else _as("date_time" if meaning.time else "date", value)
    if order in meaning.days:
        return _as("date_order", meaning.days[order].isoformat())
    if days:
        return _as("date_unclear", raw)
    return _as("date_serial" if SERIAL.fullmatch(text) else "date_unknown", raw)


def _yes_no(text: str, raw: str) -> Reading:
    word = text.casefold()
    value = "Yes" if word in YES else "No" if word in NO else ""
    if not value:
        return _as("yes_no_unknown", raw)
    return Reading(value) if value == raw else _as("yes_no", value)


def _text(text: str, raw: str) -> Reading:
    value = unicodedata.normalize("NFC", raw)
    return Reading(value, PLAIN if value == raw else COMPOSED)


def _asn(text: str, raw: str) -> Reading:
    text = ANY_BLANK.sub("", text)
    if SCIENTIFIC.fullmatch(text):
        return _as("scientific", raw)
    if ASN_PARTED.fullmatch(text):
        digits, form = text.replace("-", ""), "asn_hyphens"
    elif match := ASN_DIGITS.fullmatch(text):
        # Nine digits is the known width of an ASN.
        if len(match[1]) < FEWEST_DIGITS:
            return _as("asn_short", raw)
        digits, form = match[1].zfill(9), "asn_hyphens" if len(match[1]) == 9 else "asn_zeros"
    else:
        return _as("asn_digits", raw)
    value = f"{digits[:4]}-{digits[4:8]}-{digits[8]}"
    return Reading(value) if value == raw else _as(form, value)


def _code(text: str, raw: str) -> Reading:
    if is_date(text):
        return _as("code_date", raw)
    composed = unicodedata.normalize("NFC", raw)
    value = unicodedata.normalize("NFC", ANY_BLANK.sub("", composed).upper())
    return Reading(value, PLAIN if value == raw else COMPOSED if value == composed else BY_CODE["code"])


def is_date(text: str) -> bool:
    """Whether a code's text is a date, which no code is."""
    match = MONTH_AND_NUMBER.fullmatch(text)
    return bool(match and month_of(match[1] or match[2])) or (not text.isdigit() and bool(moment(text).days))


def _courses(text: str, raw: str) -> Reading:
    """A set of codes: order and repetition say nothing."""
    pieces = [piece.strip(BLANKS) for piece in COURSE_ENDS.split(text)]
    readings = [_code(piece, piece) for piece in pieces if piece and piece != "-"]
    if not readings:
        return _as("key_blank", raw)
    if unreadable := next((reading.form for reading in readings if not reading.form.readable), None):
        return Reading(raw, unreadable)
    worst = max((reading.form for reading in readings), key=lambda form: (form.foreign, form.code))
    return Reading(", ".join(sorted({reading.value for reading in readings})), worst)


def _school_year(text: str, raw: str) -> Reading:
    match = YEAR.fullmatch(text)
    if not match:
        return _as("year_unknown", raw)
    first = int(match[1]) + (2000 if len(match[1]) == 2 else 0)
    if (first + 1) % 10 ** len(match[2]) != int(match[2]):
        return _as("year_unknown", raw)
    value = f"{first}-{first + 1}"
    return Reading(value, PLAIN if LONG_YEAR.fullmatch(raw) else BY_CODE["year"])


READERS: dict[Kind, Callable[[str, str], Reading]] = {
    Kind.ASN: _asn,
    Kind.CODE: _code,
    Kind.COURSES: _courses,
    Kind.SCHOOL_YEAR: _school_year,
    Kind.NUMBER: _number,
    Kind.MARK: _mark,
    Kind.DATE: _date,
    Kind.YES_NO: _yes_no,
    Kind.TEXT: _text,
}


def read(kind: Kind, raw: str, order: str = "") -> Reading:
    """What the cell means. A blank and a lone "-" are both no value, which is written "".

    `order` is the order of day and month in a column of dates, where the column settles it.
    """
    clean = cleaned(raw)
    bare = unguarded(clean, apostrophe=kind is not Kind.TEXT)
    text = bare.strip(BLANKS) if kind is Kind.TEXT else bare.translate(HYPHENS).strip(BLANKS)
    if text in ("", "-"):
        return Reading("", NONE if raw else PLAIN)
    if ERROR.fullmatch(text):
        return _as("spreadsheet_error", raw)
    reading = _date(text, bare, order) if kind is Kind.DATE else READERS[kind](text, bare)
    if not reading.form.readable:
        return Reading(raw, reading.form)
    if bare != clean:
        return _as("guard", reading.value)
    if len(clean) != len(raw):
        return _as("invisible", reading.value)
    if bare != raw and reading.form in (PLAIN, COMPOSED):
        return _as("blanks", reading.value)
    return reading


def read_key(kind: Kind, raw: str) -> Reading:
    """The same for a key cell, which must say something."""
    reading = read(kind, raw)
    return reading if reading.value else _as("key_blank", raw)
