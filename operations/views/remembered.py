"""A person's own choices for a list: its columns, and back to the default."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from operations import rights
from operations.actor import user_of
from operations.services import remembered
from operations.views import gate, lists


def _listing(page: str) -> lists.Listing:
    if page not in lists.LISTINGS:
        raise Http404
    return lists.LISTINGS[page]


@rights.signed_in
@require_POST
def columns(request: HttpRequest, page: str) -> HttpResponse:
    listing, wanted = _listing(page), request.POST.getlist("column")
    chosen = {one.name: one.name in wanted for one in listing.offered if (one.name in wanted) != one.visible}
    remembered.keep_columns(user_of(request), page, chosen)
    messages.success(request, _("The columns of this list are saved."))
    return redirect(gate.back(request))


@rights.signed_in
@require_POST
def reset(request: HttpRequest, page: str) -> HttpResponse:
    listing = _listing(page)
    remembered.forget(user_of(request), page)
    messages.success(request, _("This list is back to its default columns, filters and order."))
    return redirect(listing.url)
