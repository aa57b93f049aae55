"""What a guided action did: one entry, its records, and the way back; and what is planned for a later day."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from operations import keyset, rights
from operations.actor import of_request, user_of
from operations.models import User
from operations.views import lists
from pasi_connect import selectors
from pasi_connect.models import Action, ActionRecord
from pasi_connect.services.decisions import taking_back
from pasi_connect.services.states import states_of
from pasi_connect.views.actions import STATES
from registrar.forms.guided import UndoForm
from registrar.rules.guided import OUT_REASONS
from registrar.views.guided import entry_rows
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment, Student
from sis.services.events import SCHOOL_ENROLMENT

SIZE = 25
Status = Action.Status
NOT_DONE = (Status.PLANNED, Status.STOPPED, Status.CANCELLED)


def find(request: HttpRequest, pk: int) -> Action:
    return get_object_or_404(selectors.actions(user_of(request)), pk=pk)


def shown_records(sight: selectors.Sight, action: Action) -> QuerySet[ActionRecord]:
    """What the person sees of it: the records of their schools, and all that their own school's guided action has touched."""
    if action.kind in taking_back.UNDO and taking_back.UNDO[action.kind].across and sight.words(action):
        return action.records.all()
    return selectors.action_records(sight.user).filter(action=action)


@rights.needs("view", "action")
class Entry(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = find(request, pk)
        user = user_of(request)
        sight = selectors.Sight(user)
        records = shown_records(sight, action)
        page = lists.page(request, records, newest_first=False)
        rows = entry_rows.of(page.rows, sight)
        student = the_student(user, action)
        total = records.order_by().count()
        context = {
            "action": action,
            "words": STATES,
            "planned": action.status in NOT_DONE,
            "own": sight.words(action),
            "reason": _(action.reason) if action.reason in OUT_REASONS else action.reason,
            "student": student,
            "rows": rows,
            "states": states_of([row["enrolment"] for row in rows["enrolments"]]),
            "mine": {stay.pk for stay in sis_selectors.enrolments(user).filter(student=student)} if student else set(),
            "total": total,
            "elsewhere": action.records.count() - total,
            "pager": lists.pager(request, page, total, newest_first=False) if page.next or page.previous else None,
            "left": entry_rows.left(action, records, sight),
            "way_back": self._way_back(user, action),
        }
        return render(request, "registrar/guided/entry.html", context)

    @staticmethod
    def _way_back(user: User, action: Action) -> dict[str, Any]:
        """{why}: why it cannot be undone, "" where it can."""
        if action.undone_at:
            return {"why": "", "offered": False}
        try:
            taking_back.allow(user, action)
        except (taking_back.NotPossible, PermissionDenied) as error:
            return {"why": str(error), "offered": False}
        why = taking_back.preview(action).why_not
        return {"why": why, "offered": not why}


def the_student(user: User, action: Action) -> Student | None:
    """Whom the action is about, when the person may see the student."""
    first = action.records.first()
    if first is None:
        return None
    way = "enrolments" if first.entity == SCHOOL_ENROLMENT else "course_enrolments"
    return sis_selectors.students(user).filter(**{way: first.subject_id}).first()


@rights.needs("undo", "action")
class Undo(View):
    """What undoing would restore (GET); undoing (POST), with a reason or, by the message's Undo, without one."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self._action(request, pk), UndoForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = self._action(request, pk)
        form = UndoForm(request.POST)
        if not form.is_valid():
            return self._page(request, action, form, 422)
        try:
            undone = taking_back.undo(of_request(request), action.pk, form.cleaned_data["reason"])
        except ValidationError as error:
            form.refuse(error)
            return self._page(request, action, form, 422)
        except taking_back.NotPossible as error:
            action.refresh_from_db()
            return self._page(request, action, form, 409, refused=str(error))
        messages.success(request, self._result(undone))
        return redirect("pasi_connect:action", action.pk)

    @staticmethod
    def _result(action: Action) -> str:
        if action.status == Status.CANCELLED:
            return _("Cancelled. Nothing was changed or sent.")
        return _("Undone. The former values are sent to PASI where it had already stored the new ones.")

    @staticmethod
    def _action(request: HttpRequest, pk: int) -> Action:
        action = find(request, pk)
        try:
            taking_back.allow(user_of(request), action)
        except taking_back.NotPossible:
            raise Http404 from None
        return action

    @staticmethod
    def _page(
        request: HttpRequest, action: Action, form: UndoForm, status: int = 200, *, refused: str = ""
    ) -> HttpResponse:
        user = user_of(request)
        sight = selectors.Sight(user)
        looked = taking_back.preview(action)
        records = list(shown_records(sight, action).filter(undone_at=None).order_by("-order", "-id")[:SIZE])
        planned = action.status in NOT_DONE
        rows = entry_rows.of(records, sight, back=True)
        context = {
            "action": action,
            "form": form,
            "student": the_student(user, action),
            "looked": looked,
            "rows": rows,
            "planned": planned,
            "refused": refused or looked.why_not,
            "button": _undo_button(looked.can, entry_rows.sent_back(rows), planned=planned),
            "needs_reason": taking_back.UNDO[action.kind].needs_reason,
        }
        return render(request, "registrar/guided/undo.html", context, status=status)


def _undo_button(records: int, sent: int, *, planned: bool) -> str:
    if planned:
        return _("Cancel the planned action")
    if not sent:
        return _("Undo: change %(records)s, send nothing") % {"records": records}
    return _("Undo: change %(records)s, send up to %(sent)s") % {"records": records, "sent": sent}


@rights.needs("act", "school_enrolment")
class Planned(View):
    """What could not be done on its day, then what waits for its day, the next day first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
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
            "words": STATES,
        }
        return render(request, "registrar/guided/planned.html", context)

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
        """Each with the student's name, where the person may see the student. The number of queries does not grow with the rows."""
        firsts = dict(
            ActionRecord.objects.filter(action__in=rows, entity=SCHOOL_ENROLMENT)
            .order_by("-order", "-id")
            .values_list("action_id", "subject_id")
        )
        stays = SchoolEnrolment.objects.filter(
            pk__in=firsts.values(), student__in=sis_selectors.students(user).values("pk")
        ).select_related("student", "school")
        stay_by_id, sight = {stay.pk: stay for stay in stays}, selectors.Sight(user)
        can = taking_back.may_undo(sight, *rows)
        return [
            {
                "action": row,
                "stay": stay_by_id.get(firsts.get(row.pk, 0)),
                "why": row.detail if sight.words(row) else "",
                "may_cancel": row.pk in can,
            }
            for row in rows
        ]
