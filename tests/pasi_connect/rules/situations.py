"""A plain enrolment that no rule of PASI's says anything of, and what is said of it once it is changed."""

import datetime as dt

from pasi_connect.rules import pasi
from pasi_connect.rules.pasi import Calendar, SchoolFacts, Stay, StudentFacts
from sis.rules.school_year import SchoolYear

YEAR = SchoolYear(2027)
CALENDAR = Calendar(dt.date(2026, 9, 1), dt.date(2027, 6, 29))
HERE = SchoolFacts("4801", "1750")
BORN = dt.date(2013, 3, 4)  # 13 on 1 September 2026
PLAIN = {
    "grade": "08",
    "start_date": dt.date(2026, 9, 1),
    "exit_date": dt.date(2027, 6, 25),
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
    "program_percentage": None,
    "local_student_id": "12",
    "resident_board": "1750",
    "francophone_board": "",
    "fnmi_declaration": "",
    "french_hours": "",
    "enrolment_type_codes": "",
    "exception_codes": "",
    "grants_program_codes": "",
    "deleted": False,
}


def record(ending: int = 2027, **changes):
    """A plain enrolment of the school year, its dates moved with it."""
    years = ending - 2027
    dates = {name: PLAIN[name].replace(year=PLAIN[name].year + years) for name in ("start_date", "exit_date")}
    return {**PLAIN, **dates, "school_year": SchoolYear(ending), **changes}


def stay(**changes) -> Stay:
    return Stay(
        **{
            "school_code": "4801",
            "authority_code": "1750",
            "school_year": YEAR,
            "start_date": PLAIN["start_date"],
            "exit_date": PLAIN["exit_date"],
            "programming_type": "Regular",
            "programming_timeframe": "Day",
            "grade": "08",
            **changes,
        }
    )


def expected(made=None, others=(), *, now=YEAR, student=None, calendar=CALENDAR, school=HERE, lists=None):
    """What is expected; age and grade play no part outside of the current year, so most cases stand in it."""
    return pasi.expected(made or record(), others, student or StudentFacts(BORN), calendar, now, school, lists)


def numbers(*args, **kwargs) -> list[str]:
    return [row.number for row in expected(*args, **kwargs)]
