"""What the SIS tables and pages show of PASI: the state of each enrolment, and the ways to edit one."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import offers, rights
from operations.actor import user_of
from pasi_connect import filters, selectors
from pasi_connect.entities import SCHOOL_ENROLMENT, by_kind, written
from pasi_connect.models.submission import Status
from pasi_connect.services import pick_lists, states, words
from pasi_connect.services.compare.context import Context
from sis.models import School, SchoolEnrolment


def state_column(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel:
    context = {"name": "state", "title": _("PASI"), "states": states.states_of(enrolments)}
    return offers.Panel(10, "pasi_connect/cells/state.html", context)


def state_texts(records: Sequence[Any]) -> dict[int, str]:
    return {pk: str(words.RECORD[state.state]["label"]) for pk, state in states.states_of(records).items()}


def edit_action(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel | None:
    if not rights.can(request.user, "edit", "school_enrolment"):
        return None
    return offers.Panel(10, "pasi_connect/cells/edit.html")


def live_action(request: HttpRequest, enrolments: list[SchoolEnrolment]) -> offers.Panel | None:
    """Records of years whose changes PASI does not announce have a page on which its record is read."""
    context = Context()
    historical = {one.pk for one in enrolments if context.is_historical(one.school_year)}
    return offers.Panel(20, "pasi_connect/cells/live.html", {"historical": historical}) if historical else None


def held_for_school(request: HttpRequest, switch: tuple[School, str, str]) -> offers.Panel | None:
    """What changing one of a school's states sends or holds."""
    school, name, value = switch
    kinds = [entity.kind for entity in written() if entity.sis and entity.sis.switch == name]
    mine: Any = selectors.submissions(user_of(request)).filter(school_code=school.code, entity__in=kinds)
    waiting = mine.filter(status=Status.WAITING).count()
    held = mine.filter(status=Status.HELD, reason__in=("school_inactive", "course_marks_inactive")).count()
    return offers.Panel(
        10,
        "pasi_connect/effects/school_state.html",
        {"activating": value == "active", "held": held, "waiting": waiting},
    )


def _word(name: str, code: str) -> str:
    """What people call a code of an enrolment; "" for a field that holds none."""
    return pick_lists.word(SCHOOL_ENROLMENT, name, code) if name in SCHOOL_ENROLMENT.coded else ""


offers.panel_makers["sis.enrolment-state"].append(state_column)
offers.code_words.append(_word)
offers.code_lists.append(lambda kind, year: pick_lists.of_year(by_kind(kind), year))
for page in ("sis.enrolments", "sis.sections"):
    offers.file_columns[page].append(offers.FileColumn(gettext_lazy("State in PASI"), state_texts))
offers.list_columns["sis.students"].append(("state", gettext_lazy("PASI")))
offers.list_filters["sis.enrolments"].append(filters.state_in_pasi)
offers.panel_makers["sis.enrolment-actions"].append(edit_action)
offers.panel_makers["sis.enrolment-actions"].append(live_action)
offers.panel_makers["sis.school-state"].append(held_for_school)
