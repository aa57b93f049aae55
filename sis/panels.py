"""What the SIS offers to the frame and to the pages of `operations`."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers
from operations.models import User
from sis import student_panels  # noqa: F401 - registers what it offers
from sis.forms import AccessForm
from sis.models import School, SchoolAccess
from sis.selectors import sees_all


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    user, path = request.user, request.path
    items = []
    if user.has_perm("operations.find") or sees_all(user):  # type: ignore[arg-type]
        url = reverse("sis:student-list")
        items.append(offers.NavItem(_("My work"), 40, _("Students"), url, "people", current=path.startswith(url)))
    url = reverse("sis:school-list")
    items.append(offers.NavItem(_("My work"), 50, _("Schools"), url, "school", current=path.startswith(url)))
    return items


def schools_of_person(request: HttpRequest, person: Any) -> offers.Panel | None:
    if not isinstance(person, User):
        return None
    chosen = SchoolAccess.objects.filter(user=person).values_list("school_id", flat=True)
    form = AccessForm(initial={"schools": list(chosen)}, schools=School.objects.all())
    return offers.Panel(20, "sis/access.html", {"form": form, "person": person, "sees_all": sees_all(person)})


offers.navigation.append(navigation)
offers.panel_makers["operations.person"].append(schools_of_person)
