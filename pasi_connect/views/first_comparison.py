"""First comparisons by field, each decided for all records at once. They wait here and nowhere else."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from operations import rights
from operations.actor import user_of
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.filters import DiscrepancyFilter, choose_year
from pasi_connect.models.discrepancy import FIRST, Kind
from pasi_connect.rules import bulk as rules
from pasi_connect.services import words
from sis.filters import choose_school, school_choices

ON_PAGE = ("school", "school_year", "entity", "field")


@rights.needs("view", "change")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    own = selectors.discrepancies(user)
    filterset = DiscrepancyFilter(request.GET, own, person=user)
    lists.refuse_unknown(request, (*filterset.filters, lists.MINE))
    choose_school(filterset, school_choices(user))
    choose_year(filterset)
    criteria = {name: value for name in filterset.filters if (value := request.GET.get(name, "").strip())}
    groups = selectors.first_comparisons(lists.rows(filterset))
    wanted = criteria.get("field")
    rows = [_row(one, criteria) for one in groups if not wanted or one.field == wanted]
    context = {
        "filterset": filterset,
        "shown_filters": [name for name in ON_PAGE if name in filterset.filters],
        "chips": lists.chips(request, filterset, besides=()),
        "clear": request.path,
        "keep": [],
        "rows": rows,
        "number": lists.rows(filterset).filter(FIRST).count(),
        "decides": selectors.decides(user),
    }
    return render(request, "pasi_connect/first_comparison.html", context, status=200 if filterset.is_valid() else 400)


def _row(one: selectors.FirstCompared, criteria: dict[str, str]) -> dict[str, Any]:
    which = {**criteria, "entity": one.entity.kind, "field": one.field, "first_comparison": "true"}
    part = next(row for row in one.first.fields if row["name"] == one.field)
    together = {"all": "1", "named": "1", "kinds": Kind.NEVER_AGREED, "only": one.field}
    return {
        "entity": one.entity.display.name,
        "field": words.field_label(one.entity, one.field),
        "line": one,
        "sis": words.value_text(one.entity, one.field, part.get("sis")),
        "pasi": words.value_text(one.entity, one.field, part.get("pasi")),
        "list": f"{reverse('pasi_connect:changes')}?{urlencode(which)}",
        "accept": f"{reverse('pasi_connect:bulk')}?{urlencode({**which, **together, 'decision': rules.ACCEPT})}",
        "reject": f"{reverse('pasi_connect:bulk')}?{urlencode({**which, **together, 'decision': rules.REJECT})}",
    }
