"""One run: the column check, the progress of the job, the result."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.actor import of_request, user_of
from operations.services import jobs
from reconciliation.forms import LABELS, RunForm
from reconciliation.models import Run
from reconciliation.rules.types import TYPES
from reconciliation.services import answers, checking, runs
from reconciliation.services.checking import SIDES
from reconciliation.services.notes import sentences
from reconciliation.views import result, words
from reconciliation.views.access import Reconciles
from reconciliation.views.head import about


class RunPage(Reconciles):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run_of(pk)
        if run.is_done:
            return result.show(request, run)
        if run.is_at_work:
            return render(request, "reconciliation/at_work.html", {**about(run), **progress(run)})
        return show_check(request, run)


def progress(run: Run) -> dict[str, Any]:
    job = run.job
    assert job is not None
    total = job.total or 0
    return {
        "job": job,
        "stage": job.stage_words or _("Waiting for its turn"),
        "done": job.done,
        "total": total or 100,
        "note": _("%(done)s of %(total)s rows")
        % {"done": words.number_text(job.done), "total": words.number_text(total)}
        if total
        else _("reading"),
        "poll": reverse("reconciliation:progress", args=[run.pk]),
    }


class Progress(Reconciles):
    """The bar anew; when the job has ended, the whole page."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run_of(pk)
        if run.is_at_work:
            return render(request, "reconciliation/progress.html", {"run": run, **progress(run)})
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        return redirect("reconciliation:run", run.pk)


class Cancel(Reconciles):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run_of(pk)
        try:
            if run.job_id:
                jobs.cancel(of_request(request), run.job_id)
                messages.info(request, _("Cancelled. No result was stored; the files are still here."))
        except jobs.NotPossible as error:
            messages.warning(request, str(error))
        return redirect("reconciliation:run", run.pk)


class Remove(Reconciles):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run_of(pk)
        try:
            runs.remove(of_request(request), run)
        except runs.NotPossible as error:
            messages.warning(request, str(error))
            return redirect("reconciliation:run", run.pk)
        messages.success(request, _("The run and its files are removed."))
        return redirect("reconciliation:runs")


def show_check(request: HttpRequest, run: Run, form: RunForm | None = None, status: int = 200) -> HttpResponse:
    user = user_of(request)
    context = {
        **about(run),
        "form": form or RunForm(run=run, user=user),
        "state": run.state,
        "reasons": sentences(run.reasons),
    }
    files = {file.side: file for file in run.files.all()}
    form = context["form"]
    context["sides"] = [
        {
            "side": side,
            "label": LABELS[side],
            "file": files[side],
            "reading": [form[name] for name in form.reading[side]],
            "is_chosen": any(form[name].value() or form[name].errors for name in form.reading[side]),
        }
        for side in SIDES
    ]
    if run.checks:
        year = str(run.school_year) if run.school_year else ""
        whose = checking.whose(checking.files_of(run), run.type, run.school_code, year)
        context |= _check(run, answers.check(run.checks, whose))
    return render(request, "reconciliation/check.html", context, status=status)


def _check(run: Run, check: dict[str, Any]) -> dict[str, Any]:
    """The check as the page shows it: columns with notes first, the others as names."""
    rows: list[dict[str, Any]] = []
    # For a file without any recognized column the page shows once what was read, and not every missing column.
    sides = [side for side in SIDES if any(one["header"] is not None for one in check[side]["columns"])]
    first, second = ({one["name"]: one for one in check[side]["columns"] if side in sides} for side in SIDES)
    for column in TYPES[run.type].columns:
        pair = [columns.get(column.name) for columns in (first, second)]
        rows.append(
            {
                "name": column.name,
                "cells": [
                    {
                        "label": LABELS[side],
                        "unknown": one is None,
                        "missing": one is not None and one["header"] is None,
                        "header": one["header"] if one and one["header"] not in (None, column.name) else "",
                    }
                    for side, one in zip(SIDES, pair, strict=True)
                ],
                "notes": [note for one in pair if one for note in one["notes"]],
            }
        )
    for row in rows:
        row["missing"] = any(cell["missing"] for cell in row["cells"])
        row["unknown"] = any(cell["unknown"] for cell in row["cells"])
        row["plain"] = not (
            row["missing"] or row["unknown"] or row["notes"] or any(cell["header"] for cell in row["cells"])
        )
    for side in SIDES:
        check[side]["delimiter"] = words.DELIMITERS.get(check[side]["delimiter"], "")
    return {
        "check": check,
        "checked": [{"side": side, "label": LABELS[side], **check[side]} for side in SIDES],
        "columns": sorted((row for row in rows if not row["plain"]), key=lambda row: not row["missing"])
        if sides
        else [],
        "plain": [row["name"] for row in rows if row["plain"]] if sides else [],
        "count": {
            "both": sum(not row["missing"] and not row["unknown"] for row in rows),
            "missing": sum(row["missing"] for row in rows),
        },
        "notes": [note for side in SIDES for note in check[side]["notes"]],
    }
