"""The result of a run: the answer, its lines, the rows that could not be used, downloads and a summary to print."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import keyset, wording
from operations.actor import user_of
from operations.views import lists
from reconciliation import selectors
from reconciliation.filters import LinePageForm
from reconciliation.models import Run
from reconciliation.rules.notes import SERIOUS
from reconciliation.services.faults import calm
from reconciliation.services.notes import reason, sentences
from reconciliation.views import lines, rows, words
from reconciliation.views.access import Reconciles
from reconciliation.views.head import about

SIZE = 25
MOST_STUDENTS = 20  # that one name finds


def show(request: HttpRequest, run: Run) -> HttpResponse:
    user = user_of(request)
    form = LinePageForm(request.GET, run=run, auto_id="filter_%s")
    lists.refuse_unknown(request, form.fields)
    context = {**about(run), **head(request, run), "form": form, "tabs": tabs(request, run)}
    context["carried"] = [(name, request.GET[name]) for name in ("moved", "was", "like") if request.GET.get(name)]
    if form.is_valid():
        conditions = lines.wanted(form.cleaned_data)
        page = _page(request, run, conditions)
        with calm():
            total = lines.reader(run).count(conditions)
        values = form.cleaned_data
        context |= {
            **rows.table(run, user, page.rows, only=values["only"], blank=values["blank"]),
            "pager": lists.pager(request, page, words.number_text(total)),
            "chips": _chips(request, form),
            "has_students": selectors.has_students(run),
        }
    return render(request, "reconciliation/result.html", context)


def head(request: HttpRequest, run: Run) -> dict[str, Any]:
    """The answer, the bar, the proof that no row was lost, and what has changed since the run before."""
    assert run.summary
    counts = run.summary["counts"]
    chosen = request.GET.get("status", "")
    parts = [
        {
            "count": counts[status],
            "name": words.LABELS[status],
            "meta": words.meta(run, status),
            "url": f"?{urlencode({'status': status})}" if chosen != status else "?",
            "current": chosen == status,
        }
        for status in words.IN_THE_BAR
    ]
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    return {
        "title": words.title(run),
        "parts": parts,
        "bar": ", ".join(f"{part['name']} {words.number_text(part['count'])}" for part in parts),
        "balances": [words.balance(run, side) for side in ("before", "after")],
        "serious": sentences(note for note in run.warnings if note["code"] in SERIOUS),
        "warnings": sentences(note for note in run.warnings if note["code"] not in SERIOUS),
        "files": words.files(run),
        "seconds": number_format(seconds, 1) if seconds is not None else "",
        "moved": [{**row, "url": f"?{urlencode(row['filter'])}" if row["filter"] else ""} for row in words.moved(run)],
        "since": run.moved,
        "since_at": parse_datetime(run.moved["at"]) if run.moved and run.moved["at"] else None,
        "unusable": run.summary["unusable_before"] + run.summary["unusable_after"],
    }


def tabs(request: HttpRequest, run: Run) -> list[dict[str, Any]]:
    assert run.summary
    unusable = run.summary["unusable_before"] + run.summary["unusable_after"]
    page, apart = reverse("reconciliation:run", args=[run.pk]), reverse("reconciliation:unusable", args=[run.pk])
    if not unusable:
        return []
    total = sum(run.summary["counts"].values())
    return [
        {"label": _("Compared"), "url": page, "count": total, "current": request.path == page},
        {"label": _("Unusable"), "url": apart, "count": unusable, "current": request.path == apart, "attention": True},
    ]


def _page(request: HttpRequest, run: Run, conditions: Any) -> keyset.Page:
    try:
        return lines.page(run, conditions, request.GET, SIZE)
    except ValidationError:
        raise Http404 from None


def _chips(request: HttpRequest, form: LinePageForm) -> list[dict[str, str]]:
    values = form.cleaned_data
    chips = []
    for name in ("status", "field", "course"):
        if values[name]:
            text = words.LABELS.get(values[name], values[name])
            chips.append(
                {"text": wording.pair(form.fields[name].label, text), "url": lists.address(request, **{name: None})}
            )
    if values["like"]:
        n = len(values["like"])
        chips.append(
            {"text": ngettext("One student", "%(n)s students", n) % {"n": n}, "url": lists.address(request, like=None)}
        )
    if values["moved"]:
        chips.append(
            {"text": _("Different from the previous run"), "url": lists.address(request, moved=None, was=None)}
        )
    return chips


class Find(Reconciles):
    """A student by ASN or name. Asked by POST, and answered by lines: who it is does not stand in the address."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run_of(pk)
        address = reverse("reconciliation:run", args=[run.pk])
        if not (run.is_done and selectors.has_students(run)):
            return redirect(address)
        asns = selectors.asns_of(self.user, request.POST.get("student", ""), MOST_STUDENTS)
        with calm():
            numbers = lines.reader(run).first_of("ASN", asns) if asns else []
        if not numbers:
            messages.warning(
                request, _("No row for this student. Search by ASN, or by the name of a student at your schools.")
            )
            return redirect(address)
        return redirect(f"{address}?{urlencode({'like': '.'.join(map(str, numbers))})}")


class DoneRun(Reconciles):
    def done(self, pk: int) -> Run:
        run = self.run_of(pk)
        if not run.is_done:
            raise Http404
        return run


class Unusable(DoneRun):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.done(pk)
        if not run.unusable_header:
            raise Http404
        page = _page(request, run, None)
        assert run.summary
        total = run.summary["unusable_before"] + run.summary["unusable_after"]
        header = run.unusable_header
        cells = [[row[str(place)] for place in range(len(header))] for row in page.rows]
        context = {
            **about(run),
            "tabs": tabs(request, run),
            "columns": header[3:],
            "rows": [
                {"side": row[0], "row": row[1], "reason": reason(row[2], run.unusable_reasons), "cells": row[3:]}
                for row in cells
            ],
            "pager": lists.pager(request, page, words.number_text(total)),
            "title": ngettext("%(n)s row could not be used", "%(n)s rows could not be used", total)
            % {"n": words.number_text(total)},
        }
        return render(request, "reconciliation/unusable.html", context)


class Summary(DoneRun):
    """One page to print or to keep as PDF; no student stands on it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.done(pk)
        assert run.summary
        answer = head(request, run)
        differing = sorted(
            ((name, n) for name, n in run.different_in.items() if n), key=lambda item: (-item[1], item[0])
        )
        context = {
            **about(run),
            **answer,
            "print_parts": [{**part, "url": ""} for part in answer["parts"]],
            "summary": run.summary,
            "different_in": differing,
        }
        return render(request, "reconciliation/summary.html", context)


class Download(DoneRun):
    def get(self, request: HttpRequest, pk: int, name: str) -> FileResponse | StreamingHttpResponse:
        run = self.done(pk)
        if name not in lines.DOWNLOADS:
            raise Http404
        try:
            return lines.download(run, name)
        except FileNotFoundError:
            raise Http404 from None
