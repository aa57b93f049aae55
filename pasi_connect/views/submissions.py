"""Submissions: the list, one with both sides of its record, and the ways out for one that needs a person."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from operations import actor, rights
from operations.actor import user_of
from operations.rules import latin1
from operations.views import lists
from pasi_connect import entities, selectors
from pasi_connect.filters import SubmissionFilter
from pasi_connect.forms.decisions import ExitForm, SpellingForm, take_errors
from pasi_connect.models import Discrepancy, LinkState, Submission
from pasi_connect.models.submission import ENDED, FLYING, QUEUED, STUCK, Status
from pasi_connect.services import words
from pasi_connect.services.compare import values
from pasi_connect.services.queue import reviews
from pasi_connect.views.record import Record
from sis.filters import choose_school, school_choices

ALWAYS = (Status.WAITING, Status.HELD, Status.REJECTED, Status.NEEDS_REVIEW, Status.ACCEPTED)
NOTICE_LEVEL: dict[str, str] = {
    Status.ACCEPTED: "ok",
    Status.HELD: "attn",
    Status.NEEDS_REVIEW: "attn",
    Status.REJECTED: "bad",
    Status.DEAD: "bad",
}
LIST = lists.Listing(
    "pasi_connect.submissions",
    "pasi_connect:submissions",
    columns=(
        lists.Column("state", gettext_lazy("State")),
        lists.Column("why", gettext_lazy("Reason and next step")),
        lists.Column("by", gettext_lazy("Changed by")),
        lists.Column("step", gettext_lazy("Latest step")),
    ),
    filters=("school", "reason", "group"),
)


@rights.needs("view", "submission")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    base = selectors.submissions(user).defer("sent_document")
    if turn := LIST.turn(request, lambda params: SubmissionFilter(params, base)):
        return turn
    filterset = SubmissionFilter(request.GET, base)
    schools = school_choices(user)
    choose_school(filterset, schools)
    rows = lists.rows(filterset)
    page = lists.page(request, rows, newest_first=True)
    counts = dict(base.order_by().values_list("status").annotate(number=Count("pk")))
    status = request.GET.get("status", "")
    group = request.GET.get("group", "")
    chips = lists.chips(request, filterset, besides=("status",))
    total = rows.order_by().count() if chips else counts.get(status, 0) if status else sum(counts.values())
    stuck = sum(counts.get(each, 0) for each in (*STUCK, Status.HELD))
    context = {
        "filterset": filterset,
        "tabs": [
            {
                "label": _("All"),
                "url": lists.address(request, status=None),
                "count": sum(counts.values()),
                "current": not status,
            }
        ]
        + [
            {
                "label": each.label,
                "url": lists.address(request, status=each.value, group=None),
                "count": counts.get(each, 0),
                "current": status == each.value,
                "icon": words.SUBMISSION[each]["icon"],
                "attention": bool(counts.get(each)) and each in (*STUCK, Status.HELD),
            }
            for each in Status
            if each in ALWAYS or counts.get(each) or status == each.value
        ],
        "chips": chips,
        "clear": LIST.clear(request, filterset, besides=("status",)),
        **LIST.context(request),
        "rows": shown_rows(page.rows),
        "pager": lists.pager(request, page, total, newest_first=True),
        "group": group,
        "stuck": stuck,
        "states": words.SUBMISSION,
        "everything": sum(counts.values()),
        "keep": [("status", status)],
        "everywhere": bool(schools),
        "place": lists.place(request, SubmissionFilter),
    }
    return render(request, "pasi_connect/submissions.html", context, status=200 if filterset.is_valid() else 400)


def shown_rows(submissions: list[Submission]) -> list[dict[str, Any]]:
    """Rows of a list of submissions; one query a kind for the names."""
    records = {
        (entity.kind, pk): record
        for entity in entities.written()
        if (mine := {each.subject_id for each in submissions if each.entity == entity.kind})
        for pk, record in entity.records.in_bulk(mine).items()
    }
    rows = []
    for each in submissions:
        entity, record = entities.by_kind(each.entity), records.get((each.entity, each.subject_id))
        rows.append(
            {
                "submission": each,
                "name": entity.display.title(record) if record else "",
                "asn": entity.asn_of(record) if record else "",
                "fields": words.field_labels(entity, each.fields),
                "why": words.why(each),
            }
        )
    return rows


def _own(request: HttpRequest, pk: int) -> Submission:
    user = user_of(request)
    return get_object_or_404(selectors.submissions(user).defer("sent_document"), pk=pk)


@rights.needs("view", "submission")
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _own(request, pk))


@rights.needs("view", "submission")
@require_safe
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """The state alone, for the page that waits for it."""
    one = _own(request, pk)
    return render(request, "pasi_connect/submission_state.html", _state(one))


def _state(one: Submission) -> dict[str, Any]:
    return {
        "submission": one,
        "states": words.SUBMISSION,
        "notice_level": NOTICE_LEVEL.get(one.status, ""),
        "why": words.why(one, LinkState.load()),
        "running": one.status in (Status.WAITING, *FLYING),
        "stuck": one.status in STUCK,
        "took": (one.finished_at - one.created_at) if one.status == Status.ACCEPTED and one.finished_at else None,
    }


def _page(
    request: HttpRequest,
    one: Submission,
    form: ExitForm | None = None,
    spelling: SpellingForm | None = None,
    status: int = 200,
    moved: str = "",
) -> HttpResponse:
    user = user_of(request)
    record = Record.load(one.entity, one.key)
    present = record.copy.core_version if record.copy else 0
    open_item = (
        Discrepancy.objects.filter(entity=one.entity, key=one.key, status=Discrepancy.Status.OPEN)
        .order_by("-id")
        .first()
    )
    own_exchanges = list(selectors.exchanges(user).carrying(one.pk).order_by("-id")[:20])
    rows = record.differing
    context = {
        "part": record.entity.part_label(one.part) if one.part else "",
        **_state(one),
        "record": record,
        "item": open_item,
        "rows": rows,
        "equal": record.equal(row["name"] for row in rows),
        "heads": record.heads,
        "fields": words.field_labels(record.entity, one.fields, most=20),
        "sent_fields": words.field_labels(record.entity, one.sent_fields, most=20),
        "form": form or ExitForm(initial={"seen": present}),
        "present": present,
        "may": selectors.sends(user),
        "may_edit": rights.can(user, "edit", "school_enrolment"),
        "can_send": one.status in STUCK,
        "can_end": one.status in (*QUEUED, *STUCK),
        "can_take": one.status in (*QUEUED, *STUCK) and record.copy is not None and bool(rows),
        "ended": one.status in ENDED,
        "spelling": spelling if spelling is not None else _spelling(one, record),
        "exchanges": own_exchanges,
        "outcomes": words.OUTCOME,
        "time_line": record.time_line(),
        "moved": moved,
        "place": lists.place(request, SubmissionFilter),
        "edit_url": record.edit,
    }
    return render(request, "pasi_connect/submission.html", context, status=status)


def _spelling(one: Submission, record: Record, data: Any = None) -> SpellingForm | None:
    """The form where people agree how a text is written for PASI; None where nothing is in the way."""
    if one.status != Status.HELD or one.reason != "text_outside" or record.sis is None:
        return None
    ours = values.ours(record.sis, record.link)
    texts = {
        name: (words.field_label(record.entity, name), ours[name], latin1.proposal(ours[name]))
        for name in values.outside(record.entity, ours)
    }
    return SpellingForm(one, texts, data) if texts else None


def _exit(request: HttpRequest, pk: int, act: Any, done: str) -> HttpResponse:
    """One way out: the service does it or says why not; then the page shows the present state."""
    one = _own(request, pk)
    lists.require(selectors.sends(user_of(request)))
    form = ExitForm(request.POST)
    if not form.is_valid():
        return _page(request, one, form, status=422)
    try:
        act(actor.of_request(request), one.pk, form.cleaned_data)
    except reviews.NotPossible as refused:
        present = Record.load(one.entity, one.key).copy
        kept = {"reason": form.cleaned_data["reason"], "seen": present.core_version if present else 0}
        return _page(request, _own(request, pk), ExitForm(initial=kept), status=409, moved=str(refused))
    except ValidationError as error:
        take_errors(form, error)
        return _page(request, one, form, status=422)
    messages.success(request, done)
    return redirect(reverse("pasi_connect:submission", args=[pk]) + lists.place(request, SubmissionFilter))


@rights.needs("send", "submission")
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Queues it again with PASI's version that the page showed."""

    def act(who: actor.Actor, one: int, entry: dict[str, Any]) -> None:
        reviews.send_again(who, one, seen_version=entry["seen"] or 0)

    return _exit(request, pk, act, _("Queued again. PASI will get the values that you have just seen."))


