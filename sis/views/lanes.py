"""Stays over the months of one school year, as lanes of a drawing 1000 units wide."""

import datetime as dt
from dataclasses import dataclass

from django.utils.dates import MONTHS_3

from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear

WIDTH = 1000
LEAST = 8  # a stay of one day can still be seen


@dataclass(frozen=True)
class Lane:
    """`today` is None when it lies outside of the year."""

    enrolment: SchoolEnrolment
    x: int
    width: int
    today: int | None


def lanes(year: SchoolYear, stays: list[SchoolEnrolment], today: dt.date) -> list[Lane]:
    """One lane a stay of `year`, the primary ones first."""
    days = (year.last_day - year.first_day).days + 1

    def place(day: dt.date) -> int:
        return round(WIDTH * min(max((day - year.first_day).days, 0), days) / days)

    now = place(today) if year.first_day <= today <= year.last_day else None
    drawn = []
    for stay in sorted(stays, key=lambda stay: (stay.concurrent, stay.start_date, stay.pk)):
        if stay.school_year == year:
            x = min(place(stay.start_date), WIDTH - LEAST)
            drawn.append(Lane(stay, x, max(place(stay.exit_date + dt.timedelta(days=1)) - x, LEAST), now))
    return drawn


def month_names() -> list[str]:
    """The twelve months of a school year, short, from September."""
    return [str(MONTHS_3[(8 + step) % 12 + 1]).capitalize() for step in range(12)]
