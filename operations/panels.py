"""The entries of `operations` in the navigation."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers
from operations.services import jobs


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    path, items = request.path, []
    if request.user.has_perm("operations.people"):
        people, roles = reverse("operations:people"), reverse("operations:roles")
        items.append(offers.NavItem(_("District"), 140, _("People"), people, "people", current=path.startswith(people)))
        items.append(offers.NavItem(_("District"), 150, _("Roles"), roles, "shield", current=path == roles))
    words = reverse("operations:words")
    items.append(offers.NavItem(_("Help"), 210, _("Guide and words"), words, "help", current=path == words))
    return items


offers.navigation.append(navigation)
offers.chores["jobs"] = jobs.sweep
