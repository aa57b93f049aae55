"""Days and moments that PASI may hold: XML allows more of them than any calendar used here.

Years of five digits, before 1900 or after 2200 (0001 stands for "none" in many programs) stay the text that PASI wrote: shown,
compared and sent back as it came, never used in a calculation.
"""

import datetime as dt
import re

OLDEST, LATEST = 1900, 2200  # as for school years

ZONE = r"(Z|[+-]\d{2}:\d{2})?"
DAY = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}}){ZONE}")
MIDNIGHT = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}})T24:00:00(\.0+)?{ZONE}")  # XML's name for the end of a day


def day(text: str) -> dt.date | str:
    """A day, or the text as it is."""
    match = DAY.fullmatch(text.strip())
    try:
        value = dt.date.fromisoformat(match[1]) if match else None
    except ValueError:
        value = None
    return value if value and OLDEST <= value.year <= LATEST else text.strip()


def moment(text: str) -> dt.datetime | str:
    """A moment with its zone (UTC where none is given), or the text as it is."""
    match = MIDNIGHT.fullmatch(text.strip())
    plain = f"{match[1]}T00:00:00{match[3] or ''}" if match else text.strip()
    try:
        value = dt.datetime.fromisoformat(plain)
    except ValueError:
        return text.strip()
    if not OLDEST <= value.year <= LATEST:
        return text.strip()
    value = value + dt.timedelta(days=1) if match else value
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
