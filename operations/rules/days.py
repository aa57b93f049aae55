"""Dates as people type them. What has two meanings (11/12/2026) is refused, never guessed."""

import datetime as dt
import re

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb fevrier fevr", "march mar mars", "april apr avril avr", "may mai",
            "june jun juin", "july jul juillet juil", "august aug aout", "september sept sep septembre",
            "october oct octobre", "november nov novembre", "december dec decembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})|(\d{4})(\d{2})(\d{2})")
DAY_FIRST = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)? ([a-z]+) (\d{4})")
MONTH_FIRST = re.compile(r"([a-z]+) (\d{1,2})(?:st|nd|rd|th)? (\d{4})")
NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
ACCENTS = str.maketrans("éûâè", "euae")


class NotADay(ValueError):
    """`reason` is "form" (not read as a date), "ambiguous" (two meanings) or "none" (no such day in the calendar)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(text: str) -> dt.date:
    """2026-11-27, 2026/11/27, 20261127, 27 November 2026, Nov 27, 2026, 27 nov. 2026, 27/11/2026. Raises NotADay."""
    plain = " ".join(re.sub(r"[.,](?= |$)", " ", text.strip().casefold().translate(ACCENTS)).split())
    if match := YEAR_FIRST.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups() if part)
    elif match := DAY_FIRST.fullmatch(plain):
        day, month, year = int(match[1]), MONTHS.get(match[2], 0), int(match[3])
    elif match := MONTH_FIRST.fullmatch(plain):
        day, month, year = int(match[2]), MONTHS.get(match[1], 0), int(match[3])
    elif match := NUMBERS.fullmatch(plain):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if first <= 12 and second <= 12 and first != second:
            raise NotADay("ambiguous")
        month, day = (second, first) if first > 12 else (first, second)
    else:
        raise NotADay("form")
    if month == 0:
        raise NotADay("form")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise NotADay("none") from None
