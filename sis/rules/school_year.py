"""A school year: always this type, never a bare number, since PASI counts by the year in which it ENDS.

Source: Synchronizing Data with PASI (2019 means 2018/2019); a vendor's tables count by the starting year.
"""

import datetime as dt
import re
from dataclasses import dataclass

FORM = re.compile(r"^(\d{4})-(\d{4})$")


@dataclass(frozen=True, order=True)
class SchoolYear:
    """`ending` is the calendar year in which the school year ends: SchoolYear(2027) is 2026-2027."""

    ending: int

    def __post_init__(self) -> None:
        if not 1900 <= self.ending <= 2200:
            raise ValueError(f"No school year ends in {self.ending}.")

    @classmethod
    def parse(cls, text: str) -> "SchoolYear":
        """From "2026-2027". Raises ValueError with a sentence for people."""
        match = FORM.match(text.strip())
        if not match or int(match[2]) != int(match[1]) + 1:
            raise ValueError(f"{text!r} is no school year: write it like 2026-2027.")
        return cls(int(match[2]))

    @classmethod
    def of(cls, day: dt.date) -> "SchoolYear":
        """The school year that `day` lies in; a new one begins on 1 September."""
        return cls(day.year + (day.month >= 9))

    def __str__(self) -> str:
        return f"{self.ending - 1}-{self.ending}"

    def __add__(self, years: int) -> "SchoolYear":
        return SchoolYear(self.ending + years)

    def __sub__(self, years: int) -> "SchoolYear":
        return SchoolYear(self.ending - years)

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.ending - 1, 9, 1)

    @property
    def last_day(self) -> dt.date:
        return dt.date(self.ending, 8, 31)

    @property
    def calendar_years(self) -> tuple[dt.date, dt.date]:
        """First and last day of the two calendar years: enrolment dates lie between them (rule 10088)."""
        return dt.date(self.ending - 1, 1, 1), dt.date(self.ending, 12, 31)
