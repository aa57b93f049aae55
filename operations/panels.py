"""The entries of `operations` in the navigation, and its notices in words."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from operations import bodies, offers, rights, selectors, unusual
from operations.actor import user_of
from operations.services import accounts, invitations, jobs, keeping, measures, people
from operations.silence import KIND
from operations.views import silence


def navigation(request: HttpRequest) -> list[offers.NavItem]:
    path, items = request.path, []
    if rights.can(request.user, "view", "job"):
        items.append(_jobs(request))
    if rights.can(request.user, "manage", "user"):
        people, roles = reverse("operations:people"), reverse("operations:roles")
        items.append(offers.NavItem(_("District"), 140, _("People"), people, "people", current=path.startswith(people)))
        items.append(offers.NavItem(_("District"), 150, _("Roles"), roles, "shield", current=path == roles))
    if rights.can(request.user, "view", "error"):
        errors = reverse("operations:errors")
        items.append(offers.NavItem(_("District"), 160, _("Errors"), errors, "warn", current=path == errors))
    words = reverse("operations:words")
    items.append(offers.NavItem(_("Help"), 210, _("Guide and glossary"), words, "help", current=path == words))
    return items


def _jobs(request: HttpRequest) -> offers.NavItem:
    """With the number of those that wait for this person's approval."""
    user, url = user_of(request), reverse("operations:jobs")
    waiting = selectors.to_approve(user).count() if rights.can(user, "approve", "job") else 0
    current = request.path.startswith(url)
    return offers.NavItem(
        _("My work"), 40, _("Jobs"), url, "queue", count=waiting, attention=waiting > 0, current=current
    )


def token_made(values: dict[str, Any]) -> str:
    return (
        _(
            "%(who)s made the API token “%(token)s” in your name. If you did not ask for it, revoke it and set a new "
            "password."
        )
        % values
    )


def token_revoked(values: dict[str, Any]) -> str:
    return _("%(who)s revoked your API token “%(token)s”.") % values


def password_set(_values: dict[str, Any]) -> str:
    return _("Your password was set with a link. If that was not you, tell your administrator right away.")


def password_changed(_values: dict[str, Any]) -> str:
    return _("Your password was changed in your profile. If that was not you, tell your administrator right away.")


def account_changed(values: dict[str, Any]) -> str:
    return _("%(who)s changed your user name or your e-mail address. See “Your profile”.") % values


def token_ends(values: dict[str, Any]) -> str:
    return (
        _("The API token “%(token)s” of %(owner)s ends on %(day)s. Make a new one before programs stop working.")
        % values
    )


offers.measures += [measures.signs_of_life, measures.jobs]
offers.navigation.append(navigation)
offers.frame_makers.append(silence.banner)
offers.notices[KIND] = silence.notice
offers.notices[unusual.KIND] = unusual.sentence
offers.notices[accounts.PASSWORD_CHANGED] = password_changed
offers.notices[accounts.ACCOUNT_CHANGED] = account_changed
offers.notices[people.TOKEN_ENDS] = token_ends
offers.notices[people.TOKEN_MADE] = token_made
offers.notices[people.TOKEN_REVOKED] = token_revoked
offers.notices[invitations.PASSWORD_SET] = password_set
offers.chores["jobs"] = jobs.sweep
offers.chores["uploads"] = bodies.sweep
offers.chores["retention"] = keeping.sweep
offers.chores["unusual"] = unusual.sweep
offers.retention.update(keeping.OWN)
offers.errands["jobs"] = jobs.ERRAND
