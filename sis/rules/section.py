"""What a section must fulfil before it is saved here, and what follows from its term and course. Pure."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from operations.rules.words import gettext_noop
from sis.rules.course_enrolment import Rule
from sis.rules.enrolment import codes

REGULAR, SUMMER, ENGLISH = "REG", "SUM", "EN"
# What may not all be the same on two live sections of a school and year (rule 40104): neither days nor credits nor courses.
UNIQUE = ("term_code", "delivery", "language", "schedule", "description", "local_section_id")
MOST_DESCRIPTION = 255
# Of the columns here, and of what PASI takes.
LARGEST = {"credits_offered": 32767, "minutes_offered": 2147483647}

PAGE = "Section (business object)"


def _over(name: str, largest: int) -> Callable[[Mapping[str, Any]], bool]:
    return lambda record: (record[name] or 0) > largest


RULES: tuple[Rule, ...] = (
    Rule("", "number", PAGE, lambda r: not r["number"], gettext_noop("Enter the section number.")),
    Rule("", "course_codes", PAGE, lambda r: not codes(r["course_codes"]), gettext_noop("Enter at least one course code.")),
    Rule("", "local_section_id", PAGE, lambda r: not r["local_section_id"], gettext_noop("Enter the local section ID.")),
    Rule("", "schedule", PAGE, lambda r: not r["schedule"], gettext_noop("Choose the delivery schedule.")),
    Rule("", "language", PAGE, lambda r: not r["language"], gettext_noop("Choose the language of instruction.")),
    *(
        Rule("", name, PAGE, _over(name, largest), gettext_noop("This number is too large."))
        for name, largest in LARGEST.items()
    ),
    Rule(
        "40104",
        "number",
        "Rule 40104",
        lambda r: r["twin"],
        gettext_noop("The course already has a section with this number in the term."),
    ),
    Rule(
        "40104",
        "local_section_id",
        "Rule 40104",
        lambda r: r["same_in_pasi"],
        gettext_noop("PASI could not tell this section from another one at the school. Change the local section ID or the description."),
    ),
    Rule(
        "40108",
        "end_date",
        "Rule 40108",
        lambda r: r["end_date"] <= r["start_date"],
        gettext_noop("The last day of a section must be after its first day."),
    ),
    Rule(
        "40113",
        "start_date",
        "Rules 40113 and 40114",
        lambda r: r["start_date"] < r["school_year"].calendar_years[0],
        gettext_noop("The section starts before its school year."),
    ),
    Rule(
        "40114",
        "end_date",
        "Rules 40113 and 40114",
        lambda r: r["end_date"] > r["school_year"].calendar_years[1],
        gettext_noop("The section ends after its school year."),
    ),
    Rule(
        "40125",
        "deleted",
        "Submit Section",
        lambda r: r["deleted"] and r["live_course_enrolments"],
        gettext_noop("This section has students, so it cannot be deleted."),
    ),
    Rule(
        "",
        "course_codes",
        PAGE,
        lambda r: r["course_left"] and r["live_course_enrolments"],
        gettext_noop("This section has students in its main course, so that course cannot be removed."),
    ),
)  # fmt: skip


def faults(record: Mapping[str, Any]) -> list[Rule]:
    """Every broken rule. `record` holds the section's fields, school_year, and as yes or no `twin` (another live section of this
    number), `same_in_pasi` (another live one that is the same in everything of UNIQUE), `live_course_enrolments`, and
    `course_left` (the course that it is known by is none of its courses any more)."""
    return [rule for rule in RULES if rule.broken(record)]


def schedule_of(is_summer: bool) -> str:
    """Summer terms must use the summer schedule, all others must not (SCM8 and SCM9 of the course marks validations)."""
    return SUMMER if is_summer else REGULAR


def description_of(code: str, number: str, name: str) -> str:
    """ "MAT3791.1 - Mathematics 30-1": how other systems describe a section to PASI."""
    return " ".join(f"{code}.{number} - {name}".split())[:MOST_DESCRIPTION].rstrip()


# What a section here can hold, whatever the source.
NO_DAY = {
    "start_date": gettext_noop("A section here must have a first day."),
    "end_date": gettext_noop("A section here must have a last day."),
}
REVERSED = gettext_noop(
    "The last day %(end_date)s is not after the first day %(start_date)s, so they cannot be stored together here."
)
TOO_LONG = gettext_noop("It has %(length)s characters; a section here can store %(most)s.")
NO_NUMBER = gettext_noop("%(value)s cannot be stored here.")
TWIN = gettext_noop("The course already has a section with this number in the term.")


def unholdable(record: Mapping[str, Any], most: Mapping[str, int]) -> list[tuple[str, str, dict[str, Any]]]:
    """(field, message, its values) of all that cannot be held, from PASI too; `most` are the lengths of the text fields."""
    problems: list[tuple[str, str, dict[str, Any]]] = [
        (name, message, {}) for name, message in NO_DAY.items() if not isinstance(record[name], dt.date)
    ]
    if not problems and record["end_date"] <= record["start_date"]:
        problems.append(("end_date", REVERSED, {name: record[name] for name in NO_DAY}))
    for name, largest in LARGEST.items():
        value = record[name]
        if (value is None and name == "credits_offered") or (value is not None and not 0 <= value <= largest):
            problems.append((name, NO_NUMBER, {"value": value}))
    for name, length in most.items():
        if len(record[name]) > length:
            problems.append((name, TOO_LONG, {"length": len(record[name]), "most": length}))
    return problems


def nearest(record: Mapping[str, Any], most: Mapping[str, int]) -> dict[str, Any]:
    """The record as a section here can hold it; days that it cannot become its term's. For a section deleted here."""
    held = {name: value[: most[name]] if name in most else value for name, value in record.items()}
    start, end = held.get("start_date"), held.get("end_date")
    if not isinstance(start, dt.date) or not isinstance(end, dt.date) or end <= start:
        held = {name: value for name, value in held.items() if name not in NO_DAY}
    for name, largest in LARGEST.items():
        value = held.get(name)
        if value is None or not 0 <= value <= largest:
            held[name] = 0 if name == "credits_offered" else None
    return held
