"""Conditions of PASI's rules: functions over one Situation. True: PASI would speak up."""

import datetime as dt
from collections.abc import Callable

from pasi_connect.rules.pasi.situation import Situation, Stay, grade_number, split
from sis.rules.enrolment import WITHDRAWAL
from sis.rules.school_year import SchoolYear
from sis.rules.stays import overlap

Condition = Callable[[Situation], bool]

# Home education, shared responsibility, online and outreach programs.
HOME = frozenset({"600", "610", "611", "612"})
ONLINE = frozenset({"620", "621", "622", "623"})
OUTREACH = frozenset({"630"})
LANGUAGES = frozenset(str(code) for code in range(401, 461))  # bilingual, language and culture
FRENCH = frozenset({"145", "211", "221", "230"})
EAL = frozenset({"301", "302", "303"})
EAL_SERIES = EAL | {"306", "307"}
EAL_PAIRS = ({"301", "307"}, {"302", "307"}, {"302", "306"}, {"303", "306"})
NO_RESIDENT_BOARD = frozenset(str(code) for code in (*range(501, 513), *range(521, 524)))
NOT_COUNTED_AS_OVERLAP = ("0099", "1363")  # ADLC, CFED
DISPLACED = "600"

# Age on 1 September, by grade; 12 has no upper end. Rule 10017.
AGES: dict[int, tuple[int, int]] = {
    0: (2, 5),
    **{grade: (grade + 4, grade + 6) for grade in range(1, 10)},
    10: (13, 17),
    11: (14, 18),
    12: (15, 199),
}
HIGH_SCHOOL = (10, 11, 12)
FRENCH_HOURS_211 = 200  # grades 10 to 12, in the year, from 2020-2021 on


def programs(*codes: str) -> Condition:
    """All of these grants program codes."""
    wanted = set(codes)
    return lambda s: wanted <= s.programs


def program_with(code: str, others: frozenset[str]) -> Condition:
    """`code` together with at least one of `others`."""
    return lambda s: code in s.programs and bool(s.programs & others)


def more_than_one(codes: frozenset[str]) -> Condition:
    return lambda s: len(s.programs & codes) > 1


def types(first: set[str], second: set[str]) -> Condition:
    """One enrolment type code of each set."""
    return lambda s: bool(s.types & first) and bool(s.types & second)


def twice(field: str) -> Condition:
    """The same code twice, in the text as it stands."""

    def condition(s: Situation) -> bool:
        text = s.record[field]
        return len(text.replace(",", " ").split()) != len(split(text))

    return condition


# --- Dates ---


def outside_calendar(s: Situation) -> bool:
    """Rules about open schools skip future years, and look at Regular/Day alone."""
    if not s.regular_day or s.is_future or s.calendar is None:
        return False
    return s.start < s.calendar.first_day or s.exit > s.calendar.last_day


def start_outside_calendar(s: Situation) -> bool:
    if not s.regular_day or s.is_future or s.calendar is None:
        return False
    return not s.calendar.first_day <= s.start <= s.calendar.last_day


def overlapping_here(s: Situation) -> list[Stay]:
    """Of the same school, year, type and timeframe."""
    return [
        stay
        for stay in s.overlapping
        if stay.school_code == s.school.code
        and stay.school_year == s.year
        and stay.programming_type == s.record["programming_type"]
        and stay.programming_timeframe == s.record["programming_timeframe"]
    ]


def overlapping_elsewhere(s: Situation) -> list[Stay]:
    """At schools of other authorities, in the current or a future year."""
    if s.year < s.year_now or DISPLACED in s.types or s.school.code in NOT_COUNTED_AS_OVERLAP:
        return []
    return [
        stay
        for stay in s.overlapping
        if stay.authority_code != s.school.authority_code
        and stay.school_year >= s.year_now
        and DISPLACED not in stay.types
        and stay.school_code not in NOT_COUNTED_AS_OVERLAP
    ]


def twin_in_pasi(s: Situation) -> list[Stay]:
    """Those of the twins that PASI has and nobody has entered here."""
    return [stay for stay in overlapping_here(s) if stay.key]


