"""The errors of the product, for those who run it: what happened under the number that somebody gives them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from operations import keyset, rights
from operations.filters import ErrorFilter
from operations.models import ErrorEntry
from operations.views import lists


@rights.needs("view", "error")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    filterset = ErrorFilter(request.GET, ErrorEntry.objects.all())
    lists.refuse_unknown(request, filterset.filters)
    rows = lists.rows(filterset)
    page = lists.page(request, rows, newest_first=True)
    total = keyset.counted(rows)
    context = {
        "rows": page.rows,
        "total": total,
        "reference": request.GET.get("reference", ""),
        "pager": lists.pager(request, page, total, newest_first=True),
    }
    return render(request, "operations/errors.html", context)
