"""Jobs: what is running, what did not simply succeed, and what a person can do with one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from operations import clock, keyset, offers, rights, selectors
from operations.actor import of_request, user_of
from operations.filters import JobFilter
from operations.models import Job, JobRow
from operations.services import jobs
from operations.views import lists

SIZE = 25
Status = Job.Status


def _entry(status: Job.Status, icon: str, level: str = "") -> dict[str, Any]:
    return {"label": status.label, "icon": icon, "level": level}


WORDS = {
    Status.QUEUED: _entry(Status.QUEUED, "clock"),
    Status.RUNNING: _entry(Status.RUNNING, "play", "sis"),
    Status.WAITING_APPROVAL: _entry(Status.WAITING_APPROVAL, "pause", "attn"),
    Status.COMPLETED: _entry(Status.COMPLETED, "check-circle", "ok"),
    Status.COMPLETED_WITH_PROBLEMS: _entry(Status.COMPLETED_WITH_PROBLEMS, "warn", "attn"),
    Status.FAILED: _entry(Status.FAILED, "x-circle", "bad"),
    Status.CANCELLED: _entry(Status.CANCELLED, "x"),
    Status.INTERRUPTED: _entry(Status.INTERRUPTED, "link-off", "attn"),
}
LIST = lists.Listing(
    "operations.jobs",
    "operations:jobs",
    columns=(
        lists.Column("state", gettext_lazy("State")),
        lists.Column("result", gettext_lazy("Result")),
        lists.Column("by", gettext_lazy("Started by")),
    ),
)


def label(job: Job) -> str:
    kind = offers.jobs.get(job.kind)
    return str(kind.label) if kind else job.kind


def good(job: Job) -> int:
    """Records that went well."""
    return max(job.done - job.failed, 0)


def _number(value: int | None) -> str:
    return number_format(value or 0, force_grouping=True)


def answer(job: Job) -> str:
    """How far the job is, in one line."""
    numbers = {
        "good": _number(good(job)),
        "done": _number(job.done),
        "all": _number(job.total),
        "failed": _number(job.failed),
    }
    match job.status:
        case Status.QUEUED:
            return _("starts in a moment")
        case Status.RUNNING:
            return _("%(done)s of %(all)s processed") % numbers if job.total else _("is running")
        case Status.WAITING_APPROVAL:
            return _("waiting for approval")
        case Status.COMPLETED:
            kind = offers.jobs.get(job.kind)
            if kind and kind.answer:
                return kind.answer(job)
            return _("%(good)s done") % numbers if job.total else _("nothing to do")
        case Status.COMPLETED_WITH_PROBLEMS:
            text = ngettext(
                "%(good)s done, %(failed)s needs attention", "%(good)s done, %(failed)s need attention", job.failed
            )
            return text % numbers
        case Status.CANCELLED:
            return _("cancelled after %(done)s of %(all)s") % numbers
        case Status.FAILED:
            return _("stopped after %(done)s of %(all)s") % numbers
    return _("interrupted after %(done)s of %(all)s") % numbers


@rights.needs("view", "job")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    own = selectors.jobs(user)
    filterset = JobFilter(request.GET, own)
    LIST.check(request, filterset)
    queryset, chosen = lists.sound(filterset), request.GET.get("state", "")
    page = _page(request, queryset, newest_first=True)
    rows = [{"job": job, "label": label(job), "answer": answer(job)} for job in page.rows]
    running = JobFilter.in_state(own, "state", "running").count()
    waiting = selectors.to_approve(user).count()
    numbers = {"running": running, "waiting": waiting}
    tabs = [
        {
            "label": name,
            "url": f"?state={key}" if key else "?",
            "count": numbers.get(key) if key else None,
            "current": key == chosen,
            "attention": key == "waiting" and bool(waiting),
        }
        for key, name in {"": _("All"), **{key: label for key, (label, _statuses) in JobFilter.STATES.items()}}.items()
    ]
    context = {
        "rows": rows,
        "tabs": tabs,
        "states": WORDS,
        "running": running,
        "waiting": waiting,
        "earlier": page.previous,
        "next": page.next,
        "everybody": user.has_perm(rights.EVERY_SCHOOL),
        "chosen": chosen,
        **LIST.context(request),
    }
    return render(request, "operations/jobs.html", context)


def _page(request: HttpRequest, rows: QuerySet[Any], newest_first: bool) -> keyset.Page:
    try:
        return keyset.page(rows, request.GET, SIZE, newest_first)
    except ValidationError:
        raise Http404 from None


def _own(request: HttpRequest, pk: int) -> Job:
    return get_object_or_404(selectors.jobs(user_of(request)), pk=pk)


@rights.needs("view", "job")
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    user = user_of(request)
    job = _own(request, pk)
    rows = selectors.job_rows(user, job)
    page, row_count = _page(request, rows, newest_first=False), rows.count()
    kind = offers.jobs.get(job.kind)
    context = {
        **_state(job),
        "ways": selectors.ways(user, job),
        "rows": _rows(request, page.rows),
        "row_count": row_count,
        "hidden": job.rows.count() - row_count,
        "earlier": page.previous,
        "next": page.next,
        "belongs": kind.page(job) if kind and kind.page else "",
        "panels": offers.panels("operations.job", request, job),
        "is_plain": not (kind and kind.answer),
    }
    return render(request, "operations/job.html", context)


@rights.needs("view", "job")
@require_safe
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """The state alone, for the page that waits for it; a job that has moved on to another state is drawn as a whole again."""
    job = _own(request, pk)
    response = render(request, "operations/job_state.html", _state(job))
    if request.GET.get("was", "") != job.status:
        response["HX-Refresh"] = "true"
    return response


def _state(job: Job) -> dict[str, Any]:
    running = job.status in (Status.QUEUED, Status.RUNNING)
    kind = offers.jobs.get(job.kind)
    return {
        "job": job,
        "label": label(job),
        "answer": answer(job),
        "states": WORDS,
        "running": running,
        "good": good(job),
        "left": _left(job) if running else "",
        "stage": job.stage_words,
        "counts": kind.counts if kind else "records",
        "bar": "held" if job.status == Status.WAITING_APPROVAL else "" if running else "done",
    }


def _left(job: Job) -> str:
    """ "64 %, 7 s left"; the share alone while too little is known."""
    if not job.total:
        return ""
    share = _("%(share)s %%") % {"share": min(100 * job.done // job.total, 100)}
    if not job.started_at or job.done < 20:
        return share
    seconds = (clock.now() - job.started_at).total_seconds() / job.done * max(job.total - job.done, 0)
    if seconds >= 100:
        return _("%(share)s, %(n)s min left") % {"share": share, "n": round(seconds / 60)}
    return _("%(share)s, %(n)s s left") % {"share": share, "n": max(round(seconds), 1)}


def _rows(request: HttpRequest, rows: list[JobRow]) -> list[dict[str, Any]]:
    """Each with the name and the address of its record, where the person may see it."""
    names: dict[int, tuple[str, str]] = {}
    for entity in {row.entity for row in rows}:
        maker = offers.job_rows.get(entity)
        if maker is not None:
            names |= maker(request, [row for row in rows if row.entity == entity])
    return [{"row": row, "name": names.get(row.pk, ("", ""))[0], "url": names.get(row.pk, ("", ""))[1]} for row in rows]


def _do(request: HttpRequest, pk: int, way: str, do: Callable[[Any, int], Job], done: str) -> HttpResponse:
    user = user_of(request)
    job = _own(request, pk)
    allowed = selectors.may_approve(user, job) if way == "approve" else rights.can(user, "stop", "job")
    if not allowed:
        raise PermissionDenied
    try:
        do(of_request(request), job.pk)
    except jobs.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    if not selectors.jobs(user).filter(pk=pk).exists():
        return redirect("operations:jobs")  # another person's job, which no longer waits for this one
    return redirect("operations:job", pk)


@rights.needs("view", "job")
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "approve", jobs.approve, _("Approved. It starts in a moment."))


@rights.needs("view", "job")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "cancel", jobs.cancel, _("Cancelled. What was already done stays done."))


@rights.needs("view", "job")
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "resume", jobs.resume, _("The job continues where it stopped."))
