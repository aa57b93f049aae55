"""The enrolment form: a SIS record is edited with PASI's version before the person's eyes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from operations.actor import of_request
from operations.models import AuditEntry
from operations.views.doors import Permitted
from pasi_connect import pick_lists
from pasi_connect.models import Submission, SyncSettings
from pasi_connect.rules import window
from pasi_connect.states import State, state_of
from pasi_connect.views import words
from sis import selectors
from sis.forms import EnrolmentForm, NewEnrolmentForm
from sis.models import SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from sis.services import enrolments as service
from sis.services.events import SCHOOL_ENROLMENT


class EditEnrolment(Permitted, View):
    permission_required = "operations.edit_records"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self._enrolment(pk)
        state = state_of(enrolment)
        lists = pick_lists.of_year(enrolment.school_year)
        drawn = {"revision": enrolment.revision, "seen_version": state.seen_version}
        return self._page(enrolment, state, EnrolmentForm(instance=enrolment, initial=drawn, pick_lists=lists))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self._enrolment(pk)
        lists = pick_lists.of_year(enrolment.school_year)
        form = EnrolmentForm(request.POST, instance=enrolment, pick_lists=lists)
        if not form.is_valid() or "back" in request.POST:
            return self._page(enrolment, state_of(enrolment), form, 200 if form.is_valid() else 422)
        wanted = form.changed()
        if not wanted and form.cleaned_data["revision"] == enrolment.revision:
            messages.info(request, _("Nothing was changed, so nothing was saved or sent."))
            return redirect("sis:student", enrolment.student_id)
        if "deleted" in wanted and "confirmed" not in request.POST:
            return self._ask(enrolment, form, bool(wanted["deleted"]))
        try:
            saved = service.change(
                of_request(request),
                pk,
                wanted,
                expected_revision=form.cleaned_data["revision"] or 0,
                seen_version=form.cleaned_data["seen_version"] or 0,
                guided=False,
            )
        except service.GuidedOnly as only:
            form.add_error("exit_date_type", str(only))
            return self._page(enrolment, state_of(enrolment), form, 409, stale=False)
        except service.StaleRecord as stale:
            state = state_of(stale.current)
            return self._page(stale.current, state, form.redrawn(stale.current, state.seen_version, lists), 409)
        except ValidationError as error:
            form.refuse(error)
            return self._page(enrolment, state_of(enrolment), form, 422)
        saved_message(request, saved)
        return redirect("sis:student", saved.student_id)

    def _enrolment(self, pk: int) -> SchoolEnrolment:
        return get_object_or_404(selectors.enrolments(self.request.user), pk=pk)  # type: ignore[arg-type]

    def _page(
        self, enrolment: SchoolEnrolment, state: State, form: EnrolmentForm, status: int = 200, stale: bool = True
    ) -> HttpResponse:
        submission = Submission.objects.filter(pk=state.submission).first() if state.submission else None
        context = {
            "enrolment": enrolment,
            "student": enrolment.student,
            "form": form,
            "state": state,
            "states": {enrolment.pk: state},
            "submission": submission,
            "why": words.why(submission) if submission else None,
            "overlaps": overlaps(enrolment),
        }
        if status == 409 and stale:
            last = AuditEntry.objects.filter(subject_type=SCHOOL_ENROLMENT, subject_id=str(enrolment.pk)).first()
            context |= {"stale": True, "moved": last, "clashes": form.clashes()}
        return render(self.request, "pasi_connect/enrolment_form.html", context, status=status)

    def _ask(self, enrolment: SchoolEnrolment, form: EnrolmentForm, deleting: bool) -> HttpResponse:
        """A deletion reaches PASI too: its effects are shown before it is done."""
        sent = [(name, value) for name, values in self.request.POST.lists() for value in values]
        kept = [(name, value) for name, value in sent if name not in ("csrfmiddlewaretoken", "confirmed", "back")]
        others = [entry["label"] for entry in form.clashes() if entry["label"] != form["deleted"].label]
        context = {
            "enrolment": enrolment,
            "student": enrolment.student,
            "deleting": deleting,
            "kept": kept,
            "others": others,
            "state": state_of(enrolment),
        }
        return render(self.request, "pasi_connect/enrolment_confirm.html", context)


class AddEnrolment(Permitted, View):
    permission_required = "operations.edit_records"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        student = self._student(pk)
        year = selectors.current_year()
        return self._page(student, self._form(student, initial={"school_year": str(year)}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        student = self._student(pk)
        form = self._form(student, request.POST)
        if not form.is_valid():
            return self._page(student, form, 422)
        school, year = form.cleaned_data["school"], form.cleaned_data["school_year"]
        try:
            with transaction.atomic():
                # A form sent twice waits here, and then finds the enrolment that the first one made.
                Student.objects.select_for_update().get(pk=student.pk)
                self._refuse_twin(student, school, year, form.cleaned_data["start_date"])
                made = service.create(of_request(request), student, school, year, form.changed())
        except ValidationError as error:
            form.refuse(error)
            return self._page(student, form, 422)
        saved_message(request, made)
        return redirect("sis:student", student.pk)

    def _student(self, pk: int) -> Student:
        return get_object_or_404(selectors.students(self.request.user), pk=pk)  # type: ignore[arg-type]

    def _form(self, student: Student, data: Any = None, **kwargs: Any) -> NewEnrolmentForm:
        asked = None
        if data:
            try:
                asked = SchoolYear.parse(data.get("school_year", ""))
            except ValueError:
                asked = None
        return NewEnrolmentForm(
            data,
            schools=selectors.schools(self.request.user),  # type: ignore[arg-type]
            years=self._years(),
            pick_lists=pick_lists.of_year(asked or selectors.current_year()),
            **kwargs,
        )

    @staticmethod
    def _years() -> list[SchoolYear]:
        """The years that are synchronised; this one and the next while PASI has not told them."""
        settings = SyncSettings.load()
        known = window.synchronised(settings.current_school_year, settings.historical_years)
        current = selectors.current_year()
        return sorted(known | {current, current + 1}, reverse=True)

    @staticmethod
    def _refuse_twin(student: Student, school: Any, year: SchoolYear, start: Any) -> None:
        same = student.enrolments.filter(school=school, school_year=year, start_date=start, deleted=False)
        if same.exists():
            raise ValidationError(
                {"start_date": [_("The student has an enrolment at this school from this day already.")]}
            )

    def _page(self, student: Student, form: NewEnrolmentForm, status: int = 200) -> HttpResponse:
        context = {"student": student, "form": form, "adding": True}
        return render(self.request, "pasi_connect/enrolment_form.html", context, status=status)


class EnrolmentState(LoginRequiredMixin, View):
    """The badge alone, for pages that show an enrolment on its way."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = get_object_or_404(selectors.enrolments(request.user), pk=pk)  # type: ignore[arg-type]
        context = {"states": {enrolment.pk: state_of(enrolment)}, "enrolment": enrolment}
        return render(request, "pasi_connect/cells/state_alone.html", context)


def overlaps(enrolment: SchoolEnrolment) -> list[SchoolEnrolment]:
    """Other live stays at the same school, year and programming type that share a day with this one."""
    if enrolment.deleted:
        return []
    others = SchoolEnrolment.objects.filter(
        student_id=enrolment.student_id,
        school_id=enrolment.school_id,
        school_year=enrolment.school_year,
        programming_type=enrolment.programming_type,
        deleted=False,
        start_date__lte=enrolment.exit_date,
        exit_date__gte=enrolment.start_date,
    )
    return list(others.exclude(pk=enrolment.pk).order_by("start_date"))


def saved_message(request: HttpRequest, enrolment: SchoolEnrolment) -> None:
    messages.success(request, _("Saved. On its way to PASI."))
    for other in overlaps(enrolment):
        text = _(
            "This stay overlaps another one at the same school, from %(start)s to %(exit)s. Check whether both are right."
        )
        messages.warning(request, text % {"start": other.start_date.isoformat(), "exit": other.exit_date.isoformat()})
