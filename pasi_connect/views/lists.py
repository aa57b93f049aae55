"""What every list page shares: filters from the address, chips that take them out again, keyset pages."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django_filters import FilterSet

from operations import keyset
from operations.models import User
from pasi_connect.services.context import Context
from sis import selectors as sis_selectors

SIZE = 25
MARKS = ("after", "before")


def decides(user: User) -> bool:
    """May decide on changes from PASI."""
    return user.has_perm("operations.core_alerts")


def sends(user: User) -> bool:
    """May send again, cancel, or take PASI's values."""
    return user.has_perm("operations.synchronization") or decides(user)


def require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def address(request: HttpRequest, **changes: Any) -> str:
    """This page's query with some parameters changed; None takes one out. Page marks go with every change."""
    params = request.GET.copy()
    for name in (*MARKS, *changes):
        params.pop(name, None)
    for name, value in changes.items():
        if value is not None:
            params[name] = str(value)
    return f"?{params.urlencode()}"


def with_default(params: QueryDict, name: str, value: str, unless: tuple[str, ...]) -> QueryDict:
    """The parameters, with `value` for `name` when neither it nor one of `unless` is given."""
    if any(params.get(each) for each in (name, *unless)):
        return params
    params = params.copy()
    params[name] = value
    return params


def rows(filterset: FilterSet) -> QuerySet[Any]:
    """The filtered rows; none where a filter is malformed, since everything would be a wrong answer."""
    return filterset.qs if filterset.is_valid() else filterset.queryset.none()


def page(request: HttpRequest, queryset: QuerySet[Any], newest_first: bool) -> keyset.Page:
    try:
        return keyset.page(queryset, request.GET, SIZE, newest_first)
    except ValidationError:
        raise Http404 from None


def chips(request: HttpRequest, filterset: FilterSet, besides: tuple[str, ...]) -> list[dict[str, str]]:
    """The filters that hold, apart from those that the tabs stand for."""
    found = []
    for name, one in filterset.form.fields.items():
        raw = request.GET.get(name, "").strip()
        if not raw or name in besides:
            continue
        choices = {str(value): label for value, label in getattr(one, "choices", [])}
        found.append({"text": f"{one.label}: {choices.get(raw, raw)}", "url": address(request, **{name: None})})
    return found


def pager(request: HttpRequest, made: keyset.Page, total: int, newest_first: bool) -> dict[str, str]:
    """Sentence and addresses for components/pager.html."""
    words = {"number": len(made.rows), "total": keyset.upto(total)}
    shown = (
        _("%(number)s shown of %(total)s, newest first")
        if newest_first
        else _("%(number)s shown of %(total)s, oldest first")
    )
    return {
        "shown": shown % words,
        "earlier": address(request, **dict([made.previous])) if made.previous else "",
        "next": address(request, **dict([made.next])) if made.next else "",
    }


def school_choices(user: User) -> list[tuple[str, str]]:
    """For a filter; empty for a person of one school, who needs none."""
    found = [(school.code, f"{school.name} ({school.code})") for school in sis_selectors.schools(user)]
    return found if len(found) > 1 else []


def choose_school(filterset: FilterSet, schools: list[tuple[str, str]]) -> None:
    """Makes the school filter a pick list of the person's schools, or takes it off the page."""
    field = filterset.form.fields.get("school")
    if field is None:
        return
    if not schools:
        field.widget = forms.HiddenInput()
        return
    field.widget = forms.Select(choices=[("", _("Any")), *schools])


def choose_year(filterset: FilterSet) -> None:
    """Makes the school-year filter a pick list of the years that take part, and of the one that was asked for."""
    years = {str(year) for year in Context().years}
    asked = str(filterset.data.get("school_year", "")).strip()
    choices = sorted(years | ({asked} if asked else set()), reverse=True)
    filterset.form.fields["school_year"].widget = forms.Select(
        choices=[("", _("Any")), *((one, one) for one in choices)]
    )
