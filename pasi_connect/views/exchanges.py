"""The exchange log: every call to PASI, who it was made for, what came back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from operations import keyset, rights
from operations.actor import user_of
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.filters import ExchangeFilter
from pasi_connect.models import Exchange
from pasi_connect.rules import faults
from pasi_connect.services import words
from pasi_connect.views import names
from sis.filters import choose_school, school_choices

LIST = lists.Listing(
    "pasi_connect.exchanges",
    "pasi_connect:exchanges",
    columns=(
        lists.Column("outcome", gettext_lazy("Outcome")),
        lists.Column("for", gettext_lazy("For")),
        lists.Column("sent", gettext_lazy("Sent")),
        lists.Column("took", gettext_lazy("Duration")),
    ),
    filters=("operation", "outcome", "school"),
)


@rights.needs("view", "exchange")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if turn := LIST.turn(request, lambda params: ExchangeFilter(params, selectors.exchanges(user))):
        return turn
    # A filter by operation, record or submission says by itself what to show.
    params = lists.with_default(request.GET, "polls", "false", unless=("operation", "key", "ref_id", "submission"))
    filterset = ExchangeFilter(params, selectors.exchanges(user))
    choose_school(filterset, school_choices(user))
    calls = lists.rows(filterset)
    page = lists.page(request, calls, newest_first=True)
    students = names.of_exchanges(user, page.rows)
    context = {
        "filterset": filterset,
        "clear": LIST.clear(request, filterset, besides=("polls",)),
        **LIST.context(request),
        "chips": lists.chips(request, filterset, besides=("polls",)),
        "rows": [{"call": call, "student": students.get(call.pk)} for call in page.rows],
        "pager": lists.pager(request, page, keyset.counted(calls), newest_first=True),
        "polls": params.get("polls") != "false",
        "with_polls": lists.address(request, polls="true"),
        "without_polls": lists.address(request, polls=None, operation=None),
        "keep": [("polls", request.GET.get("polls"))],
        "outcomes": words.OUTCOME,
        "place": lists.place(request, ExchangeFilter),
    }
    return render(request, "pasi_connect/exchanges.html", context, status=200 if filterset.is_valid() else 400)


@rights.needs("view", "exchange")
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One call. Bodies hold student data: shown only where they were kept, and to those who set the product up."""
    user = user_of(request)
    one = get_object_or_404(selectors.exchanges(user), pk=pk)
    bodies = rights.can(user, "set_up", "settings")
    kept = Exchange.objects.values_list("request_body", "answer_body").get(pk=pk) if bodies else ("", "")
    meaning = faults.FAULTS.get(one.code) or faults.REJECTIONS.get(one.code)
    context = {
        "exchange": one,
        "parts": list(one.parts.all()),
        "outcomes": words.OUTCOME,
        "place": lists.place(request, ExchangeFilter),
        "meaning": meaning,
        "may_read_bodies": bodies,
        "student": names.of_exchanges(user, [one]).get(one.pk),
        "request_body": kept[0],
        "answer_body": kept[1],
    }
    return render(request, "pasi_connect/exchange.html", context)
