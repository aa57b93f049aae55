"""Stays over the months of one school year, as lanes of a drawing 1000 units wide."""

import datetime as dt
from dataclasses import dataclass

from babel.dates import get_month_names
from django.utils.translation import get_language

from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear

WIDTH = 1000
LEAST = 8  # so that a stay of one day is visible


@dataclass(frozen=True)
class Lane:
    """`today` is None when it lies outside the year."""

    enrolment: SchoolEnrolment
    x: int
    width: int
    today: int | None


def _place(year: SchoolYear, day: dt.date) -> int:
    days = (year.last_day - year.first_day).days + 1
    return round(WIDTH * min(max((day - year.first_day).days, 0), days) / days)


def span(year: SchoolYear, first: dt.date, last: dt.date) -> tuple[int, int]:
    """Place and width of the days from `first` to `last`, both included."""
    x = min(_place(year, first), WIDTH - LEAST)
    after = min(last, year.last_day) + dt.timedelta(days=1)  # the calendar ends with 9999, and a record may too
    return x, max(_place(year, after) - x, LEAST)


def now_line(year: SchoolYear, today: dt.date) -> int | None:
    return _place(year, today) if year.first_day <= today <= year.last_day else None


def lanes(year: SchoolYear, stays: list[SchoolEnrolment], today: dt.date) -> list[Lane]:
    """One lane per stay of `year`, the primary ones first."""
    now = now_line(year, today)
    drawn = []
    for stay in sorted(stays, key=lambda stay: (stay.concurrent, stay.start_date, stay.pk)):
        if stay.school_year == year:
            drawn.append(Lane(stay, *span(year, stay.start_date, stay.exit_date), now))
    return drawn


def month_names() -> list[str]:
    """The twelve months of a school year, short, from September, as CLDR has them: "Sep", "sept."."""
    french = (get_language() or "").startswith("fr")
    names = get_month_names("abbreviated", "stand-alone", locale="fr_CA" if french else "en")
    return [names[(8 + step) % 12 + 1] for step in range(12)]