@rights.needs("send", "submission")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    def act(who: actor.Actor, one: int, entry: dict[str, Any]) -> None:
        reviews.cancel(who, one, reason=entry["reason"])

    return _exit(
        request, pk, act, _("Cancelled. Nothing was sent. Any remaining difference is listed under Changes from PASI.")
    )


@rights.needs("send", "submission")
@require_POST
def take_pasi(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes PASI's values, those that the page showed and no others."""

    def act(who: actor.Actor, one: int, entry: dict[str, Any]) -> None:
        reviews.take_pasi(who, one, reason=entry["reason"], seen_version=entry["seen"] or 0)

    return _exit(request, pk, act, _("PASI's values taken. Nothing is sent."))


@rights.needs("send", "submission")
@require_POST
def spelling(request: HttpRequest, pk: int) -> HttpResponse:
    """A person agrees how a text is written for PASI."""
    one = _own(request, pk)
    lists.require(selectors.sends(user_of(request)))
    record = Record.load(one.entity, one.key)
    form = _spelling(one, record, request.POST)
    if form is None or record.sis is None:
        return _page(request, one, status=409, moved=_("All texts can be sent now."))
    if form.is_valid():
        try:
            reviews.agree_spelling(actor.of_request(request), record.sis, form.cleaned_data)
        except ValidationError as error:
            take_errors(form, error)
        else:
            messages.success(request, _("Spelling approved. The SIS record keeps its own spelling."))
            return redirect(reverse("pasi_connect:submission", args=[pk]) + lists.place(request, SubmissionFilter))
    return _page(request, one, spelling=form, status=422)
