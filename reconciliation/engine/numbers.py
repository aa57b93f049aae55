"""Numbers that a spreadsheet keeps as numbers, in the text that a CSV would hold."""

import datetime as dt
import math

FIRST_DAY = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}  # noqa: DTZ001
LAST_SERIAL = 2_958_465  # 9999-12-31


def number_text(text: str) -> str:
    """ "75" for "75", "7.5E1" and "75.0"; what is no number comes back as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def date_text(text: str, *, since_1904: bool) -> str:
    """ISO date of a day number, with the time where it has one; a number that is no day as number_text."""
    try:
        number = float(text)
    except ValueError:
        return text
    # Below 61 lies Excel's 29 February 1900, a day that never was.
    if not (0 if since_1904 else 61) <= number <= LAST_SERIAL - (1462 if since_1904 else 0):
        return number_text(text)
    moment = FIRST_DAY[since_1904] + dt.timedelta(seconds=round(number * 86_400))
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ")
