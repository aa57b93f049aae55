"""What people did: the list of actions, one action with its records, and its undo."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from operations import actor, keyset, rights, wording
from operations.actor import user_of
from operations.models import User
from operations.selectors import jobs as jobs_of
from operations.views import lists
from operations.views.jobs import WORDS as JOB_WORDS
from pasi_connect import entities, selectors
from pasi_connect.entities import SCHOOL_ENROLMENT, Entity
from pasi_connect.filters import ActionFilter, DiscrepancyFilter
from pasi_connect.forms.decisions import UndoForm, take_errors
from pasi_connect.models import Action, ActionRecord, BulkSelection
from pasi_connect.services import words
from pasi_connect.services.decisions import taking_back
from pasi_connect.views import change_rows, names

MOST_ROWS = 200  # of those that cannot be taken back
Status = Action.Status
STATES: dict[str, dict[str, Any]] = {
    Status.PLANNED: {"label": Status.PLANNED.label, "icon": "calendar", "level": "sis"},
    Status.DONE: {"label": Status.DONE.label, "icon": "check-circle", "level": "ok"},
    Status.STOPPED: {"label": gettext_lazy("Failed"), "icon": "warn", "level": "attn"},
    Status.CANCELLED: {"label": Status.CANCELLED.label, "icon": "x"},
    Status.UNDONE: {"label": Status.UNDONE.label, "icon": "undo"},
}
LIST = lists.Listing(
    "pasi_connect.actions",
    "pasi_connect:actions",
    columns=(
        lists.Column("state", gettext_lazy("State")),
        lists.Column("records", gettext_lazy("Records")),
        lists.Column("reason", gettext_lazy("Reason")),
        lists.Column("by", gettext_lazy("By")),
    ),
    filters=("kind", "undone"),
)


@dataclass(frozen=True)
class Pages:
    """The pages of a kind of action that has its own, with whom it is about and its way to PASI: `entry`, and taking it `back`."""

    entry: Callable[..., HttpResponseBase]
    back: Callable[..., HttpResponseBase]


PAGES: dict[str, Pages] = {}  # by kind of action; the app that does the action fills it


@rights.needs("view", "action")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if turn := LIST.turn(request, lambda params: ActionFilter(params, selectors.actions(user))):
        return turn
    filterset = ActionFilter(request.GET, selectors.actions(user))
    choices = [("", _("Any")), ("true", _("Yes")), ("false", _("No"))]
    filterset.form.fields["undone"].widget = forms.Select(choices=choices)
    entries = lists.rows(filterset)
    page = lists.page(request, entries, newest_first=True)
    total = keyset.counted(entries)
    numbers, students = names.of_actions(user, page.rows)
    context = {
        "filterset": filterset,
        "chips": lists.chips(request, filterset, besides=()),
        "clear": LIST.clear(request, filterset),
        **LIST.context(request),
        "rows": [
            {
                "action": one,
                "what": what(one),
                "number": numbers.get(one.pk, 0),
                "state": one.shown_status,
                "student": students.get(one.pk),
            }
            for one in page.rows
        ],
        "states": STATES,
        "pager": lists.pager(request, page, total, newest_first=True),
        "total": total,
        "total_shown": keyset.upto(total),
    }
    return render(request, "pasi_connect/actions.html", context, status=200 if filterset.is_valid() else 400)


def _own(request: HttpRequest, pk: int) -> Action:
    return get_object_or_404(selectors.actions(user_of(request)), pk=pk)


@rights.needs("view", "action")
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponseBase:
    user = user_of(request)
    action = _own(request, pk)
    if pages := PAGES.get(action.kind):
        return pages.entry(request, pk=pk)
    records = selectors.action_records(user).filter(action=action)
    sight = selectors.Sight(user)
    own = sight.words(action)
    page = lists.page(request, records, newest_first=False)
    total = records.count()
    waiting = _waiting(request, action) if action.job and not action.job.is_over and not total else None
    context = {
        "action": action,
        "what": what(action),
        "state": action.shown_status,
        "states": STATES,
        "job_words": JOB_WORDS,
        "own": own,
        "facts": facts(action) if own else [],
        "rows": record_rows(user, page.rows),
        "total": total,
        "pager": lists.pager(request, page, total, newest_first=False),
        "waiting": waiting,
        "sees_job": jobs_of(user).filter(pk=action.job_id or 0).exists(),  # another person's job is not shown
        "may_undo": not action.undone_at and bool(taking_back.may_undo(sight, action)),
    }
    return render(request, "pasi_connect/action.html", context)


def what(action: Action) -> str:
    """The kind, and with decisions which one."""
    label = str(action.get_kind_display())
    decision = action.inputs.get("decision") or _single(action)
    if not decision:
        return label
    verbs = {"accept": _("Accept PASI"), "link_anew": _("Relink")}
    return wording.pair(label, verbs.get(decision, _("Keep SIS")))


def _single(action: Action) -> str:
    """Which way one decision went; "" where it went both ways."""
    accepted, rejected = bool(action.inputs.get("accepted")), bool(action.inputs.get("rejected"))
    return "" if accepted == rejected else "accept" if accepted else "reject"


def facts(action: Action) -> list[tuple[str, Any]]:
    """What the person entered, in words."""
    rows: list[tuple[str, Any]] = []
    inputs = action.inputs
    if inputs.get("kinds"):
        rows.append((_("Kinds"), ", ".join(str(words.KIND[kind]["label"]) for kind in inputs["kinds"])))
    if inputs.get("school_year"):
        rows.append((_("School year"), inputs["school_year"]))
    if "exit_code" in inputs:
        rows.append((_("Exit code"), inputs["exit_code"] or _("none")))
    criteria = inputs.get("filter") or {}
    if criteria:
        rows.append((_("Selected by"), ", ".join(_condition(name, value) for name, value in criteria.items())))
    if action.reason:
        rows.append((_("Reason"), action.reason))
    if action.note:
        rows.append((_("Note"), action.note))
    if action.due_on:
        rows.append((_("On"), action.due_on.isoformat()))
    return rows


def _condition(name: str, value: Any) -> str:
    if name == "ref_id":
        number = len(value) if isinstance(value, list) else 1
        return ngettext("%(n)s change, one by one", "%(n)s changes, one by one", number) % {"n": number}
    one = DiscrepancyFilter.base_filters.get(name)
    if one and name in ("alike", "not_alike"):
        return str(one.label)
    choices = {str(key): label for key, label in one.extra.get("choices", [])} if _has_choices(one) else {}
    return wording.pair(one.label if one else name, choices.get(str(value), value))


def _has_choices(one: Any) -> bool:
    return one is not None and not callable(one.extra.get("choices", []))


def _entity(record: ActionRecord) -> Entity:
    """A course that ended together with its stay has no registered kind yet; its fields are named as the stay's."""
    kinds = {entity.kind for entity in entities.written()}
    return entities.by_kind(record.entity) if record.entity in kinds else SCHOOL_ENROLMENT


