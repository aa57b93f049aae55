"""The enrolment form: a SIS record is edited with PASI's version before the person's eyes."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from operations import offers, rights
from operations.actor import of_request, user_of
from operations.models import AuditEntry
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Submission
from pasi_connect.services import pick_lists, words
from pasi_connect.services.compare.context import Context
from pasi_connect.services.decisions import expected
from pasi_connect.services.states import State, state_of
from pasi_connect.views import expectations
from sis import selectors
from sis.forms.enrolments import EnrolmentForm
from sis.models import SchoolEnrolment
from sis.rules.enrolment import WITHDRAWAL
from sis.services import enrolments as service
from sis.services.events import SCHOOL_ENROLMENT


@rights.needs("edit", "school_enrolment")
class EditEnrolment(View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self._enrolment(pk)
        state = state_of(enrolment)
        lists = pick_lists.of_year(ENTITY, enrolment.school_year)
        drawn = {"revision": enrolment.revision, "seen_version": state.seen_version}
        return self._page(enrolment, state, EnrolmentForm(instance=enrolment, initial=drawn, pick_lists=lists))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = self._enrolment(pk)
        lists = pick_lists.of_year(ENTITY, enrolment.school_year)
        form = EnrolmentForm(request.POST, instance=enrolment, pick_lists=lists)
        if not form.is_valid():
            return self._page(enrolment, state_of(enrolment), form, 422)
        wanted = form.changed()
        if not wanted and form.cleaned_data["revision"] == enrolment.revision:
            messages.info(request, _("Nothing was changed, so nothing was saved or sent."))
            return redirect("sis:student", enrolment.student_id)
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
            kept = form.without(only.field, lists) if only.field in form.fields else form
            return self._page(enrolment, state_of(enrolment), kept, 409, guided=only)
        except service.StaleRecord as stale:
            state = state_of(stale.current)
            return self._page(stale.current, state, form.redrawn(stale.current, state.seen_version, lists), 409)
        except ValidationError as error:
            form.refuse(error)
            return self._page(enrolment, state_of(enrolment), form, 422)
        saved_message(request, saved)
        return redirect("sis:student", saved.student_id)

    def _enrolment(self, pk: int) -> SchoolEnrolment:
        return get_object_or_404(selectors.enrolments(user_of(self.request)), pk=pk)

    def _page(
        self,
        enrolment: SchoolEnrolment,
        state: State,
        form: EnrolmentForm,
        status: int = 200,
        guided: service.GuidedOnly | None = None,
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
            "expected": expectations.lines(expected.of_enrolments([enrolment])[0]),
            "withdrawn": enrolment.exit_date_type == WITHDRAWAL,
            "historical": Context().is_historical(enrolment.school_year),
            "actions": offers.deeds[SCHOOL_ENROLMENT].links(enrolment),
        }
        if guided:
            context |= {
                "guided": str(guided),
                "guided_url": offers.deeds[SCHOOL_ENROLMENT].url(guided.action, enrolment),
            }
        elif status == 409:
            last = AuditEntry.objects.filter(entity=SCHOOL_ENROLMENT, subject_id=str(enrolment.pk)).first()
            context |= {"stale": True, "moved": last, "clashes": form.clashes()}
        return render(self.request, "pasi_connect/enrolment_form.html", context, status=status)


@rights.needs("view", "school_enrolment")
class EnrolmentState(View):
    """The badge alone, for pages that show an enrolment on its way."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = get_object_or_404(selectors.enrolments(user_of(request)), pk=pk)
        context = {"states": {enrolment.pk: state_of(enrolment)}, "enrolment": enrolment}
        return render(request, "pasi_connect/cells/state_alone.html", context)


def saved_message(request: HttpRequest, enrolment: SchoolEnrolment) -> None:
    """What was saved, where it goes from here, and what PASI will say about it."""
    messages.success(request, saved_text(enrolment))
    for one in expected.of_enrolments([enrolment])[0]:
        messages.warning(request, f"{expectations.title(one)} {_(one.next_step)}")


def saved_text(enrolment: SchoolEnrolment) -> str:
    """What was saved, and when it goes to PASI."""
    context, year = Context(), enrolment.school_year
    words_of_year = {"year": str(year), "day": f"{year.ending - 1}-01-01"}
    if year > context.last_possible:
        return _("Saved. PASI accepts %(year)s from %(day)s; it is sent automatically on that day.") % words_of_year
    if context.year_closed(year):
        return _("Saved here. PASI no longer accepts %(year)s, so it is not sent.") % words_of_year
    if context.is_historical(year):
        return _("Saved and held: %(year)s is not synchronized. Compare with PASI to send it.") % words_of_year
    return _("Saved. On its way to PASI.")
