"""Uploads: a new run from two files, other choices for it, and the start of the comparison."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from operations import bodies
from operations.actor import of_request
from reconciliation import selectors
from reconciliation.forms import ChoicesForm, RunForm
from reconciliation.models import Run
from reconciliation.services import checking, runs
from reconciliation.services.checking import SIDES
from reconciliation.views.access import Uploads
from reconciliation.views.run import show_check


def not_yours(code: str) -> str:
    return _("The file names say school %(code)s, which is not one of your schools.") % {"code": code}


class New(Uploads):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(ChoicesForm(user=self.user, auto_id="new_%s"))

    def take(self, request: HttpRequest, **named: Any) -> HttpResponse:
        files = request.FILES  # read before it is asked what was too large
        form = ChoicesForm(request.POST, files, user=self.user, too_large=bodies.dropped(request), auto_id="new_%s")
        if not form.is_valid():
            return self._page(form, 422)
        actor = of_request(request)
        run = runs.make(actor, form.choices(), form.uploads())
        if run.school_code and not selectors.may_name(self.user, run.school_code):
            runs.remove(actor, run)
            form.add_error("school", not_yours(run.school_code))
            return self._page(form, 422)
        runs.check(actor, run)
        return redirect("reconciliation:run", run.pk)

    def _page(self, form: ChoicesForm, status: int = 200) -> HttpResponse:
        return render(self.request, "reconciliation/new.html", {"form": form}, status=status)


class Choose(Uploads):
    """Other choices, another file, the files turned; or the comparison."""

    http_method_names = ["post"]

    def take(self, request: HttpRequest, **named: Any) -> HttpResponse:
        run, actor = self.run_of(named["pk"]), of_request(request)
        if request.POST.get("do") == "turn":
            return self._turn(request, run, actor)
        files = request.FILES
        form = RunForm(request.POST, files, run=run, user=self.user, too_large=bodies.dropped(request))
        if not form.is_valid():
            return show_check(request, run, form, 422)
        if foreign := self._foreign_school(run, form):
            form.add_error("school", not_yours(foreign))
            return show_check(request, run, form, 422)
        try:
            return self._do(request, run, form, actor)
        except runs.NotPossible as error:
            messages.warning(request, str(error))
            return redirect("reconciliation:run", run.pk)

    def _foreign_school(self, run: Run, form: RunForm) -> str:
        """The school that the run would be of, if it is none of the person's."""
        names = {file.side: file.name for file in run.files.all()} | {
            side: up.name for side, up in form.uploads().items()
        }
        files = {side: checking.File(Path(name), name) for side, name in names.items()}
        choices = form.choices()
        school = checking.whose(files, choices.type, choices.school, choices.school_year).school or ""
        return "" if not school or selectors.may_name(self.user, school) else school

    def _turn(self, request: HttpRequest, run: Run, actor: Any) -> HttpResponse:
        try:
            runs.check(actor, runs.turn(actor, run))
            messages.success(request, _("The files are swapped: the second file is now the first one."))
        except runs.NotPossible as error:
            messages.warning(request, str(error))
        return redirect("reconciliation:run", run.pk)

    def _do(self, request: HttpRequest, run: Run, form: RunForm, actor: Any) -> HttpResponse:
        what, uploads = request.POST.get("do", "check"), form.uploads()
        kind, how = run.type, {side: run.how.get(side, {}) for side in SIDES}
        run = runs.choose(actor, run, form.choices(), uploads)
        # Only what was checked is compared.
        if what == "compare" and run.checks and (run.type, run.how) == (kind, how) and not uploads:
            runs.start(actor, run)
        else:
            runs.check(actor, run)
        return redirect("reconciliation:run", run.pk)
