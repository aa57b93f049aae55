"""The set-up's entries in the navigation."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    if not any(request.user.has_perm(name) for name in ("operations.setup", "operations.certificates")):
        return []
    guide = reverse("pasi_connect:setup")
    current = request.path.startswith(guide)
    return [offers.NavItem(_("District"), 130, _("Setup and settings"), guide, "steps", current=current)]


offers.navigation.append(navigation)
