"""What a section must fulfil before it is saved here. Pure."""

from collections.abc import Mapping
from typing import Any

from operations.rules.words import gettext_noop
from sis.rules.course_enrolment import Rule

RULES: tuple[Rule, ...] = (
    Rule("", "number", "Section", lambda r: not r["number"], gettext_noop("Enter the section number.")),
    Rule(
        "40104",
        "number",
        "Rule 40104",
        lambda r: r["twin"],
        gettext_noop("The course already has a section with this number in the term."),
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
)


def faults(record: Mapping[str, Any]) -> list[Rule]:
    """Every broken rule. `record` holds number, start_date, end_date, deleted, school_year, and as yes or no `twin` (another
    live section of this number) and `live_course_enrolments`."""
    return [rule for rule in RULES if rule.broken(record)]