def second_main_stay(s: Situation) -> list[Stay]:
    """At other schools of our authority; which of a student's stays is the main one PASI does not know."""
    if s.record.get("concurrent", False):
        return []
    return [
        stay
        for stay in s.overlapping
        if stay.authority_code == s.school.authority_code
        and stay.school_code != s.school.code
        and stay.school_year == s.year
        and stay.concurrent is False
    ]


def withdrawn_ahead(s: Situation) -> bool:
    return s.today is not None and s.record["exit_date_type"] == WITHDRAWAL and s.exit > s.today


def no_day_in_year(s: Situation) -> bool:
    return not s.summer and not overlap((s.start, s.exit), (s.year.first_day, s.year.last_day))


def summer_of_another_year(s: Situation) -> bool:
    """Summer school belongs to the school year that is closing: the one in which July and August lie."""
    return s.summer and s.year != SchoolYear.of(s.start)


def summer_without_type(s: Situation) -> bool:
    return s.regular_day and all(day.month in (7, 8) and day.year == s.start.year for day in (s.start, s.exit))


# --- Age and grade ---


def age_outside(s: Situation) -> bool:
    age, grade = s.age_on(s.year.first_day), s.grade
    if not s.is_current or s.continuing or age is None or grade is None:
        return False
    least, most = AGES[grade]
    return not least <= age <= most


def younger_than_two_and_a_half(s: Situation) -> bool:
    """Born after 1 March of the third year before the school year begins: not 2 years and 6 months old on 1 September."""
    born, day = s.student.birth_date, s.year.first_day
    return born is not None and born > dt.date(day.year - 2, 3, 1)


def grade_jump(s: Situation) -> bool:
    before = grade_number(s.last_year.grade) if s.last_year else None
    return s.is_current and s.grade is not None and before is not None and s.grade > before + 1


def grade_lower(s: Situation) -> bool:
    before = grade_number(s.last_year.grade) if s.last_year else None
    return s.is_current and s.grade is not None and before is not None and s.grade < before


def independent_under_16(s: Situation) -> bool:
    age = s.age_on(s.start)
    return "121" in s.types and age is not None and age < 16


# --- Programs ---


def too_few_hours_211(s: Situation) -> bool:
    if "211" not in s.programs or s.grade not in HIGH_SCHOOL or not _hours(s.record["french_hours"]):
        return False
    same_year = [stay for stay in s.live if stay.school_year == s.year and "211" in stay.programs]
    return _hours(s.record["french_hours"]) + sum(_hours(stay.french_hours) for stay in same_year) < FRENCH_HOURS_211


def _hours(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def eal_pair(s: Situation) -> bool:
    series = s.programs & EAL_SERIES
    return len(series) > 1 and series not in EAL_PAIRS


def language_programs_together(s: Situation) -> bool:
    return len([group for group in ({"211"}, {"221"}, LANGUAGES) if s.programs & group]) > 1


def program_expired(s: Situation) -> bool:
    years = s.lists.programs
    if years is None:
        return False
    return any(
        (first is not None and s.year < first) or (last is not None and s.year > last)
        for first, last in (years[code] for code in s.programs if code in years)
    )


def eal_appeared(s: Situation) -> bool:
    return _after_another_authority(s) and bool(s.programs & EAL) and not _eal_before(s)


def eal_vanished(s: Situation) -> bool:
    return _after_another_authority(s) and not s.programs & EAL and _eal_before(s)


def _after_another_authority(s: Situation) -> bool:
    """The student comes from another authority, in the current year."""
    return s.is_current and bool(s.before) and all(stay.authority_code != s.school.authority_code for stay in s.before)


def _eal_before(s: Situation) -> bool:
    """Coded in one of the stays: an authority may enter a program of its own as a stay of the same days."""
    return any(stay.programs & EAL for stay in s.before)


def portion_below_half(s: Situation) -> bool:
    share = s.record["program_percentage"]
    return bool(s.programs & {"610", "612"}) and s.grade in range(1, 10) and share is not None and share < 50


# --- Boards ---


def unknown_board(s: Situation) -> bool:
    board, authorities = s.record["resident_board"], s.lists.authorities
    return bool(board) and authorities is not None and not authorities.get(board, False)


def no_board_online(s: Situation) -> bool:
    return bool(s.programs & ONLINE) and not s.record["resident_board"] and not s.types & NO_RESIDENT_BOARD
