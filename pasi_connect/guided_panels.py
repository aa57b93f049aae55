"""Where people find the guided actions: the menu of an enrolment, what is planned, notices, the page of a change."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import clock, offers
from pasi_connect import selectors
from pasi_connect.models import Action, Discrepancy
from pasi_connect.rules import guided_menu
from pasi_connect.rules.guided_menu import Entry, Facts
from pasi_connect.services.actions import planned, plans
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment, Student
from sis.rules.enrolment import WITHDRAWAL
from sis.services.events import SCHOOL_ENROLMENT

Menu = list[tuple[Entry, str]]
Kind = Action.Kind


def menus(enrolments: Iterable[SchoolEnrolment]) -> dict[int, Menu]:
    """The actions that fit each enrolment, by its id. Two queries however many there are."""
    rows = list(enrolments)
    ended = [one.pk for one in rows if one.exit_date_type == WITHDRAWAL and not one.deleted]
    left = sis_selectors.with_courses_left(ended) if ended else set()
    sides = set(
        SchoolEnrolment.objects.filter(
            student__in={one.student_id for one in rows}, concurrent=True, deleted=False
        )
        .exclude(exit_date_type=WITHDRAWAL)
        .values_list("student_id", "school_year", "school_id")
    )
    today = clock.today()
    return {
        one.pk: guided_menu.of(
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


def links(enrolment: SchoolEnrolment, menu: Menu) -> list[dict[str, Any]]:
    """{label, text, icon, url, why} of each; `why` says why it cannot be done now, and is "" otherwise."""
    return [
        {
            "label": _(entry.label),
            "text": _(entry.text),
            "icon": entry.icon,
            "url": address(entry.name, enrolment),
            "why": _(why) if why else "",
        }
        for entry, why in menu
    ]


def address(name: str, enrolment: SchoolEnrolment) -> str:
    if name in ("return", "concurrent"):
        parameter = "after" if name == "return" else "concurrent"
        return f"{reverse('pasi_connect:action-enrol', args=[enrolment.student_id])}?{parameter}={enrolment.pk}"
    return reverse(f"pasi_connect:action-{name}", args=[enrolment.pk])


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    if not request.user.has_perm("operations.edit_records"):
        return []
    url = reverse("pasi_connect:planned")
    return [offers.NavItem(_("My work"), 45, _("Planned actions"), url, "calendar", current=request.path == url)]


def menu_cell(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel | None:
    if not request.user.has_perm("operations.edit_records"):
        return None
    found = menus(enrolments)
    shown = {one.pk: links(one, found[one.pk]) for one in enrolments}
    return offers.Panel(5, "pasi_connect/cells/menu.html", {"menus": shown})


def planned_of_student(request: HttpRequest, student: Student) -> offers.Panel | None:
    """What is planned for the student, or could not be done on its day."""
    mine = SchoolEnrolment.objects.filter(student=student).values("pk")
    found = (
        selectors.actions(request.user)  # type: ignore[arg-type]
        .filter(
            status__in=(Action.Status.PLANNED, Action.Status.STOPPED),
            records__subject_type=SCHOOL_ENROLMENT,
            records__subject_id__in=mine,
        )
        .distinct()
    )
    rows = list(found)
    return offers.Panel(5, "pasi_connect/guided/planned_notice.html", {"actions": rows}) if rows else None


def courses_to_end(request: HttpRequest, item: Discrepancy) -> offers.Panel | None:
    """On the page of a change: a withdrawal that came from PASI was accepted, and courses here go on."""
    stay = item.enrolment
    if stay is None or stay.deleted or stay.exit_date_type != WITHDRAWAL:
        return None
    if not request.user.has_perm("operations.edit_records") or not sis_selectors.with_courses_left([stay.pk]):
        return None
    return offers.Panel(5, "pasi_connect/guided/courses_notice.html", {"enrolment": stay})


def told(given: dict[str, Any]) -> str:
    """To a school at which an action of another school has written."""
    values = {"who": given.get("who", ""), "school": given.get("school", ""), "action": _label(given)}
    if given.get("kind") == Kind.TRANSFER_OUT:
        text = _(
            "%(who)s transferred a student out of school %(school)s. The student stays with you: your school is the main "
            "school now, in a new enrolment. Look whether all courses go on."
        )
    elif given.get("kind") in (Kind.ENROL, Kind.RETURN):
        text = _("%(who)s of school %(school)s enrolled a student at your school.")
    else:
        text = _("“%(action)s”, done by %(who)s at school %(school)s, changed a record of your school.")
    return text % values


def stopped(given: dict[str, Any]) -> str:
    """A planned action could not be done on its day."""
    text = _("“%(action)s”, planned by %(who)s, could not be done on its day. Nothing was changed; its page says why.")
    return text % {"who": given.get("who", ""), "action": _label(given)}


def _label(given: dict[str, Any]) -> str:
    kind = given.get("kind", "")
    return str(Kind(kind).label) if kind in Kind.values else str(kind)


offers.navigation.append(navigation)
offers.notices[plans.NOTICE] = told
offers.notices[planned.STOPPED] = stopped
offers.panel_makers["sis.enrolment-actions"].append(menu_cell)
offers.panel_makers["sis.student"].append(planned_of_student)
offers.panel_makers["pasi_connect.change"].append(courses_to_end)
