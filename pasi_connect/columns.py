"""What the tables and pages of the SIS show of PASI: the state of each enrolment, and the ways to edit one."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from operations import offers
from pasi_connect import selectors
from pasi_connect.models.submission import Status
from pasi_connect.services.context import Context
from pasi_connect.states import states_of
from sis.models import School, SchoolEnrolment, Student


def state_column(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel:
    context = {"title": _("PASI"), "states": states_of(enrolments)}
    return offers.Panel(10, "pasi_connect/cells/state.html", context)


def edit_action(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel | None:
    if not request.user.has_perm("operations.edit_records"):
        return None
    return offers.Panel(10, "pasi_connect/cells/edit.html")


def live_action(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel | None:
    """Records of years of which PASI tells no news have a page on which its record is read."""
    context = Context()
    historical = {one.pk for one in enrolments if context.is_historical(one.school_year)}
    return offers.Panel(20, "pasi_connect/cells/live.html", {"historical": historical}) if historical else None


def enrol_action(request: HttpRequest, student: Student) -> offers.Panel | None:
    if not request.user.has_perm("operations.edit_records"):
        return None
    return offers.Panel(10, "pasi_connect/cells/enrol.html", {"student": student})


def held_for_school(request: HttpRequest, asked: tuple[School, str, str]) -> offers.Panel | None:
    """What switching enrolment synchronisation of a school sends, or keeps."""
    school, name, value = asked
    if name != "enrolment_sync":
        return None
    mine: Any = selectors.submissions(request.user).filter(school_code=school.code)  # type: ignore[arg-type]
    waiting = mine.filter(status=Status.WAITING).count()
    held = mine.filter(status=Status.HELD, reason="school_inactive").count()
    return offers.Panel(
        10,
        "pasi_connect/effects/school_state.html",
        {"activating": value == "active", "held": held, "waiting": waiting},
    )


offers.panel_makers["sis.enrolment-state"].append(state_column)
offers.panel_makers["sis.enrolment-actions"].append(edit_action)
offers.panel_makers["sis.enrolment-actions"].append(live_action)
offers.panel_makers["sis.student-actions"].append(enrol_action)
offers.panel_makers["sis.school-state"].append(held_for_school)
