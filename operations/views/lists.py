"""What every list page shares: filters from the address, chips that take them out again, keyset pages."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django_filters import FilterSet

from operations import keyset, wording

SIZE = 25


MARKS = ("after", "before")


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


def place(request: HttpRequest, filters: type[FilterSet]) -> str:
    """Filter, order and page of a list, for behind the address of one of its rows and back: "?status=…", or ""."""
    kept = QueryDict(mutable=True)
    names = (*filters.base_filters, "order", *MARKS)
    kept.update({name: str(request.GET[name]) for name in names if request.GET.get(name)})
    return f"?{kept.urlencode()}" if kept else ""


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


def chips(
    request: HttpRequest, filterset: FilterSet, besides: tuple[str, ...], told: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """The filters that hold, apart from those that the tabs stand for. `told`: words for those whose values are none."""
    found = []
    for name, one in filterset.form.fields.items():
        raw = request.GET.get(name, "").strip()
        if not raw or name in besides:
            continue
        choices = {str(value): label for value, label in getattr(one, "choices", [])}
        text = (told or {}).get(name) or wording.pair(one.label, choices.get(raw, raw))
        found.append({"text": text, "url": address(request, **{name: None})})
    return found


def pager(request: HttpRequest, made: keyset.Page, total: int, newest_first: bool) -> dict[str, str]:
    """Sentence and addresses for components/pager.html."""
    words = {"number": len(made.rows), "total": keyset.upto(total)}
    shown = (
        _("Showing %(number)s of %(total)s, newest first")
        if newest_first
        else _("Showing %(number)s of %(total)s, oldest first")
    )
    return {
        "shown": shown % words,
        "earlier": address(request, **dict([made.previous])) if made.previous else "",
        "next": address(request, **dict([made.next])) if made.next else "",
    }
