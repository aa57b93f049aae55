"""The actions that fit an enrolment, with their addresses."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from operations import clock
from registrar.rules import menu
from registrar.rules.menu import Entry, Facts
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment
from sis.rules.enrolment import WITHDRAWAL

Menu = list[tuple[Entry, str]]


def menus(enrolments: Iterable[SchoolEnrolment]) -> dict[int, Menu]:
    """The actions that fit each enrolment, by its id. Two queries in all."""
    rows = list(enrolments)
    ended = [one.pk for one in rows if one.exit_date_type == WITHDRAWAL and not one.deleted]
    left = sis_selectors.with_courses_left(ended) if ended else set()
    sides = set(
        SchoolEnrolment.objects.filter(student__in={one.student_id for one in rows}, concurrent=True, deleted=False)
        .exclude(exit_date_type=WITHDRAWAL)
        .values_list("student_id", "school_year", "school_id")
    )
    today = clock.today()
    return {
        one.pk: menu.of(
            Facts(
                deleted=one.deleted,
                withdrawn=one.exit_date_type == WITHDRAWAL,
                concurrent=one.concurrent,
                begun=one.start_date <= today,
                courses_left=one.pk in left,
                side=any(
                    student == one.student_id and year == one.school_year and school != one.school_id
                    for student, year, school in sides
                ),
            )
        )
        for one in rows
    }


def links(enrolment: SchoolEnrolment, entries: Menu) -> list[dict[str, Any]]:
    """{label, text, icon, url, why} of each; `why` says why it cannot be done now, and is "" otherwise."""
    return [
        {
            "label": _(entry.label),
            "text": _(entry.text),
            "icon": entry.icon,
            "url": address(entry.name, enrolment),
            "why": _(why) if why else "",
        }
        for entry, why in entries
    ]


def address(name: str, enrolment: SchoolEnrolment) -> str:
    if name in ("return", "concurrent"):
        parameter = "after" if name == "return" else "concurrent"
        return f"{reverse('registrar:action-enrol', args=[enrolment.student_id])}?{parameter}={enrolment.pk}"
    return reverse(f"registrar:action-{name}", args=[enrolment.pk])


def of(enrolment: SchoolEnrolment) -> list[dict[str, Any]]:
    """The links of one enrolment."""
    return links(enrolment, menus([enrolment])[enrolment.pk])