def record_rows(user: User, records: list[ActionRecord]) -> list[dict[str, Any]]:
    """Rows of an action's records; three queries for names and boards."""
    students = names.of_records(user, records)
    kinds = {record.pk: _entity(record) for record in records}
    sides = [(kinds[record.pk], side) for record in records for side in _sides(record)]
    boards = words.boards(*(side.get(name) for entity, side in sides for name in entity.organizations))
    rows = []
    for record in records:
        name, url = students.get(record.pk, ("", ""))
        entity = kinds[record.pk]
        fields = [field for field in record.after or record.before or {} if words.is_field(entity, field)]
        before, after = record.before or {}, record.after
        rows.append(
            {
                "record": record,
                "name": name,
                "url": url,
                "is_new": record.before is None,
                "kept": not after and record.before is not None,
                "changes": [
                    {
                        "label": words.field_label(entity, field),
                        "before": words.value_text(entity, field, before.get(field), boards),
                        "after": words.value_text(entity, field, after.get(field), boards) if after else "",
                    }
                    for field in fields[:4]
                ],
                "more": max(len(fields) - 4, 0),
            }
        )
    return rows


def _sides(record: ActionRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    return record.before or {}, record.after or {}


def _waiting(request: HttpRequest, action: Action) -> dict[str, Any] | None:
    """One page of the list that a bulk would decide, for those who approve it."""
    selection = BulkSelection.objects.filter(action=action).first()
    if selection is None:
        return None
    user = user_of(request)
    start = int(request.GET["from"]) if request.GET.get("from", "").isdecimal() and len(request.GET["from"]) < 9 else 0
    ids = selection.ids[start : start + lists.SIZE]
    by_id = {item.pk: item for item in selectors.discrepancies(user).filter(pk__in=ids)}
    return {
        "rows": change_rows.shown_rows([by_id[pk] for pk in ids if pk in by_id]),
        "number": len(selection.ids),
        "first": start + 1,
        "last": start + len(ids),
        "earlier": max(start - lists.SIZE, 0) if start else None,
        "next": start + lists.SIZE if start + lists.SIZE < len(selection.ids) else None,
    }


# --- Undo ----------------------------------------------------------------------------------------------------------


@rights.needs("undo", "action")
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What can and cannot be undone (GET); the undo (POST)."""
    user = user_of(request)
    action = _own(request, pk)
    if pages := PAGES.get(action.kind):
        return pages.back(request, pk=pk)
    if action.undone_at:
        return redirect("pasi_connect:action", pk)
    try:
        taking_back.allow(user, action)
    except taking_back.NotPossible:
        raise Http404 from None
    undoer = taking_back.of(action)
    form = UndoForm(request.POST if request.method == "POST" else None, needs_reason=undoer.needs_reason)
    if request.method != "POST":
        return _undo_page(request, action, form)
    if not form.is_valid():
        return _undo_page(request, action, form, status=422)
    who, reason = actor.of_request(request), form.cleaned_data["reason"]
    try:
        former = request.POST.get("do") == "former"
        if not undoer.whole:
            return redirect("operations:job", taking_back.start(who, action.pk, reason, former=former).pk)
        (taking_back.take_former if former else taking_back.undo)(who, action.pk, reason)
    except taking_back.NotPossible as refused:
        return _undo_page(request, action, form, status=409, refused=str(refused))
    except ValidationError as error:
        take_errors(form, error)
        return _undo_page(request, action, form, status=422)
    messages.success(request, _("Undone. Its changes are reversed."))
    return redirect("pasi_connect:action", pk)


def _undo_page(
    request: HttpRequest, action: Action, form: UndoForm, status: int = 200, refused: str = ""
) -> HttpResponse:
    outlook = taking_back.preview(action)
    reasons = Counter(message for _record, message in outlook.cannot)
    part = outlook.cannot[:MOST_ROWS]
    user = user_of(request)
    rows = record_rows(user, [record for record, _message in part])
    context = {
        "action": action,
        "what": what(action),
        "form": form,
        "outlook": outlook,
        "cannot": len(outlook.cannot),
        "reasons": reasons.most_common(),
        "rows": [{**row, "why": message} for row, (_record, message) in zip(rows, part, strict=True)],
        "refused": refused,
        "undoer": taking_back.of(action),
    }
    return render(request, "pasi_connect/action_undo.html", context, status=status)
