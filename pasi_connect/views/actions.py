"""What people did: the list of actions, one with its records, and taking it back."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from operations import actor, keyset
from operations.models import User
from operations.views.jobs import WORDS as JOB_WORDS
from pasi_connect import selectors
from pasi_connect.filters import ActionFilter
from pasi_connect.forms import UndoForm, take_errors
from pasi_connect.models import Action, ActionRecord, BulkSelection
from pasi_connect.services.actions import undoing
from pasi_connect.views import changes, lists, words
from pasi_connect.views.guided import entry
from sis.models import SchoolEnrolment
from sis.services.events import SCHOOL_ENROLMENT

SHOWN = 200  # of those that cannot be taken back


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    filterset = ActionFilter(request.GET, selectors.actions(user))
    choices = [("", _("Any")), ("true", _("Yes")), ("false", _("No"))]
    filterset.form.fields["undone"].widget = forms.Select(choices=choices)
    found = lists.rows(filterset)
    made = lists.page(request, found, newest_first=True)
    total = keyset.counted(found)
    numbers = Counter(
        selectors.action_records(user)
        .filter(action__in=[one.pk for one in made.rows])
        .order_by()
        .values_list("action_id", flat=True)
    )
    context = {
        "filterset": filterset,
        "chips": lists.chips(request, filterset, besides=()),
        "clear": "?",
        "rows": [{"action": one, "what": what(one), "number": numbers[one.pk], "state": one.shown_status} for one in made.rows],
        "states": entry.WORDS,
        "pager": lists.pager(request, made, total, newest_first=True),
        "total": total,
        "total_shown": keyset.upto(total),
    }
    return render(request, "pasi_connect/actions.html", context, status=200 if filterset.is_valid() else 400)


def _own(request: HttpRequest, pk: int) -> Action:
    return get_object_or_404(selectors.actions(request.user), pk=pk)  # type: ignore[arg-type]


def is_guided(action: Action) -> bool:
    """Guided actions have pages of their own, with the student and the way to PASI."""
    undoer = undoing.UNDO.get(action.kind)
    return action.kind != Action.Kind.DECISION and (undoer is None or undoer.whole)


@login_required
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponseBase:
    user: User = request.user  # type: ignore[assignment]
    action = _own(request, pk)
    if is_guided(action):
        return entry.Entry.as_view()(request, pk=pk)
    records = selectors.action_records(user).filter(action=action)
    made = lists.page(request, records, newest_first=False)
    total = records.count()
    waiting = _waiting(request, action) if action.job and not action.job.is_over and not total else None
    context = {
        "action": action,
        "what": what(action),
        "state": action.shown_status,
        "states": entry.WORDS,
        "job_words": JOB_WORDS,
        "facts": facts(action),
        "rows": record_rows(made.rows),
        "total": total,
        "pager": lists.pager(request, made, total, newest_first=False),
        "waiting": waiting,
        "may_undo": _may_undo(user, action),
    }
    return render(request, "pasi_connect/action.html", context)


def what(action: Action) -> str:
    """The kind, and with decisions which one."""
    label = str(action.get_kind_display())
    decision = action.given.get("decision") or _single(action)
    if not decision:
        return label
    return f"{label}: {_('Accept PASI') if decision == 'accept' else _('Keep SIS')}"


def _single(action: Action) -> str:
    """Which way one decision went; "" where it went both ways."""
    accepted, rejected = bool(action.given.get("accepted")), bool(action.given.get("rejected"))
    return "" if accepted == rejected else "accept" if accepted else "reject"


def facts(action: Action) -> list[tuple[str, Any]]:
    """What was asked, in words."""
    told: list[tuple[str, Any]] = []
    given = action.given
    if given.get("kinds"):
        told.append((_("Kinds"), ", ".join(str(words.KIND[kind]["label"]) for kind in given["kinds"])))
    if given.get("school_year"):
        told.append((_("School year"), given["school_year"]))
    if "exit_code" in given:
        told.append((_("Exit code"), given["exit_code"] or _("none")))
    asked = given.get("filter") or {}
    if asked:
        told.append((_("Chosen by"), ", ".join(_asked(name, value) for name, value in asked.items())))
    if action.reason:
        told.append((_("Reason"), action.reason))
    if action.note:
        told.append((_("Note"), action.note))
    if action.due_on:
        told.append((_("On"), action.due_on.isoformat()))
    return told


def _asked(name: str, value: Any) -> str:
    if name == "ref_id":
        number = len(value) if isinstance(value, list) else 1
        return ngettext("%(n)s change, one by one", "%(n)s changes, one by one", number) % {"n": number}
    one = changes.DiscrepancyFilter.base_filters.get(name)
    choices = {str(key): label for key, label in one.extra.get("choices", [])} if _has_choices(one) else {}
    return f"{one.label if one else name}: {choices.get(str(value), value)}"


def _has_choices(one: Any) -> bool:
    return one is not None and not callable(one.extra.get("choices", []))


def record_rows(records: list[ActionRecord]) -> list[dict[str, Any]]:
    """Rows of an action's records; two queries for names and boards."""
    ids = [record.subject_id for record in records if record.subject_type == SCHOOL_ENROLMENT]
    enrolments = SchoolEnrolment.objects.select_related("student").in_bulk(ids)
    boards = words.boards(*(side.get(name) for record in records for side in _sides(record) for name in words.BOARDS))
    rows = []
    for record in records:
        enrolment = enrolments.get(record.subject_id) if record.subject_type == SCHOOL_ENROLMENT else None
        names = [name for name in record.after or record.before or {} if words.is_field(name)]
        before, after = record.before or {}, record.after
        rows.append(
            {
                "record": record,
                "enrolment": enrolment,
                "name": enrolment.student.name if enrolment else "",
                "url": reverse("sis:student", args=[enrolment.student_id]) if enrolment else "",
                "made": record.before is None,
                "kept": not after and record.before is not None,
                "changes": [
                    {
                        "label": words.field_label(name),
                        "before": words.shown(name, before.get(name), boards),
                        "after": words.shown(name, after.get(name), boards) if after else "",
                    }
                    for name in names[:4]
                ],
                "more": max(len(names) - 4, 0),
            }
        )
    return rows


def _sides(record: ActionRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    return record.before or {}, record.after or {}


def _waiting(request: HttpRequest, action: Action) -> dict[str, Any] | None:
    """The list that a bulk would decide, a page of it; for those who approve it."""
    selection = BulkSelection.objects.filter(action=action).first()
    if selection is None:
        return None
    user: User = request.user  # type: ignore[assignment]
    start = int(request.GET["from"]) if request.GET.get("from", "").isdecimal() and len(request.GET["from"]) < 9 else 0
    ids = selection.ids[start : start + lists.SIZE]
    found = {item.pk: item for item in selectors.discrepancies(user).filter(pk__in=ids)}
    return {
        "rows": changes.shown_rows([found[pk] for pk in ids if pk in found]),
        "number": len(selection.ids),
        "first": start + 1,
        "last": start + len(ids),
        "earlier": max(start - lists.SIZE, 0) if start else None,
        "next": start + lists.SIZE if start + lists.SIZE < len(selection.ids) else None,
    }


# --- Undo ----------------------------------------------------------------------------------------------------------


def _may_undo(user: User, action: Action) -> bool:
    undoer = undoing.UNDO.get(action.kind)
    if undoer is None or action.undone_at or not user.has_perm(undoer.permission):
        return False
    return undoer.across or selectors.sees_whole(user, action)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What would go back and what no longer (GET); taking it back (POST)."""
    user: User = request.user  # type: ignore[assignment]
    action = _own(request, pk)
    if is_guided(action):
        return entry.Undo.as_view()(request, pk=pk)
    if action.undone_at:
        return redirect("pasi_connect:action", pk)
    lists.require(_may_undo(user, action))
    undoer = undoing.of(action)
    form = UndoForm(request.POST if request.method == "POST" else None, needs_reason=undoer.needs_reason)
    if request.method != "POST":
        return _undo_page(request, action, form)
    if not form.is_valid():
        return _undo_page(request, action, form, status=422)
    who, reason = actor.of_request(request), form.cleaned_data["reason"]
    try:
        if not undoer.whole:
            return redirect("operations:job", undoing.start(who, action.pk, reason).pk)
        undoing.undo(who, action.pk, reason)
    except undoing.NotPossible as refused:
        return _undo_page(request, action, form, status=409, refused=str(refused))
    except ValidationError as error:
        take_errors(form, error)
        return _undo_page(request, action, form, status=422)
    messages.success(request, _("Taken back. What it changed stands as before."))
    return redirect("pasi_connect:action", pk)


def _undo_page(
    request: HttpRequest, action: Action, form: UndoForm, status: int = 200, refused: str = ""
) -> HttpResponse:
    seen = undoing.preview(action)
    reasons = Counter(message for _record, message in seen.cannot)
    shown = seen.cannot[:SHOWN]
    rows = record_rows([record for record, _message in shown])
    context = {
        "action": action,
        "what": what(action),
        "form": form,
        "seen": seen,
        "cannot": len(seen.cannot),
        "reasons": reasons.most_common(),
        "rows": [{**row, "why": message} for row, (_record, message) in zip(rows, shown, strict=True)],
        "refused": refused,
        "undoer": undoing.of(action),
    }
    return render(request, "pasi_connect/action_undo.html", context, status=status)
