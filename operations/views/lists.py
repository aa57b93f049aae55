"""What every list page shares: filters from the address, chips that take them out again, keyset pages, and what the list
remembers for each person."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django_filters import FilterSet

from operations import keyset, offers, wording
from operations.actor import user_of
from operations.models import RememberedList
from operations.services import remembered

log = logging.getLogger(__name__)

SIZE = 25
MARKS = ("after", "before")
# Stands in the addresses that a person chooses in the list itself, and is gone before the page is drawn: an address from a mail, a
# tile or a colleague does not carry it, and so changes nothing that the list remembers.
MINE = "mine"


def require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def address(request: HttpRequest, **changes: Any) -> str:
    """This page's query with some parameters changed; None removes one. Any change drops the page marks."""
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


def refuse_unknown(request: HttpRequest, parameters: Iterable[str]) -> None:
    """Raises BadRequest for an unknown parameter: a misspelt filter must not answer with everything."""
    names = {*parameters, *MARKS}
    unknown = [name[:40] for name in request.GET if name not in names]
    if unknown:
        raise BadRequest(_("This list has no filter named %(names)s.") % {"names": ", ".join(unknown)})


def sound(filterset: FilterSet) -> QuerySet[Any]:
    """The filtered rows, for a file. Raises BadRequest where a filter is malformed: a file cannot show the error at the filter."""
    if not filterset.is_valid():
        wrong = ", ".join(str(filterset.form.fields[name].label) for name in filterset.errors)
        raise BadRequest(_("The address contains a filter that cannot be read: %(names)s.") % {"names": wrong})
    return filterset.qs


def rows(filterset: FilterSet) -> QuerySet[Any]:
    """The filtered rows; none where a filter is malformed, since everything would be a wrong answer."""
    return filterset.qs if filterset.is_valid() else filterset.queryset.none()


def page(request: HttpRequest, queryset: QuerySet[Any], newest_first: bool = False, size: int = SIZE) -> keyset.Page:
    try:
        return keyset.page(queryset, request.GET, size, newest_first)
    except ValidationError:
        raise Http404 from None


