"""The entries of the year end and of exit codes in the navigation."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    year_end, exit_codes = reverse("pasi_connect:year-end"), reverse("pasi_connect:exit-codes")
    items = []
    if request.user.has_perm("operations.edit_records"):
        current = request.path == exit_codes
        items.append(offers.NavItem(_("Synchronisation"), 105, _("Exit codes"), exit_codes, "exit", current=current))
    if request.user.has_perm("operations.year_end"):
        current = request.path.startswith(year_end)
        items.append(offers.NavItem(_("District"), 125, _("Year end"), year_end, "year", current=current))
    return items


offers.navigation.append(navigation)
