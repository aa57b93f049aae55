"""What the SIS offers to the frame and to the pages of `operations`."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers, rights
from operations.actor import user_of
from operations.models import User
from sis import selectors
from sis.forms.schools import AccessForm
from sis.models import SchoolAccess
from sis.selectors import school_codes, sees_all
from sis.services import stays


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    path, items = request.path, []
    if rights.can(request.user, "view", "student"):
        students, schools = reverse("sis:student-list"), reverse("sis:school-list")
        items.append(
            offers.NavItem(_("My work"), 40, _("Students"), students, "people", current=path.startswith(students))
        )
        items.append(
            offers.NavItem(_("My work"), 50, _("Schools"), schools, "school", current=path.startswith(schools))
        )
    if rights.can(request.user, "view", "access"):
        url = reverse("sis:reads")
        items.append(offers.NavItem(_("District"), 160, _("Access"), url, "eye", current=path.startswith(url)))
    return items


def schools_of_person(request: HttpRequest, person: Any) -> offers.Panel | None:
    if not isinstance(person, User):
        return None
    chosen = SchoolAccess.objects.filter(user=person).values_list("school_id", flat=True)
    form = AccessForm(initial={"schools": list(chosen)}, schools=selectors.schools(user_of(request)))
    return offers.Panel(20, "sis/access.html", {"form": form, "person": person, "sees_all": sees_all(person)})


def second_main_stay(values: dict[str, Any]) -> str:
    """To the school of a student's main enrolment, when a record of another of our schools becomes a second one."""
    text = _(
        "A student whose main enrolment is at your school now has a second main enrolment at school %(school)s, "
        "entered by %(who)s. Agree on which of the two is the main one: mark the other as concurrent, or withdraw "
        "the student."
    )
    return text % {"who": values.get("who", ""), "school": values.get("school", "")}


offers.notices[stays.SECOND_MAIN] = second_main_stay
offers.navigation.append(navigation)
offers.school_codes.append(school_codes)
offers.panel_makers["operations.person"].append(schools_of_person)
offers.token_schools.append(lambda person: list(selectors.schools(person).order_by("code").values_list("code", "name")))
