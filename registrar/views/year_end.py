"""The year end for a district officer: choose, rehearse, review, run, and the result."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from operations import clock, exports, rights
from operations.actor import of_request, user_of
from operations.models import Job
from operations.views import lists
from pasi_connect.models import Action, SyncSettings
from registrar import selectors
from registrar.filters import RowFilter
from registrar.forms.year_end import RehearsalForm, school_names
from registrar.models import YearEndRehearsal, YearEndRow
from registrar.rules import year_end as rules
from registrar.services import year_end
from registrar.views.year_end_rows import job_rows, legend, reasons, row_of, schools_of
from sis import selectors as sis_selectors
from sis.filters import choose_school, school_choices
from sis.models import SchoolCalendar
from sis.rules.enrolment import COMPLETION
from sis.rules.school_year import SchoolYear

ACTIVE = Q(deleted=False, exit_code="", exit_date_type=COMPLETION)


@rights.needs("run", "year_end")
class Start(View):
    """The years with their open concurrent enrolments, what to rehearse, and earlier rehearsals and runs."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        values = form.cleaned_data
        try:
            scope = year_end.scope_now(values["school_year"], values["school"], values["early"])
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(form, 422)
        rehearsal = year_end.rehearse(of_request(request), scope)
        return redirect("registrar:year-end-rehearsal", rehearsal.pk)

    def _form(self, data: Any = None) -> RehearsalForm:
        user = user_of(self.request)
        years = [row["school_year"] for row in self._years() if row["school_year"].first_day <= clock.today()]
        everywhere = sis_selectors.sees_all(user)
        schools = school_names(sis_selectors.schools(user))
        ended = next((year for year in years if year.last_day < clock.today()), None)
        initial = {"school_year": str(ended or "")}
        return RehearsalForm(data, years=years, schools=schools, everywhere=everywhere, initial=initial)

    def _years(self) -> list[dict[str, Any]]:
        """Each year with concurrent enrolments, the newest first: how many there are, and how many are open."""
        if not hasattr(self, "years"):
            stays = sis_selectors.enrolments(user_of(self.request)).filter(concurrent=True).order_by()
            counted = stays.values("school_year").annotate(all=Count("pk"), open=Count("pk", filter=ACTIVE))
            self.years: list[dict[str, Any]] = [dict(row) for row in counted]
            self.years.sort(key=lambda row: row["school_year"], reverse=True)
        return self.years

    def _page(self, form: RehearsalForm, status: int = 200) -> HttpResponse:
        user = user_of(self.request)
        closed = set(SyncSettings.load().years_closed)
        days: dict[SchoolYear, list[Any]] = {}
        for year, day in SchoolCalendar.objects.order_by("last_day").values_list("school_year", "last_day").distinct():
            days.setdefault(year, []).append(day)
        years = []
        for row in self._years():
            year = row["school_year"]
            last = days.get(year, [])
            ended = rules.has_ended(year, last, clock.today())
            years.append({**row, "first": last[:1], "last": last[-1:], "ended": ended, "closed": year.ending in closed})
        waiting = next((row for row in reversed(years) if row["ended"] and row["open"]), None)
        earlier = selectors.rehearsals(user)
        page = lists.page(self.request, earlier, newest_first=True)
        counts = dict(
            YearEndRow.objects.filter(rehearsal__in=[one.pk for one in page.rows], reason="")
            .order_by()
            .values_list("rehearsal")
            .annotate(Count("pk"))
        )
        context = {
            "form": form,
            "title": _start_title(waiting),
            "years": years,
            "rows": [{"rehearsal": one, "closing": counts.get(one.pk, 0)} for one in page.rows],
            "pager": lists.pager(self.request, page, earlier.order_by().count(), newest_first=True),
            "exit_code": SyncSettings.load().year_end_exit_code,
        }
        return render(self.request, "registrar/year_end.html", context, status=status)


def _start_title(waiting: dict[str, Any] | None) -> str:
    if waiting is None:
        return _("No concurrent enrolment is waiting for its year end")
    words = {"n": waiting["open"], "year": waiting["school_year"]}
    return (
        ngettext(
            "%(n)s concurrent enrolment of %(year)s is still open",
            "%(n)s concurrent enrolments of %(year)s are still open",
            waiting["open"],
        )
        % words
    )


@rights.needs("run", "year_end")
class OneRehearsal(View):
    def rehearsal(self, pk: int) -> YearEndRehearsal:
        return get_object_or_404(selectors.rehearsals(user_of(self.request)), pk=pk)


