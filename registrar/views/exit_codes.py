"""Exit codes of many enrolments: filter, review, set together."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from operations import rights
from operations.actor import of_request, user_of
from operations.views import lists
from registrar.filters import ExitCodeFilter
from registrar.forms.year_end import ExitCodesForm
from registrar.services import exit_codes
from sis import selectors as sis_selectors
from sis.filters import choose_school, school_choices


@rights.needs("run", "exit_code")
class ExitCodes(View):
    """Nothing is chosen until there is a filter; the button says how many."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ExitCodesForm(request.POST)
        if not form.is_valid() or not self._has_conditions() or not self.filterset.is_valid():
            return self._page(form, 422)
        rows = lists.rows(self.filterset).order_by("pk").values_list("pk", "revision", "exit_code")
        chosen = exit_codes.Chosen.of(rows, form.cleaned_data["exit_code"])
        if len(chosen.changing) + chosen.unchanged != form.cleaned_data["seen"]:
            form.add_error(None, _("This filter now includes other enrolments. Check the number, then set the code."))
            return self._page(form, 409)
        if not chosen.changing:
            form.add_error("exit_code", _("All of them already have this exit code."))
            return self._page(form, 422)
        action, left = exit_codes.change(
            of_request(request), chosen, form.cleaned_data["exit_code"], form.cleaned_data["reason"]
        )
        if action.job_id is not None:
            return redirect("operations:job", action.job_id)
        done = len(chosen.changing) - len(left)
        text = ngettext("%(n)s exit code is set.", "%(n)s exit codes are set.", done)
        messages.success(request, text % {"n": done})
        if left:
            warning = ngettext(
                "%(n)s enrolment was skipped: it was changed in the meantime, or breaks a rule.",
                "%(n)s enrolments were skipped: they were changed in the meantime, or break a rule.",
                len(left),
            )
            messages.warning(request, warning % {"n": len(left)})
        return redirect("pasi_connect:action", action.pk)

    @property
    def filterset(self) -> ExitCodeFilter:
        if not hasattr(self, "_filterset"):
            user = user_of(self.request)
            years = sis_selectors.school_years(user)
            self._filterset = ExitCodeFilter(self.request.GET, sis_selectors.enrolments(user), years=years)
            lists.refuse_unknown(self.request, self._filterset.filters)
            choose_school(self._filterset, school_choices(user))
        return self._filterset

    def _has_conditions(self) -> bool:
        return any(self.request.GET.get(name, "").strip() for name in self.filterset.filters)

    def _page(self, form: ExitCodesForm | None, status: int = 200) -> HttpResponse:
        request, has_conditions = self.request, self._has_conditions()
        context: dict[str, Any] = {
            "filterset": self.filterset,
            "has_conditions": has_conditions,
            "form": form,
            "address": request.get_full_path(),
        }
        if has_conditions and self.filterset.is_valid():
            rows = lists.rows(self.filterset)
            count = rows.order_by().count()
            page = lists.page(request, rows, newest_first=False)
            if form is None:
                form = ExitCodesForm(initial={"seen": count})
            else:
                form.data = {**form.data.dict(), "seen": str(count)}  # type: ignore[attr-defined]
            context |= {
                "form": form,
                "count": count,
                "rows": page.rows,
                "pager": lists.pager(request, page, count, newest_first=False),
                "at_once": count <= exit_codes.AT_ONCE,
            }
        context["keep"] = [("action", request.GET.get("action", ""))]
        context["chips"] = lists.chips(request, self.filterset, besides=())
        invalid = has_conditions and not self.filterset.is_valid()
        return render(request, "registrar/exit_codes.html", context, status=400 if invalid else status)
