"""Changes by who looks after them: mine, a colleague's, nobody's."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from alerts import selectors
from alerts.filters import ME, AssignedFilter
from alerts.models import Snooze
from alerts.views.tabs import tabs
from operations import clock
from operations.models import User
from pasi_connect import selectors as pasi
from pasi_connect.models import Discrepancy
from pasi_connect.views import changes, lists, words


class Mine(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        params = lists.with_default(request.GET, "who", ME, unless=())
        items = pasi.discrepancies(user).filter(status=Discrepancy.Status.OPEN)
        filterset = AssignedFilter(params, items, person=user)
        schools = lists.school_choices(user)
        lists.choose_school(filterset, schools)
        found = lists.rows(filterset)
        newest_first = request.GET.get("order") == "newest"
        page = lists.page(request, found, newest_first)
        total = found.order_by().count()
        mine = params.get("who") == ME
        context = {
            "filterset": filterset,
            "tabs": tabs(request),
            "chips": lists.chips(request, filterset, besides=()),
            "clear": "?",
            "rows": self._rows(page.rows),
            "pager": lists.pager(request, page, total, newest_first),
            "title": _title(total, mine),
            "standing_in": self._standing_in(user) if mine else [],
            "mine": mine,
            "kinds": words.KIND,
            "everywhere": bool(schools),
        }
        return render(request, "alerts/mine.html", context, status=200 if filterset.is_valid() else 400)

    @staticmethod
    def _rows(items: list[Discrepancy]) -> list[dict[str, Any]]:
        """As the list of changes shows them, with the holder and the day until which they wait. Two queries more."""
        held = selectors.holders(item.ref_id for item in items)
        asleep = Snooze.objects.filter(ref_id__in=[item.ref_id for item in items], until__gt=clock.today())
        until = dict(asleep.values_list("ref_id", "until"))
        return [
            {**row, "held": held.get(row["item"].ref_id), "until": until.get(row["item"].ref_id)}
            for row in changes.shown_rows(items)
        ]

    @staticmethod
    def _standing_in(user: User) -> list[str]:
        """The people whose changes stand among the person's own today."""
        others = selectors.stood_in_for(user)[1:]
        return [other.full_name for other in User.objects.filter(pk__in=others).order_by("last_name", "pk")]


def _title(total: int, mine: bool) -> str:
    if not mine:
        return ngettext("%(n)s change by who looks after it", "%(n)s changes by who looks after them", total) % {"n": total}
    if not total:
        return _("No change is assigned to you")
    return ngettext("%(n)s change is assigned to you", "%(n)s changes are assigned to you", total) % {"n": total}
