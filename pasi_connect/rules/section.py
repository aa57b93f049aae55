"""What PASI will refuse of a section that may be saved here, in the words of `rules.faults`. Its other rejections stop before saving:
`sis.rules.section`.

Pure: one table. Sources: Submit Section; Validation Rules between 40000 and 49999; Rules 9015, 9020 and 9030.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pasi_connect.rules import faults
from pasi_connect.rules.pasi import REJECTION, Expected, SchoolFacts
from sis.rules.enrolment import codes
from sis.rules.school_year import SchoolYear

COURSE_CODE = re.compile(r"[A-Z]{3}[0-9]{4}\Z", re.ASCII)
YEARS_BACK = 4  # INFERRED from 9030: the last school year of which PASI takes nothing


@dataclass(frozen=True)
class Case:
    """A section as it would go out: its compared fields by name, its school, its school year, and the present one."""

    record: Mapping[str, Any]
    school: SchoolFacts
    year: SchoolYear
    year_now: SchoolYear

    def has_code(self, *beginnings: str) -> bool:
        return any(code.startswith(beginnings) for code in codes(self.record["course_codes"]))


@dataclass(frozen=True)
class Row:
    """`field`: where it is shown, "" for the whole section. `when_deleting`: PASI looks at it also where the section is deleted."""

    number: str
    field: str
    broken: Callable[[Case], bool]
    when_deleting: bool = False


TABLE: tuple[Row, ...] = (
    Row("9020", "", lambda case: not case.school.may_write, when_deleting=True),
    Row("9030", "", lambda case: case.year <= case.year_now - YEARS_BACK, when_deleting=True),
    Row("9015", "course_codes", lambda case: not all(map(COURSE_CODE.match, codes(case.record["course_codes"])))),
    Row("40609", "course_codes", lambda case: case.has_code("GED", "PAT")),
    Row("40613", "course_codes", lambda case: case.has_code("UCR999")),
)


def expected(case: Case) -> list[tuple[str, Expected]]:
    """What PASI will refuse, each with its field, in the order of the table."""
    rows = [row for row in TABLE if row.when_deleting or not case.record["deleted"]]
    return [(row.field, _expected(row.number)) for row in rows if row.broken(case)]


def _expected(number: str) -> Expected:
    meaning = faults.REJECTIONS[number]
    return Expected(number, REJECTION, meaning.message, meaning.next_step, code=number)
