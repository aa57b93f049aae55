"""When a mail is due and what it tells of. Days are those of the authority's calendar."""

import datetime as dt

OLD_FROM_DAY = 3  # older than two days: the day on which it opened is day 1
GATHER = dt.timedelta(minutes=1)  # what opens together goes as one mail
LINES = 12  # of one school; the rest is a number


def day_number(opened: dt.date, today: dt.date) -> int:
    """1 on the day on which it opened."""
    return (today - opened).days + 1


def last_old_day(today: dt.date) -> dt.date:
    """What opened on this day or before is old."""
    return today - dt.timedelta(days=OLD_FROM_DAY - 1)


def is_due(now: dt.datetime, at: dt.time) -> bool:
    """`now` in the authority's time zone. Late is better than not at all: the rest of the day counts."""
    return now.time() >= at


def is_gathered(first: dt.datetime | None, now: dt.datetime) -> bool:
    """The first untold item has waited long enough for those that came with it."""
    return first is not None and now - first >= GATHER
