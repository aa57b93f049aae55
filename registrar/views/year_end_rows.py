"""Schools, reasons and single enrolments as the pages of the year end show them."""

from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from operations import wording
from operations.models import JobRow, User
from registrar.models import YearEndRehearsal, YearEndRow
from registrar.rules import year_end as rules
from sis import selectors as sis_selectors
from sis.models import School, SchoolCalendar

DONE = ("deleted", "has_exit_code", "withdrawn")  # they need nothing
Grouped = list[dict[str, Any]]


def schools_of(rehearsal: YearEndRehearsal, grouped: Grouped) -> Grouped:
    """Each school with its counts and its closing date, in the order of the codes."""
    closing, dates, closed, open_still = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for row in grouped:
        code, reason = row["school_code"], row["reason"]
        (closing if not reason else closed if reason in DONE else open_still)[code] += row["count"]
        dates[code] += row["dates"]
    codes = {*closing, *closed, *open_still}
    last = dict(
        SchoolCalendar.objects.filter(school_year=rehearsal.school_year, school__code__in=codes).values_list(
            "school__code", "last_day"
        )
    )
    return [
        {
            "school": school,
            "last_day": last.get(school.code),
            "closing": closing[school.code],
            "dates": dates[school.code],
            "closed": closed[school.code],
            "open": open_still[school.code],
            "all": closing[school.code] + closed[school.code] + open_still[school.code],
        }
        for school in School.objects.filter(code__in=codes).order_by("code")
    ]


def reasons(grouped: Grouped) -> Grouped:
    """Each reason that occurs, with its count and the next step."""
    counted = Counter[str]()
    for row in grouped:
        counted[row["reason"]] += row["count"]
    return [
        {
            "code": reason.code,
            "message": _(reason.message),
            "next_step": _(reason.next_step),
            "count": counted[reason.code],
            "done": reason.code in DONE,
        }
        for reason in rules.REASONS
        if counted[reason.code]
    ]


def legend(grouped: Grouped) -> dict[str, Any]:
    """The parts of the bar over all of them, and the same in words."""
    closing = sum(row["count"] for row in grouped if not row["reason"])
    dates = sum(row["dates"] for row in grouped)
    staying = sum(row["count"] for row in grouped if row["reason"])
    # In the order of the bar's hues: done, needs a look, PASI.
    parts = [
        (_("Closing, exit date unchanged"), closing - dates, "group=closing&dates=kept"),
        (_("Staying as they are"), staying, "group=staying"),
        (_("Closing, exit date sent"), dates, "group=closing&dates=change"),
    ]
    words = ", ".join(wording.pair(name, count) for name, count, _query in parts)
    return {
        "parts": [{"name": name, "count": count, "url": f"?{query}#list"} for name, count, query in parts],
        "words": words,
    }


def row_of(row: YearEndRow) -> dict[str, Any]:
    reason = rules.BY_CODE.get(row.reason)
    return {
        "row": row,
        "student": row.enrolment.student,
        "school": row.enrolment.school,
        "message": _(reason.message) if reason else "",
        "next_step": _(reason.next_step) if reason else "",
        "url": reverse("sis:student", args=[row.enrolment.student_id]),
    }


def job_rows(rows: list[JobRow], user: User) -> list[dict[str, Any]]:
    """What did not simply succeed, with the student. Two queries in all."""
    ids = [int(row.subject_id) for row in rows]
    enrolments = {one.pk: one for one in sis_selectors.enrolments(user).filter(pk__in=ids)}
    return [{"row": row, "enrolment": enrolments.get(int(row.subject_id))} for row in rows]
