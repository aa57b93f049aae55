"""Dates as PASIprep and spreadsheets write them. A date is read only if it has one meaning, never guessed.

Of 03/04/2027 a column's other cells can prove the order: where one of them fits one order only, and none contradicts.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

ORDERS = ("dmy", "mdy", "ymd")
YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
SHORT_YEAR = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{1,2})")
ORDINAL = r"(?:st|nd|rd|th|er|re|e)?"
DAY_NAME_YEAR = re.compile(rf"(\d{{1,2}}){ORDINAL}[-/ ](?:of |de )?([^\W\d_]+)\.?[-/, ] ?(\d{{4}}|\d{{2}})")
NAME_DAY_YEAR = re.compile(rf"([^\W\d_]+)\.?[- ](\d{{1,2}}){ORDINAL},?[- ](\d{{4}})")
YEAR_NAME_DAY = re.compile(r"(\d{4})[-/ ]([^\W\d_]+)\.?[-/ ](\d{1,2})")
SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")

ZONE = r"Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|[+-]\d{2}|M[SD]T|HN[RE]|HA[RE]"
TIME = re.compile(
    rf"(?:(?<=\d)[Tt]|,?\s+(?:at\s+|à\s+)?)(\d{{1,2}})(?::(\d{{2}})(?::(\d{{2}})(?:[.,]\d+)?)?|\s?h\s?(\d{{2}})?)"
    rf"\s*([AaPp])?(?(5)\.?\s?[Mm]\.?)\s*({ZONE})?$"
)
# "Fri Jan 29 00:00:00 MST 2027": the year behind the time.
TIME_BEFORE_YEAR = re.compile(r"(.*\D\d{1,2}) (\d\d:\d\d:\d\d)(?: ([A-Z]{1,4}))? (\d{4})")
COMMENT = re.compile(r"\s*\([^()]*\)$")
FIRST_WORD = re.compile(r"(?:le\s+)?([^\W\d_]+)\.?,?\s+(.+)", re.IGNORECASE)
NAMED_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "MST": -7, "HNR": -7, "MDT": -6, "HAR": -6}
ALBERTA = ZoneInfo("America/Edmonton")

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
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "mon monday lun lundi",
            "tue tues tuesday mar mardi",
            "wed wednesday mer mercr mercredi",
            "thu thur thurs thursday jeu jeudi",
            "fri friday ven vendr vendredi",
            "sat saturday sam samedi",
            "sun sunday dim dimanche",
        )
    )
    for name in names.split()
}


@dataclass(frozen=True)
class Moment:
    """Every day that a text could mean, by the order of its numbers ("" where that is certain).

    `time` is a time of day other than midnight, like "07:00". `fault` is "weekday" where that contradicts every day, "zone"
    where the day is another one in Alberta.
    """

    days: dict[str, dt.date] = field(default_factory=dict)
    time: str = ""
    fault: str = ""

    @property
    def orders(self) -> frozenset[str]:
        """The orders in which the text is a date; empty where its form leaves no choice."""
        return frozenset(self.days) - {""}


def plain(name: str) -> str:
    """The word without accents and case."""
    letters = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def month_of(name: str) -> int:
    """1 to 12, or 0 for a word that is no month."""
    return MONTHS.get(plain(name), 0)


def day_of(year: int, month: int, day: int) -> dt.date | None:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None
    return date if 1900 <= date.year <= 2199 else None


def moment(text: str) -> Moment:
    """What the text says; without days for what is no date. `text` has no blanks around it."""
    # French months may have letters beyond ASCII, but digits other than 0 to 9 make no date here.
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        return Moment()
    text = " ".join(COMMENT.sub("", text).split())
    if match := TIME_BEFORE_YEAR.fullmatch(text):
        text = f"{match[1]} {match[4]} {match[2]} {match[3] or ''}".strip()
    time = TIME.search(text)
    clock = _clock(time) if time else None
    if time and clock is None:
        return Moment()
    body = text[: time.start()] if time else text
    days, fault = _days(body), ""
    word = FIRST_WORD.fullmatch(body)
    if not days and word and plain(word[1]) in WEEKDAYS:
        meant = _days(word[2])
        days = {order: day for order, day in meant.items() if day.weekday() == WEEKDAYS[plain(word[1])]}
        fault = "weekday" if meant and not days else ""
    if not time or not clock or clock == dt.time():
        return Moment(days, fault=fault)
    if days and not all(_stays(day, clock, time[6]) for day in days.values()):
        fault = "zone"
    return Moment(days, f"{clock:%H:%M}", fault)


def _clock(match: re.Match[str]) -> dt.time | None:
    hour, minute, second = int(match[1]), int(match[2] or match[4] or 0), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[5] in "Pp" else 0)
    try:
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def _stays(day: dt.date, clock: dt.time, zone: str | None) -> bool:
    """Whether the moment lies on the day that is written, in Alberta too."""
    if not zone or zone in ("MST", "MDT", "HNR", "HAR"):
        return True
    digits = re.sub(r"[^\d+-]", "", zone)
    hours = NAMED_ZONES.get(zone, 0) if not digits else int(digits[:3])
    minutes = int(digits[3:] or 0) * (-1 if digits.startswith("-") else 1) if digits else 0
    there = dt.timezone(dt.timedelta(hours=hours, minutes=minutes)) if abs(hours) < 24 else dt.UTC
    return dt.datetime.combine(day, clock, there).astimezone(ALBERTA).date() == day


def _days(text: str) -> dict[str, dt.date]:
    days: dict[str, dt.date | None] = {}
    if match := YEAR_FIRST.fullmatch(text):
        days = {"": day_of(int(match[1]), int(match[3]), int(match[4]))}  # nobody writes year, day, month
    elif match := COMPACT.fullmatch(text):
        days = {"": day_of(int(match[1]), int(match[2]), int(match[3]))}
    elif match := YEAR_LAST.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        days = {"dmy": day_of(year, second, first), "mdy": day_of(year, first, second)}
    elif match := SHORT_YEAR.fullmatch(text):
        one, two, three = int(match[1]), int(match[3]), int(match[4])
        days = {
            "dmy": day_of(2000 + three, two, one),
            "mdy": day_of(2000 + three, one, two),
            "ymd": day_of(2000 + one, two, three),
        }
    elif match := DAY_NAME_YEAR.fullmatch(text):
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        days = {"": day_of(year, month_of(match[2]), int(match[1]))}
    elif match := NAME_DAY_YEAR.fullmatch(text):
        days = {"": day_of(int(match[3]), month_of(match[1]), int(match[2]))}
    elif match := YEAR_NAME_DAY.fullmatch(text):
        days = {"": day_of(int(match[1]), month_of(match[2]), int(match[3]))}
    return {order: day for order, day in days.items() if day}


@dataclass(frozen=True)
class Order:
    """The order of day and month in a column: `code` is one of ORDERS, "" where it stays open.

    `proof` are the texts that fit one order only. `is_mixed`: they contradict each other.
    """

    code: str = ""
    proof: tuple[str, ...] = ()
    is_mixed: bool = False


def order_of(texts: Iterable[str]) -> Order:
    """What the different cells of a column prove together."""
    possible, proof = frozenset(ORDERS), []
    for text in texts:
        orders = moment(text).orders
        if orders:
            possible &= orders
            if len(orders) == 1:
                proof.append(text)
    if len(possible) == 1:
        return Order(next(iter(possible)), tuple(proof))
    return Order(proof=tuple(proof), is_mixed=not possible)