class Rehearsal(OneRehearsal):
    """What would close on which date, what would not and why, and the button that runs it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rehearsal = self.rehearsal(pk)
        job = rehearsal.job
        assert job is not None
        context: dict[str, Any] = {"rehearsal": rehearsal, "job": job}
        if job.status != Job.Status.COMPLETED:
            return render(request, "registrar/year_end_waits.html", context | {"rehearsing": True})
        context |= self._sums(rehearsal) | self._list(request, rehearsal)
        return render(request, "registrar/year_end_rehearsal.html", context, status=context["status"])

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rehearsal = self.rehearsal(pk)
        try:
            action = year_end.start(of_request(request), rehearsal.pk)
        except year_end.NotPossible as refused:
            messages.error(request, str(refused))
            return redirect("registrar:year-end-rehearsal", pk)
        return redirect("registrar:year-end-run", action.pk)

    @staticmethod
    def _sums(rehearsal: YearEndRehearsal) -> dict[str, Any]:
        """The sums of the rehearsal: one query over its rows, grouped."""
        rows = rehearsal.rows.order_by().values("school_code", "reason")
        grouped: list[dict[str, Any]] = [
            dict(row) for row in rows.annotate(count=Count("pk"), dates=Count("exit_date_after"))
        ]
        closing = sum(row["count"] for row in grouped if not row["reason"])
        dates = sum(row["dates"] for row in grouped)
        settings = SyncSettings.load()
        counted = rehearsal.early or rehearsal.school_year.ending in settings.years_closed
        after = settings.historical_years if counted else rules.historical_years(settings.historical_years)
        return {
            "closing": closing,
            "dates": dates,
            "staying": sum(row["count"] for row in grouped if row["reason"]),
            "schools": schools_of(rehearsal, grouped),
            "reasons": reasons(grouped),
            "legend": legend(grouped),
            "historical_years": after,
            "grows": after > settings.historical_years,
            "title": _rehearsal_title(closing),
        }

    @staticmethod
    def _list(request: HttpRequest, rehearsal: YearEndRehearsal) -> dict[str, Any]:
        params = lists.with_default(request.GET, "group", "closing", unless=("reason",))
        filterset = RowFilter(params, rehearsal.rows.select_related("enrolment__student", "enrolment__school"))
        lists.refuse_unknown(request, filterset.filters)
        choose_school(filterset, school_choices(user_of(request)))
        rows = lists.rows(filterset)
        page = lists.page(request, rows, newest_first=False)
        group = params.get("group", "")
        return {
            "filterset": filterset,
            "tabs": [
                {"label": label, "url": f"?group={name}#list", "current": name == group}
                for name, label in RowFilter.GROUPS
            ],
            "group": group,
            "chips": lists.chips(request, filterset, besides=("group",)),
            "rows": [row_of(row) for row in page.rows],
            "pager": lists.pager(request, page, rows.order_by().count(), newest_first=False),
            "status": 200 if filterset.is_valid() else 400,
        }


def _rehearsal_title(closing: int) -> str:
    if not closing:
        return _("No concurrent enrolment would close")
    return ngettext("%(n)s concurrent enrolment would close", "%(n)s concurrent enrolments would close", closing) % {
        "n": closing
    }


class Progress(OneRehearsal):
    """How far the rehearsal or its run is; makes the browser reload the page once it has ended."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rehearsal = self.rehearsal(pk)
        run = rehearsal.run if "run" in request.GET else None
        job = rehearsal.job if run is None else run.job
        response = render(
            request, "registrar/year_end_progress.html", {"job": job, "rehearsal": rehearsal, "run": run is not None}
        )
        if job is None or job.is_over:
            response["HX-Refresh"] = "true"
        return response


class RehearsalFile(OneRehearsal):
    """The rehearsal as CSV, row by row: all of it, or what its list's filter leaves."""

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        rehearsal = self.rehearsal(pk)
        filterset = RowFilter(request.GET, rehearsal.rows.all())
        lists.refuse_unknown(request, filterset.filters)
        rows = lists.sound(filterset)
        name = f"year-end-{rehearsal.school_year}-rehearsal-{rehearsal.pk}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(
            exports.csv_lines(_lines(rehearsal, rows)), content_type=exports.CSV, headers=headers
        )


def _lines(rehearsal: YearEndRehearsal, rows: QuerySet[YearEndRow]) -> Iterator[list[object]]:
    yield [
        _("School"), _("School name"), _("ASN"), _("Student"), _("Start date"), _("Closes"), _("Closing date"),
        _("Exit date"), _("New exit date"), _("Exit code"), _("Reason"), _("Next step"),
    ]  # fmt: skip
    after, rows = 0, rows.order_by("pk").select_related("enrolment__student", "enrolment__school")
    while chunk := list(rows.filter(pk__gt=after)[:500]):
        after = chunk[-1].pk
        for row in chunk:
            words = row_of(row)
            student, closes = row.enrolment.student, not row.reason
            yield [
                row.school_code, row.enrolment.school.name, student.asn_shown, student.name, row.enrolment.start_date,
                _("yes") if closes else _("no"), row.closing_date, row.exit_date_before, row.exit_date_after,
                rehearsal.exit_code if closes else row.enrolment.exit_code, words["message"], words["next_step"],
            ]  # fmt: skip


@rights.needs("run", "year_end")
class Run(View):
    """What the run has done, what it left and why, and the way back."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rehearsals = selectors.rehearsals(user_of(request))
        action = get_object_or_404(Action.objects.select_related("job", "rehearsal"), pk=pk, rehearsal__in=rehearsals)
        job, rehearsal = action.job, action.rehearsal
        assert job is not None
        context: dict[str, Any] = {"action": action, "job": job, "rehearsal": rehearsal}
        if "closed" not in job.result:
            return render(request, "registrar/year_end_waits.html", context | {"rehearsing": False})
        rows = job.rows.all()
        page = lists.page(request, rows, newest_first=False)
        context |= {
            "result": job.result,
            "title": _run_title(job.result["closed"]),
            "rows": job_rows(page.rows, user_of(request)),
            "pager": lists.pager(request, page, rows.count(), newest_first=False),
        }
        return render(request, "registrar/year_end_run.html", context)


def _run_title(closed: int) -> str:
    if not closed:
        return _("The year end is done: there was nothing to close")
    return ngettext("%(n)s concurrent enrolment is closed", "%(n)s concurrent enrolments are closed", closed) % {
        "n": closed
    }
