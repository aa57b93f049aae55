"""The entries of `operations` in the navigation."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import offers, selectors
from operations.services import jobs


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    path, items = request.path, [_jobs(request)]
    if request.user.has_perm("operations.people"):
        people, roles = reverse("operations:people"), reverse("operations:roles")
        items.append(offers.NavItem(_("District"), 140, _("People"), people, "people", current=path.startswith(people)))
        items.append(offers.NavItem(_("District"), 150, _("Roles"), roles, "shield", current=path == roles))
    words = reverse("operations:words")
    items.append(offers.NavItem(_("Help"), 210, _("Guide and words"), words, "help", current=path == words))
    return items


def _jobs(request: HttpRequest) -> offers.NavItem:
    """With the number of those that wait for this person's approval."""
    user, url = request.user, reverse("operations:jobs")
    waiting = selectors.to_approve(user).count() if user.has_perm("operations.approve") else 0  # type: ignore[arg-type]
    current = request.path.startswith(url)
    return offers.NavItem(_("My work"), 40, _("Jobs"), url, "queue", count=waiting, attention=waiting > 0, current=current)


offers.navigation.append(navigation)
offers.chores["jobs"] = jobs.sweep
