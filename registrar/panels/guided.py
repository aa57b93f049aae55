"""Where people find the guided actions: the menu of an enrolment, what is planned, notices, the page of a change."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import offers, rights
from operations.actor import user_of
from pasi_connect import selectors
from pasi_connect.models import Action, Discrepancy
from pasi_connect.services.decisions import notices
from pasi_connect.views import actions
from registrar.services.actions import schedule, undo
from registrar.views.guided import deeds, entry
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment, Student
from sis.rules.enrolment import WITHDRAWAL
from sis.services.events import SCHOOL_ENROLMENT

Kind = Action.Kind


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    if not rights.can(request.user, "act", "school_enrolment"):
        return []
    url = reverse("registrar:planned")
    return [offers.NavItem(_("My work"), 45, _("Planned actions"), url, "calendar", current=request.path == url)]


def menu_cell(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel | None:
    if not rights.can(request.user, "act", "school_enrolment"):
        return None
    menus = deeds.menus(enrolments)
    links = {one.pk: deeds.links(one, menus[one.pk]) for one in enrolments}
    return offers.Panel(5, "registrar/cells/menu.html", {"menus": links})


def enrol_action(request: HttpRequest, student: Student) -> offers.Panel | None:
    if not rights.can(request.user, "act", "school_enrolment"):
        return None
    return offers.Panel(10, "registrar/cells/enrol.html", {"student": student})


def withdraw_action(request: HttpRequest, student: Student) -> offers.Panel | None:
    """The most frequent action, at the top of the student's page: ending the current main stay."""
    user = user_of(request)
    if not rights.can(user, "act", "school_enrolment"):
        return None
    own = sis_selectors.enrolments(user).filter(student=student, deleted=False, concurrent=False)
    stay = (
        own.filter(school_year=sis_selectors.current_year())
        .exclude(exit_date_type=WITHDRAWAL)
        .order_by("-start_date")
        .first()
    )
    if stay is None or not any(entry.name == "withdraw" and not why for entry, why in deeds.menus([stay])[stay.pk]):
        return None
    context = {"url": deeds.address("withdraw", stay), "school": stay.school.name}
    return offers.Panel(5, "registrar/cells/withdraw.html", context)


def planned_of_student(request: HttpRequest, student: Student) -> offers.Panel | None:
    """What is planned for the student, or could not be done on its day."""
    mine = SchoolEnrolment.objects.filter(student=student).values("pk")
    planned = (
        selectors.actions(user_of(request))
        .filter(
            status__in=(Action.Status.PLANNED, Action.Status.STOPPED),
            records__entity=SCHOOL_ENROLMENT,
            records__subject_id__in=mine,
        )
        .distinct()
    )
    sight = selectors.Sight(user_of(request))
    rows = [{"action": one, "why": one.detail if sight.words(one) else ""} for one in planned]
    return offers.Panel(5, "registrar/guided/planned_notice.html", {"rows": rows}) if rows else None


def courses_to_end(request: HttpRequest, item: Discrepancy) -> offers.Panel | None:
    """On the page of a change: a withdrawal from PASI was accepted, and courses here are still open."""
    stay = item.school_enrolment
    if stay is None or stay.deleted or stay.exit_date_type != WITHDRAWAL:
        return None
    if not rights.can(request.user, "act", "school_enrolment") or not sis_selectors.with_courses_left([stay.pk]):
        return None
    return offers.Panel(5, "registrar/guided/courses_notice.html", {"enrolment": stay})


def stopped(values: dict[str, Any]) -> str:
    """A planned action could not be done on its day."""
    text = _(
        "“%(action)s”, planned by %(who)s, could not be completed on its day. Nothing was changed; see the "
        "action for the reason."
    )
    return text % {"who": values.get("who", ""), "action": _label(values)}


def _label(values: dict[str, Any]) -> str:
    kind = values.get("kind", "")
    return str(Kind(kind).label) if kind in Kind.values else str(kind)


for kind in undo.GUIDED:
    actions.PAGES[kind] = actions.Pages(entry.Entry.as_view(), entry.Undo.as_view())
offers.navigation.append(navigation)
notices.WORDS[Kind.TRANSFER_OUT] = gettext_lazy(
    "%(who)s transferred a student out of school %(school)s. The student stays with you in a new enrolment, and your "
    "school is now the main school. Check that all courses continue."
)
for kind in (Kind.ENROL, Kind.RETURN):
    notices.WORDS[kind] = gettext_lazy("%(who)s of school %(school)s enrolled a student at your school.")
offers.chores["planned actions"] = schedule.carry_out_due
offers.deeds[SCHOOL_ENROLMENT] = offers.Deeds(deeds.of, deeds.address)
offers.notices[schedule.STOPPED] = stopped
offers.panel_makers["sis.enrolment-actions"].append(menu_cell)
offers.panel_makers["sis.student-actions"].append(enrol_action)
offers.panel_makers["sis.student-actions"].append(withdraw_action)
offers.panel_makers["sis.student"].append(planned_of_student)
offers.panel_makers["pasi_connect.change"].append(courses_to_end)
offers.unfinished["pasi_connect.change"].append(lambda request, item: courses_to_end(request, item) is not None)
