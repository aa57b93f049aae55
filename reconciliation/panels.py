"""What the reconciliation offers to the pages around it: its entry in the navigation, and the removal of old runs."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers
from reconciliation import selectors
from reconciliation.services import keeping


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    if not request.user.has_perm(selectors.PERMISSION):
        return []
    url = reverse("reconciliation:runs")
    current = request.path.startswith(url)
    return [offers.NavItem(_("District"), 125, _("Reconciliation"), url, "compare", current=current)]


offers.navigation.append(navigation)
offers.chores["reconciliation"] = keeping.sweep
