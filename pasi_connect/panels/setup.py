"""The set-up's entries in the navigation."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers, rights


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    if not rights.can(request.user, "set_up", "connection"):
        return []
    guide = reverse("pasi_connect:setup")
    current = request.path.startswith(guide)
    return [offers.NavItem(_("District"), 130, _("Setup and settings"), guide, "steps", current=current)]


offers.navigation.append(navigation)
