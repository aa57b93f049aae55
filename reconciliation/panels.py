"""What the reconciliation offers to the pages around it: its entry in the navigation, and how long runs are kept."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
offers.stored_bytes.append(keeping.stored_by)
offers.retention["reconciliations"] = offers.Retention(
    gettext_lazy("Reconciliations"), keeping.remove, days=keeping.keep_days
)