def chips(
    request: HttpRequest, filterset: FilterSet, besides: tuple[str, ...], labels: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """The active filters, apart from those that the tabs stand for. `labels`: texts for those whose values are not for people."""
    items = []
    for name, one in filterset.form.fields.items():
        raw = request.GET.get(name, "").strip()
        if not raw or name in besides:
            continue
        offered: Any = getattr(one, "choices", getattr(one.widget, "choices", ()))
        choices = {str(value): label for value, label in offered}
        text = (labels or {}).get(name) or wording.pair(one.label, choices.get(raw, raw))
        items.append({"text": text, "url": address(request, **{name: None, MINE: 1})})
    return items


def pager(
    request: HttpRequest, part: keyset.Page, total: int | str, newest_first: bool | None = None
) -> dict[str, str]:
    """Sentence and addresses for components/pager.html. `newest_first` None: a list whose rows are no news. `total`: as
    `keyset.counted` gives it, or in words."""
    words = {"number": len(part.rows), "total": total if isinstance(total, str) else keyset.upto(total)}
    if newest_first is None:
        sentence = _("Showing %(number)s of %(total)s")
    elif newest_first:
        sentence = _("Showing %(number)s of %(total)s, newest first")
    else:
        sentence = _("Showing %(number)s of %(total)s, oldest first")
    return {
        "shown": sentence % words,
        "earlier": address(request, **dict([part.previous])) if part.previous else "",
        "next": address(request, **dict([part.next])) if part.next else "",
    }


@dataclass(frozen=True)
class Column:
    """A column that a person can hide; the row's header is none of them. `visible`: unless the person says otherwise."""

    name: str
    label: Any
    visible: bool = True


def _nothing() -> Mapping[str, str]:
    return {}


# The filters as their list reads them, from parameters.
Filters = Callable[[QueryDict], FilterSet]


@dataclass(frozen=True)
class Listing:
    """A list that remembers how each person left it: columns, filters and order.

    `filters` are kept by name. Leave out what names one record, since a list that opens on one record is an empty one, and what
    stands for a tab. `sort`: the parameter of the order; `orders`: its values, where it is none of the filters. `defaults`: what
    the list takes for a filter that is not given; such a value is not kept, so that the list follows the school year. `besides`:
    further parameters that its addresses carry.
    """

    page: str
    url: str
    columns: tuple[Column, ...]
    filters: tuple[str, ...] = ()
    sort: str = ""
    orders: tuple[str, ...] = ()
    defaults: Callable[[], Mapping[str, str]] = _nothing
    besides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        LISTINGS[self.page] = self

    @property
    def offered(self) -> list[Column]:
        """The columns that people choose among, those of higher apps last."""
        return [*self.columns, *(Column(name, label) for name, label in offers.list_columns[self.page])]

    def turn(self, request: HttpRequest, filters: Filters | None = None) -> HttpResponseRedirect | None:
        """A redirect: for the bare address, to the list as the person left it; after a choice, to its clean address.

        Raises BadRequest for what the list does not know.
        """
        self.check(request, filters(request.GET) if filters is not None and request.GET else None)
        if MINE in request.GET:
            return self._keep(request, filters)
        if request.GET or request.method != "GET":
            return None
        kept = self._kept(request, filters)
        return HttpResponseRedirect(f"{request.path}?{kept.urlencode()}") if kept else None

    def check(self, request: HttpRequest, filterset: FilterSet | None) -> None:
        """Also for the list's file, whose address carries all that the page's does."""
        refuse_unknown(request, (*(filterset.filters if filterset else ()), MINE, self.sort, *self.besides))

    def _keep(self, request: HttpRequest, filters: Filters | None) -> HttpResponseRedirect | None:
        params, defaults = request.GET.copy(), self.defaults()
        del params[MINE]
        for name in [name for name, value in params.items() if not value and name not in defaults]:
            del params[name]  # a form sends its empty fields too
        if filters is not None and not filters(params).is_valid():
            return None  # the filter itself shows the error
        view = {name: str(params[name]) for name in self.filters if name in params}
        view = {name: value for name, value in view.items() if defaults.get(name) != value}
        try:
            with transaction.atomic():
                remembered.keep_view(user_of(request), self.page, view, str(params.get(self.sort, "")))
        except DatabaseError:
            log.warning("The view of a list could not be kept.")  # the list itself can be read all the same
        return HttpResponseRedirect(f"{request.path}?{params.urlencode()}" if params else request.path)

    def _kept(self, request: HttpRequest, filters: Filters | None) -> QueryDict:
        """What the person's row holds, where it still applies to them."""
        row, params = self._row(request), QueryDict(mutable=True)
        params.update({name: value for name, value in row.filters.items() if name in self.filters})
        if row.sort and (row.sort in self.orders or not self.orders):
            params[self.sort] = row.sort
        for codes_of in offers.school_codes:
            codes = codes_of(user_of(request))
            if codes is not None and params.get("school", "") not in ("", *codes):
                del params["school"]
        for name in filters(params).errors if filters is not None and params else ():
            params.pop(name, None)
        return params

    def _row(self, request: HttpRequest) -> RememberedList:
        """Asked once a request."""
        rows = request.__dict__.setdefault("remembered_lists", {})
        if self.page not in rows:
            rows[self.page] = remembered.of(user_of(request), self.page)
        return rows[self.page]

    def clear(self, request: HttpRequest, filterset: FilterSet, besides: tuple[str, ...] = ()) -> str:
        """The address without filters, apart from `besides`; the order stays."""
        names = [name for name in filterset.filters if name not in (*besides, self.sort)]
        return address(request, **dict.fromkeys(names), **{MINE: 1})

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """For components/listing.html, and `cols` for the table: which columns are shown."""
        row = self._row(request)
        cols = {one.name: bool(row.columns.get(one.name, one.visible)) for one in self.offered}
        columns = [{"name": one.name, "label": one.label, "shown": cols[one.name]} for one in self.offered]
        listing = {
            "page": self.page,
            "columns": columns,
            "remembered": bool(row.filters or row.sort or row.columns),
            "here": request.get_full_path(),
        }
        return {"cols": cols, "listing": listing}


LISTINGS: dict[str, Listing] = {}  # by page; each list registers itself
