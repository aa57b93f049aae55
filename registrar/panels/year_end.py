"""What the year end offers to the pages around it: its entries in the navigation, its reasons on the help page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers, rights
from registrar.rules import year_end as rules


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    year_end, exit_codes = reverse("registrar:year-end"), reverse("registrar:exit-codes")
    items = []
    if rights.can(request.user, "run", "exit_code"):
        current = request.path == exit_codes
        items.append(offers.NavItem(_("Synchronization"), 105, _("Exit codes"), exit_codes, "exit", current=current))
    if rights.can(request.user, "run", "year_end"):
        current = request.path.startswith(year_end)
        items.append(offers.NavItem(_("District"), 125, _("Year end"), year_end, "year", current=current))
    return items


def reasons(request: HttpRequest, subject: Any) -> offers.Panel:
    """Why the year end leaves a concurrent enrolment: the table that the rehearsal reads."""
    rows = [{"message": _(reason.message), "next_step": _(reason.next_step)} for reason in rules.REASONS]
    return offers.Panel(15, "registrar/year_end_words.html", {"reasons": rows})


offers.navigation.append(navigation)
offers.panel_makers["operations.words"].append(reasons)
