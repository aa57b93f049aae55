"""Who may do what: every address names a verb and a family of `rules.permissions`; one that names none is closed to everybody.

A page says it with `needs`, `signed_in` or `public` above the view; the middleware asks. The API's views say the same for what
they read, and name verb and family of each write in `needs` (`operations.api.permissions`). `may` is the one answer for a
person, a service account and a token: it is `User.has_perm`, which also asks the token that came with the request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from operations import offers
from operations.models import User
from operations.rules import permissions

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Door:
    """Who may read at an address: everybody, whoever is signed in, or whoever may do `verb` with `family` (`rules.permissions`)."""

    verb: str = ""
    family: str = ""
    everybody: bool = False
    whoever_is_signed_in: bool = False

    @property
    def any_of(self) -> tuple[str, ...]:
        return to(self.verb, self.family) if self.verb else ()

    def lets_in(self, user: Any) -> bool:
        if self.everybody:
            return True
        if user is None or not user.is_authenticated:
            return False
        return self.whoever_is_signed_in or may(user, *self.any_of)


PUBLIC, SIGNED_IN = Door(everybody=True), Door(whoever_is_signed_in=True)


def may(user: Any, *any_of: str) -> bool:
    """Whether the actor of a request holds one of the permissions."""
    return any(user.has_perm(name) for name in any_of)


def to(verb: str, family: str) -> tuple[str, ...]:
    """The permissions of which one is enough, as Django names them. Raises KeyError for what is not in the table."""
    return tuple(f"operations.{name}" for name in permissions.to(verb, family))


def can(user: Any, verb: str, family: str) -> bool:
    """Whether the actor of a request may do this with some records of the family; which ones is a matter of schools."""
    return may(user, *to(verb, family))


def needs(verb: str, family: str) -> Callable[[View], View]:
    """Whoever may do this opens the view. Raises KeyError for what is not in the table."""
    to(verb, family)
    return _with(Door(verb, family))


def public(view: View) -> View:
    return _with(PUBLIC)(view)


def signed_in(view: View) -> View:
    return _with(SIGNED_IN)(view)


def _with(door: Door) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.door = door  # type: ignore[attr-defined]
        return view

    return mark


def door_of(view: Any) -> Door | None:
    """The door that a view of the URL conf declares; None where it declares none."""
    for place in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if isinstance(door := getattr(place, "door", None), Door):
            return door
    return None


def covers(user: Any, schools: frozenset[str] | None) -> bool:
    """Whether all of these schools are the person's; None stands for all of the authority."""
    for codes_of in offers.school_codes:
        codes = codes_of(user)
        if codes is not None and (schools is None or not schools.issubset(codes)):
            return False
    return True


ALL_SCHOOLS = "all_schools"
EVERY_SCHOOL = f"operations.{ALL_SCHOOLS}"


def gives_all_schools(role: Group) -> bool:
    return role.permissions.filter(content_type__app_label="operations", codename=ALL_SCHOOLS).exists()


def reach(person: User) -> frozenset[str] | None:
    """The schools that the person sees, or would see if they could sign in; None stands for all."""
    if person.is_superuser or any(map(gives_all_schools, person.groups.all())):
        return None
    schools: frozenset[str] = frozenset()
    for codes_of in offers.school_codes:
        codes = codes_of(person)
        if codes is None:
            return None
        schools |= frozenset(codes)
    return schools


def looks_after(user: User, person: User) -> bool:
    """Whether the one, who looks after people, looks after the other: whoever sees more schools is not in their hands."""
    return covers(user, reach(person))


def lost(user_id: int | None, right: offers.Right) -> str:
    """Why the person may not do this any more, in words; "" where they may, or where the product itself does it.

    Asks the database: a right may have been taken away a moment ago.
    """
    if user_id is None:
        return ""
    user = User.objects.get(pk=user_id)
    who = {"who": user.full_name}
    if not user.is_active:
        return _("%(who)s can no longer sign in.") % who
    if not may(user, *right.any_of):
        names = dict(User._meta.permissions)
        labels = [str(names[name.partition(".")[2]]).partition(":")[0] for name in right.any_of]
        return _("%(who)s no longer has the permission “%(permission)s”.") % {**who, "permission": labels[0]}
    if not covers(user, right.schools):
        return _("%(who)s no longer has access to all of the schools involved.") % who
    return ""


class ClosedMiddleware:
    """Checks the door of each page. Views of the API check their own, since the token is read there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, named: Any) -> HttpResponseBase | None:
        if hasattr(getattr(view, "cls", None), "permission_classes"):
            return None
        door = door_of(view)
        if door is not None and door.lets_in(request.user):
            if request.user.is_authenticated and request.method in ("GET", "HEAD"):
                request.user.rights_read = {}
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied
