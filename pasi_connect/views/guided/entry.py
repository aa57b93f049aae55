"""What a guided action did: one entry, its records, and the way back; and what is planned for a day to come."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations import keyset
from operations.actor import of_request
from operations.models import User
from operations.views.doors import Permitted
from pasi_connect import selectors
from pasi_connect.guided_forms import UndoForm
from pasi_connect.models import Action, ActionRecord
from pasi_connect.rules.guided import OUT_REASONS
from pasi_connect.services.actions import undoing
from pasi_connect.states import states_of
from pasi_connect.views import lists
from pasi_connect.views.guided import entry_rows
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment, Student
from sis.services.events import SCHOOL_ENROLMENT

SIZE = 25
Status = Action.Status
WORDS: dict[str, dict[str, Any]] = {
    Status.PLANNED: {"label": Status.PLANNED.label, "icon": "calendar", "level": "sis"},
    Status.DONE: {"label": Status.DONE.label, "icon": "check-circle", "level": "ok"},
    Status.STOPPED: {"label": gettext_lazy("Could not be done"), "icon": "warn", "level": "attn"},
    Status.CANCELLED: {"label": Status.CANCELLED.label, "icon": "x"},
    Status.UNDONE: {"label": Status.UNDONE.label, "icon": "undo"},
}
NOT_DONE = (Status.PLANNED, Status.STOPPED, Status.CANCELLED)


def find(request: HttpRequest, pk: int) -> Action:
    return get_object_or_404(selectors.actions(request.user), pk=pk)  # type: ignore[arg-type]


def shown_records(user: User, action: Action) -> QuerySet[ActionRecord]:
    """What the person sees of it: the records of their schools; all that their own school's guided action has touched."""
    if action.kind in undoing.UNDO and undoing.UNDO[action.kind].across and is_own(user, action):
        return action.records.all()
    return selectors.action_records(user).filter(action=action)


def is_own(user: User, action: Action) -> bool:
    """Done at one of the person's schools: reason and note are theirs to read."""
    codes = sis_selectors.school_codes(user)
    return codes is None or action.school_code in codes or (not action.school_code and selectors.sees_whole(user, action))


class Entry(LoginRequiredMixin, View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = find(request, pk)
        user: Any = request.user
        found = shown_records(user, action)
        page = lists.page(request, found, newest_first=False)
        rows = entry_rows.of(page.rows)
        student = the_student(user, action)
        total = found.order_by().count()
        context = {
            "action": action,
            "words": WORDS,
            "planned": action.status in NOT_DONE,
            "own": is_own(user, action),
            "reason": _(action.reason) if action.reason in OUT_REASONS else action.reason,
            "student": student,
            "rows": rows,
            "states": states_of([row["enrolment"] for row in rows["enrolments"]]),
            "mine": {stay.pk for stay in sis_selectors.enrolments(user).filter(student=student)} if student else set(),
            "total": total,
            "elsewhere": action.records.count() - total,
            "pager": lists.pager(request, page, total, newest_first=False) if page.next or page.previous else None,
            "left": entry_rows.left(action, found),
            "way_back": self._way_back(user, action),
        }
        return render(request, "pasi_connect/guided/entry.html", context)

    @staticmethod
    def _way_back(user: User, action: Action) -> dict[str, Any]:
        """{why}: the sentence why it cannot be taken back, "" where it can."""
        if action.undone_at:
            return {"why": "", "offered": False}
        try:
            undoer = undoing.of(action)
        except undoing.NotPossible as error:
            return {"why": str(error), "offered": False}
        if not may_undo(user, action, undoer):
            return {"why": _("Your role or your schools do not let you take this back."), "offered": False}
        why = undoing.preview(action).why_not
        return {"why": why, "offered": not why}


def may_undo(user: User, action: Action, undoer: undoing.Undoer) -> bool:
    return user.has_perm(undoer.permission) and (undoer.across or selectors.sees_whole(user, action))


def the_student(user: User, action: Action) -> Student | None:
    """Whom the action is about, when the person may see the student."""
    first = action.records.first()
    if first is None:
        return None
    way = "enrolments" if first.subject_type == SCHOOL_ENROLMENT else "course_enrolments"
    return sis_selectors.students(user).filter(**{way: first.subject_id}).first()


class Undo(LoginRequiredMixin, View):
    """What would go back (GET); taking it back (POST), with a reason or, by the message's Undo, without one."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self._action(request, pk), UndoForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = self._action(request, pk)
        form = UndoForm(request.POST)
        if not form.is_valid():
            return self._page(request, action, form, 422)
        try:
            undone = undoing.undo(of_request(request), action.pk, form.cleaned_data["reason"])
        except ValidationError as error:
            form.refuse(error)
            return self._page(request, action, form, 422)
        except undoing.NotPossible as error:
            action.refresh_from_db()
            return self._page(request, action, form, 409, refused=str(error))
        messages.success(request, self._result(undone))
        return redirect("pasi_connect:action", action.pk)

    @staticmethod
    def _result(action: Action) -> str:
        if action.status == Status.CANCELLED:
            return _("Cancelled: nothing was changed, nothing is sent.")
        return _("Taken back. What PASI has taken already gets its former values.")

    @staticmethod
    def _action(request: HttpRequest, pk: int) -> Action:
        action = find(request, pk)
        try:
            undoer = undoing.of(action)
        except undoing.NotPossible:
            raise Http404 from None
        if not may_undo(request.user, action, undoer):  # type: ignore[arg-type]
            raise PermissionDenied
        return action

    @staticmethod
    def _page(
        request: HttpRequest, action: Action, form: UndoForm, status: int = 200, *, refused: str = ""
    ) -> HttpResponse:
        user: Any = request.user
        looked = undoing.preview(action)
        found = list(shown_records(user, action).filter(undone_at=None).order_by("-order", "-id")[:SIZE])
        planned = action.status in NOT_DONE
        rows = entry_rows.of(found, back=True)
        context = {
            "action": action,
            "form": form,
            "student": the_student(user, action),
            "looked": looked,
            "rows": rows,
            "planned": planned,
            "refused": refused or looked.why_not,
            "button": _undo_button(looked.can, entry_rows.sent_back(rows), planned=planned),
            "needs_reason": undoing.UNDO[action.kind].needs_reason,
        }
        return render(request, "pasi_connect/guided/undo.html", context, status=status)


def _undo_button(records: int, sent: int, *, planned: bool) -> str:
    if planned:
        return _("Cancel what is planned")
    if not sent:
        return _("Take back: change %(records)s, send nothing") % {"records": records}
    return _("Take back: change %(records)s, send up to %(sent)s") % {"records": records, "sent": sent}


class Planned(Permitted, View):
    """What waits for its day, the next day first; before it what could not be done on its day."""

    permission_required = "operations.edit_records"

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        actions = selectors.actions(user)
        waiting = actions.filter(status=Status.PLANNED)
        rows = list(self._behind(request, waiting).order_by("due_on", "id")[: SIZE + 1])
        more, rows = len(rows) > SIZE, rows[:SIZE]
        total = waiting.order_by().count()
        stopped = list(actions.filter(status=Status.STOPPED).order_by("-id")[:SIZE])
        context = {
            "rows": self._named(user, rows),
            "stopped": self._named(user, stopped),
            "total": total,
            "title": self._title(total),
            "next": f"?after={rows[-1].pk}" if more else "",
            "first": "?" if request.GET.get("after") else "",
            "words": WORDS,
        }
        return render(request, "pasi_connect/guided/planned.html", context)

    @staticmethod
    def _behind(request: HttpRequest, waiting: QuerySet[Action]) -> QuerySet[Action]:
        try:
            mark = keyset.mark(request.GET, "after")
        except ValidationError:
            raise Http404 from None
        edge = waiting.filter(pk=mark).first() if mark is not None else None
        if edge is None:
            return waiting
        return waiting.filter(Q(due_on__gt=edge.due_on) | Q(due_on=edge.due_on, pk__gt=edge.pk))

    @staticmethod
    def _title(total: int) -> str:
        if not total:
            return _("No action is planned")
        return ngettext("%(n)s action is planned", "%(n)s actions are planned", total) % {"n": total}

    @staticmethod
    def _named(user: User, rows: list[Action]) -> list[dict[str, Any]]:
        """Each with the student's name, where the person may see the student. Two queries however many there are."""
        firsts = dict(
            ActionRecord.objects.filter(action__in=rows, subject_type=SCHOOL_ENROLMENT)
            .order_by("-order", "-id")
            .values_list("action_id", "subject_id")
        )
        stays = SchoolEnrolment.objects.filter(
            pk__in=firsts.values(), student__in=sis_selectors.students(user).values("pk")
        ).select_related("student", "school")
        found = {stay.pk: stay for stay in stays}
        return [{"action": row, "stay": found.get(firsts.get(row.pk, 0))} for row in rows]
