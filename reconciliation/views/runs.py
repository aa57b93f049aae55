"""The list of runs, and how long they are kept."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations import rights
from operations.actor import of_request, user_of
from operations.views import lists
from pasi_connect.services import setting_up
from reconciliation import selectors
from reconciliation.filters import RunFilter
from reconciliation.forms import KeepingForm
from reconciliation.models import ReconciliationSettings, Run
from reconciliation.rules.statuses import PERFECT
from reconciliation.rules.types import TYPES
from reconciliation.views import words
from reconciliation.views.access import Reconciles
from sis.models import School

LIST = lists.Listing(
    "reconciliation.runs",
    "reconciliation:runs",
    columns=(
        lists.Column("school", gettext_lazy("School")),
        lists.Column("result", gettext_lazy("Result")),
        lists.Column("files", gettext_lazy("Files")),
        lists.Column("by", gettext_lazy("By")),
    ),
)


def show(request: HttpRequest, status: int = 200, form: KeepingForm | None = None) -> HttpResponse:
    user = user_of(request)
    filterset = RunFilter(request.GET, selectors.runs(user))
    LIST.check(request, filterset)
    queryset = lists.sound(filterset)
    page = lists.page(request, queryset, newest_first=True)
    total = queryset.order_by().count()
    names = school_names(page.rows)
    context = {
        "title": ngettext("%(n)s reconciliation", "%(n)s reconciliations", total) % {"n": total}
        if total
        else _("Reconciliation"),
        "rows": [_row(run, names) for run in page.rows],
        "pager": lists.pager(request, page, total, newest_first=True),
        "states": words.STATES,
        **LIST.context(request),
        "keeping": ReconciliationSettings.load(),
        "form": form
        or (KeepingForm(instance=ReconciliationSettings.load()) if rights.can(user, "set_up", "settings") else None),
    }
    return render(request, "reconciliation/runs.html", context, status=status)


def school_names(items: list[Run]) -> dict[str, str]:
    codes = {run.school_code for run in items if run.school_code}
    return dict(School.objects.filter(code__in=codes).values_list("code", "name"))


def _row(run: Run, names: dict[str, str]) -> dict[str, Any]:
    summary = run.summary or {}
    counts = summary.get("counts", {})
    return {
        "run": run,
        "kind": _(TYPES[run.type].title),
        "school": names.get(run.school_code, ""),
        "perfect": counts.get(PERFECT),
        "unusable": summary.get("unusable_before", 0) + summary.get("unusable_after", 0),
        "other": sum(counts.values()) - counts.get(PERFECT, 0) if counts else None,
    }


class Runs(Reconciles):
    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request)


class Keeping(Reconciles):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        lists.require(rights.can(self.user, "set_up", "settings"))
        current = ReconciliationSettings.load()
        form = KeepingForm(request.POST, instance=ReconciliationSettings.load())
        if not form.is_valid():
            return show(request, 422, form)
        try:
            setting_up.save(of_request(request), ReconciliationSettings, form.cleaned_data["version"], form.values)
        except setting_up.StaleSettings:
            messages.warning(
                request, _("Not saved: somebody else changed it in the meantime. The current values are shown.")
            )
        else:
            days = form.cleaned_data["keep_days"]
            if days != current.keep_days:
                messages.success(request, _("Saved. Runs are kept for %(days)s days.") % {"days": days})
        return redirect("reconciliation:runs")
