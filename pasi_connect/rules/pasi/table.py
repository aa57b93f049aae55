"""PASI's rules for school enrolments in one table: what it will refuse, warn of, or give advice about.

Sources: the pages named in each row; "Validation Rules between 10000 and 19999" where none is named. Rejections stand in
`sis.rules.enrolment` and stop before saving: they are taken from there, not written again. `inferred` says what about a
row is our reading, in words; empty when the page states it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from operations.rules.words import gettext_noop
from pasi_connect.rules.pasi import conditions as when
from pasi_connect.rules.pasi.situation import Situation, Stay
from sis.rules import enrolment as saving

REJECTION, WARNING, ADVICE = "rejection", "warning", "advice"
CHECK = "check"  # ours: PASI says nothing, and a person would still want to look

RULES = "Validation Rules between 10000 and 19999"
PROGRAMS = "Grants Program Codes"
SCAN = "Next Scan Date"

LEVEL = gettext_noop("the level, since the page gives only the title")
CONDITION = gettext_noop("the level and the condition, since the page gives only the title")
YEARS = gettext_noop("the level, the condition and the years, since the page gives only the title")
READING = gettext_noop("the condition, since the page gives only the title")


@dataclass(frozen=True)
class Row:
    """`number` is "" for a row of ours, which has a `code` instead. `broken` gives something true where PASI would speak up: the stays that it is about.
    `first` and `last` are ending years between which the rule holds.

       `current_only`: PASI looks at it in the current school year alone, so that the alert goes by itself when that year ends.
       `until_past`: it goes when the school year of the record has become a past one.
       `when_deleting`: PASI looks at it also where the record is deleted.
    """

    number: str
    level: str
    broken: Callable[[Situation], "bool | list[Stay]"]
    message: str
    next_step: str
    source: str = RULES
    inferred: str = ""
    first: int | None = None
    last: int | None = None
    current_only: bool = False
    until_past: bool = False
    when_deleting: bool = False
    code: str = ""

    @property
    def level_inferred(self) -> bool:
        return self.inferred in (LEVEL, CONDITION, YEARS)

    def holds_for(self, ending: int) -> bool:
        return (self.first is None or ending >= self.first) and (self.last is None or ending <= self.last)


CODES = gettext_noop("Correct the grants program codes.")
TYPES = gettext_noop("Correct the enrolment type codes.")
DATES = gettext_noop("Check the dates against the calendar of the school.")
GRADE = gettext_noop("Check the grade. If it is right, acknowledge the advice in PASI.")
BOTH = gettext_noop("Check that both enrolments and their dates are right.")
BOARD = gettext_noop("Check the resident board.")
HOURS = gettext_noop("Check the French hours of instruction.")

WARNINGS: tuple[Row, ...] = (
    Row("10002", WARNING, when.twice("grants_program_codes"),
        gettext_noop("The same grants program code appears twice."), CODES),
    Row("10003", WARNING, when.outside_calendar,
        gettext_noop("The enrolment is outside the school's calendar year (Regular, Day)."), DATES,
        source=f"{RULES}; {SCAN}"),
    Row("10006", WARNING, when.types({"417", "418"}, {"415", "416"}),
        gettext_noop("Enrolment type 417 or 418 cannot be combined with 415 or 416."), TYPES),
    Row("10007", WARNING, lambda s: "140" in s.programs and "500" not in s.programs,
        gettext_noop("Program 140 requires program 500."), CODES, source=PROGRAMS, inferred=LEVEL),
    Row("10010", WARNING, lambda s: bool(s.programs & when.FRENCH) and not s.record["french_hours"],
        gettext_noop("French hours of instruction are missing for this program."), HOURS, inferred=CONDITION),
    Row("10011", ADVICE, when.too_few_hours_211,
        gettext_noop("Program 211 in grades 10 to 12 has fewer than 200 French hours in the year."), HOURS,
        source=PROGRAMS, first=2021),
    Row("10013", WARNING, when.programs("500", "550"),
        gettext_noop("Programs 500 and 550 cannot be combined."), CODES, last=2016),
    Row("10014", WARNING, when.program_with("140", when.HOME),
        gettext_noop("Program 140 cannot be combined with 600, 610, 611 or 612."), CODES, source=PROGRAMS, inferred=LEVEL),
    Row("10015", WARNING, when.more_than_one(frozenset({"110", "140", "145"})),
        gettext_noop("Only one of the programs 110, 140 and 145 is allowed."), CODES, inferred=LEVEL),
    Row("10017", ADVICE, when.age_outside,
        gettext_noop("The student's age on 1 September is unusual for the grade."), GRADE, current_only=True),
    Row("10018", ADVICE, when.grade_jump,
        gettext_noop("The student skips a grade since last school year."), GRADE, source="CoreAlert.Arguments",
        inferred=CONDITION, current_only=True),
    Row("10019", ADVICE, when.grade_lower,
        gettext_noop("The grade is lower than in the last school year."), GRADE, current_only=True),
    Row("10026", WARNING, when.language_programs_together,
        gettext_noop("Programs 211, 221 and the 400 series cannot be combined."), CODES, inferred=CONDITION),
    Row("10029", WARNING, when.program_expired,
        gettext_noop("A grants program code does not exist in this school year."), CODES, inferred=LEVEL),
    Row("10030", WARNING, when.program_with("640", when.HOME | when.ONLINE | when.OUTREACH),
        gettext_noop("Program 640 cannot be combined with home education, online or outreach programs."), CODES),
    Row("10032", WARNING, lambda s: "110" in s.programs and s.grade == 0,
        gettext_noop("Program 110 is not allowed in grade EC."), CODES, source=PROGRAMS, inferred=CONDITION),
    Row("10033", WARNING, when.more_than_one(when.ONLINE),
        gettext_noop("Only one of the online programs 620 to 623 is allowed."), CODES, last=2024),
    Row("10035", WARNING, when.start_outside_calendar,
        gettext_noop("The start date is outside the school's calendar (Regular, Day)."), DATES,
        source=f"{RULES}; {SCAN}"),
    Row("10039", WARNING, when.independent_under_16,
        gettext_noop("An independent student (type 121) must be at least 16 at the start."), TYPES),
    Row("10040", WARNING, lambda s: "140" in s.programs and not s.record["resident_board"],
        gettext_noop("The resident board is missing for program 140."), BOARD, source=PROGRAMS, inferred=READING),
    Row("10043", WARNING, lambda s: "110" in s.programs and not any(code.startswith("5") for code in s.exceptions),
        gettext_noop("Program 110 requires a special education exception code (50 series)."),
        gettext_noop("Correct the exception codes."), source=PROGRAMS, inferred=LEVEL),
    Row("10051", WARNING, when.more_than_one(when.HOME | when.ONLINE | when.OUTREACH),
        gettext_noop("Only one home education, online or outreach program is allowed."), CODES, first=2025),
    Row("10052", ADVICE, when.eal_appeared,
        gettext_noop("English as an Additional Language is coded here, but was not coded at this authority before."),
        CODES, current_only=True),
    Row("10053", ADVICE, when.eal_vanished,
        gettext_noop("English as an Additional Language was coded at this authority before, but is not coded here."),
        CODES, current_only=True),
    Row("10054", WARNING, lambda s: "500" in s.programs and not s.exceptions,
        gettext_noop("Program 500 requires an exception code."), gettext_noop("Correct the exception codes."),
        last=2016),
    Row("10055", WARNING, lambda s: bool(s.exceptions) and not s.programs & {"110", "500"},
        gettext_noop("An exception code requires program 500."), CODES, last=2016,
        inferred=YEARS),
    Row("10063", WARNING, when.younger_than_two_and_a_half,
        gettext_noop("The student is under two and a half years old on 1 September."),
        gettext_noop("Check the birth date and the school year.")),
    Row("10068", WARNING, when.unknown_board,
        gettext_noop("PASI does not know the resident board, or it is not active."), BOARD,
        inferred=gettext_noop("we check whether the board is active now, not during the enrolment")),
    Row("10069", WARNING, when.overlapping_here,
        gettext_noop("Another enrolment at the same school, of the same year, type and timeframe, overlaps with this "
                     "one."),
        BOTH),
    Row("10071", WARNING, lambda s: "145" in s.programs and not s.record["francophone_board"],
        gettext_noop("The francophone board is missing for program 145."),
        gettext_noop("Enter the francophone board."), source=PROGRAMS, inferred=LEVEL),
    Row("10072", WARNING, lambda s: bool(s.record["francophone_board"]) and "145" not in s.programs,
        gettext_noop("A francophone board is entered without program 145."), CODES, inferred=CONDITION),
    Row("10078", WARNING, when.twice("exception_codes"),
        gettext_noop("The same exception code appears twice."), gettext_noop("Correct the exception codes.")),
    Row("10081", WARNING, when.eal_pair,
        gettext_noop("These programs of the 300 series cannot be combined."), CODES, source=PROGRAMS,
        inferred=LEVEL),
    Row("10085", ADVICE, when.overlapping_elsewhere,
        gettext_noop("The student is enrolled at a school of another authority on the same days."), BOTH,
        until_past=True),
    Row("10092", WARNING, lambda s: bool(s.record["french_hours"]) and not s.programs & when.FRENCH,
        gettext_noop("French hours are allowed only with programs 145, 211, 221 and 230."), HOURS, inferred=LEVEL),
    Row("10095", WARNING, when.portion_below_half,
        gettext_noop("The school's portion is below 50 % in grades 1 to 9 (programs 610, 612)."),
        gettext_noop("Correct the program percentage."), first=2019, last=2020),
    Row("10110", WARNING, when.types({"121"}, {"418"}),
        gettext_noop("Enrolment types 121 and 418 cannot be combined."), TYPES, first=2013),
    Row("10136", WARNING, when.no_board_online,
        gettext_noop("The resident board is missing for an online program."), BOARD,
        inferred=gettext_noop("we take all exempt enrolment types as exemptions")),
)  # fmt: skip

RULES_OF_STAYS = gettext_noop("this product’s own rules for a student's stays")

OURS: tuple[Row, ...] = (
    Row("", CHECK, when.twin_in_pasi,
        gettext_noop("PASI already has an enrolment for these days at this school that is not entered here."),
        gettext_noop("See “Changes from PASI” first: accept that enrolment, or keep this one and have that one deleted in PASI with “Keep SIS”."),
        source=RULES_OF_STAYS, code="twin_in_pasi"),
    Row("", CHECK, when.second_main_stay,
        gettext_noop("The student has a main enrolment at another of our schools on the same days."),
        gettext_noop("Mark the enrolment for single courses as concurrent, or use “Withdraw” or “Transfer out” at "
                     "the school that the student has left."),
        source=RULES_OF_STAYS, code="second_main_stay"),
    Row("", CHECK, when.withdrawn_ahead,
        gettext_noop("The last day attended of a withdrawal is in the future."),
        gettext_noop("Use “Correct the last day” when the student has left."),
        source=RULES_OF_STAYS, code="withdrawn_ahead"),
    Row("", CHECK, when.no_day_in_year,
        gettext_noop("None of its days are in the school year, 1 September to 31 August."),
        gettext_noop("Check the dates and the school year."),
        source=RULES_OF_STAYS, code="no_day_in_year"),
    Row("", CHECK, when.summer_of_another_year,
        gettext_noop("Summer school belongs to the school year that is closing, which its days fall in."),
        gettext_noop("Choose the closing school year; otherwise the year end does not close the enrolment."),
        source="Summer School with PASI Direct Connect", code="summer_of_another_year"),
    Row("", CHECK, when.summer_without_type,
        gettext_noop("All days are in July and August, but the programming type is not Summer School."),
        gettext_noop("For summer school, choose the programming type Summer School."),
        source="Summer School with PASI Direct Connect", code="summer_without_type"),
)  # fmt: skip

# Refused by PASI and known from PASI's own records alone; `sis.rules.enrolment` has those that the record itself breaks.
# The submission is held while one of them holds (`rules/held.py`).
REFUSED: tuple[Row, ...] = (
    Row("9009", REJECTION, lambda s: s.student.deactivated,
        gettext_noop("This ASN has been deactivated in PASI."),
        gettext_noop("Enter the student's current ASN on the record. It is sent afterwards."),
        source="Validation Rules between 0 and 9999"),
    Row("9011", REJECTION, lambda s: bool(s.student.primary_asn),
        gettext_noop("This is a secondary ASN."),
        gettext_noop("Enter the student's primary ASN on the record. It is sent afterwards."),
        source="Validation Rules between 0 and 9999"),
    Row("10058", REJECTION, lambda s: not s.school.may_write,
        gettext_noop("PASI says that this school belongs to another authority."),
        gettext_noop("Check the school of the enrolment. If it is yours, contact PASI. It is sent as soon as PASI "
                     "has corrected this."),
        source="Submit Student School Enrolment", when_deleting=True),
)  # fmt: skip


def _of_saving(rule: saving.Rule) -> Row:
    return Row(
        rule.number,
        REJECTION,
        lambda s: rule.broken(s.record),
        rule.message,
        gettext_noop("Correct this before you save."),
        source=rule.source,
    )


REJECTIONS: tuple[Row, ...] = (*(_of_saving(rule) for rule in saving.RULES if rule.number), *REFUSED)
TABLE: tuple[Row, ...] = (*REJECTIONS, *WARNINGS, *OURS)
