"""The form of a student's names and identification."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from operations import clock, rights
from operations.actor import of_request, user_of
from operations.models import AuditEntry
from pasi_connect.entities import by_kind
from pasi_connect.services import pick_lists, states
from pasi_connect.services.words import with_rule
from sis import selectors
from sis.forms.students import IdentificationForm
from sis.models import Student
from sis.rules import student as rules
from sis.services import students as service
from sis.services.events import STUDENT


@rights.needs("edit", "student")
class EditIdentification(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        student = self._student(pk)
        drawn = {"revision": student.revision, "seen_version": states.state_of(student).seen_version}
        return self._page(student, IdentificationForm(instance=student, initial=drawn, documents=self._documents()))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        student, documents = self._student(pk), self._documents()
        form = IdentificationForm(request.POST, instance=student, documents=documents)
        if not form.is_valid():
            return self._page(student, form, 422)
        wanted = form.changed()
        if not wanted and form.cleaned_data["revision"] == student.revision:
            messages.info(request, _("Nothing was changed, so nothing was saved."))
            return redirect("sis:student", student.pk)
        try:
            saved = service.change(
                of_request(request),
                pk,
                wanted,
                expected_revision=form.cleaned_data["revision"] or 0,
                seen_version=form.cleaned_data["seen_version"],
            )
        except service.StaleStudent as stale:
            return self._page(
                stale.current, form.redrawn(stale.current, states.state_of(stale.current).seen_version, documents), 409
            )
        except ValidationError as error:
            form.refuse(error)
            return self._page(student, form, 422)
        messages.success(request, _("Saved."))
        for one in rules.expected(service.values(saved), clock.today()):
            messages.warning(request, f"{with_rule(_(one.message), one.number)} {_(one.next_step)}")
        return redirect("sis:student", saved.pk)

    def _student(self, pk: int) -> Student:
        return get_object_or_404(selectors.students(user_of(self.request)), pk=pk)

    @staticmethod
    def _documents() -> list[tuple[str, str]]:
        choices = pick_lists.of_year(by_kind(STUDENT), None).get("identity_document_type", [])
        return [(code, text) for code, text in choices if code not in rules.NOT_SENT]

    def _page(self, student: Student, form: IdentificationForm, status: int = 200) -> HttpResponse:
        stored = Student.objects.get(pk=student.pk) if status == 422 else student
        expected = rules.expected(service.values(stored), clock.today())
        context = {
            "student": stored,
            "form": form,
            "expected": [
                {"title": with_rule(_(one.message), one.number), "next_step": _(one.next_step), "icon": "warn"}
                for one in dict.fromkeys(expected)
            ],
        }
        if status == 409:
            moved = AuditEntry.objects.filter(entity=STUDENT, subject_id=str(student.pk)).first()
            context |= {"stale": True, "moved": moved, "clashes": form.clashes()}
        return render(self.request, "pasi_connect/identification_form.html", context, status=status)
