"""The exchange log: every call to PASI, who it was made for, what came back."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from operations.models import User
from pasi_connect import selectors
from pasi_connect.filters import ExchangeFilter
from pasi_connect.models import Exchange
from pasi_connect.rules import faults
from pasi_connect.views import lists, words


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    filterset = ExchangeFilter(request.GET, selectors.exchanges(user))
    lists.choose_school(filterset, lists.school_choices(user))
    found = lists.rows(filterset)
    made = lists.page(request, found, newest_first=True)
    context = {
        "filterset": filterset,
        "chips": lists.chips(request, filterset, besides=()),
        "rows": made.rows,
        "pager": lists.pager(request, made, found.order_by().count(), newest_first=True),
        "outcomes": words.OUTCOME,
    }
    return render(request, "pasi_connect/exchanges.html", context, status=200 if filterset.is_valid() else 400)


@login_required
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One call. Bodies hold student data: shown only where they were kept, and to those who set the product up."""
    user: User = request.user  # type: ignore[assignment]
    one = get_object_or_404(selectors.exchanges(user), pk=pk)
    bodies = user.has_perm("operations.setup")
    kept = Exchange.objects.values_list("request_body", "answer_body").get(pk=pk) if bodies else ("", "")
    meaning = faults.FAULTS.get(one.code) or faults.REJECTIONS.get(one.code)
    context = {
        "exchange": one,
        "outcomes": words.OUTCOME,
        "meaning": meaning,
        "may_read_bodies": bodies,
        "request_body": kept[0],
        "answer_body": kept[1],
    }
    return render(request, "pasi_connect/exchange.html", context)
