"""The two buttons "Send now": on a student's page for one enrolment, on a school's page for all of them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views import View

from operations import rights
from operations.actor import of_request, user_of
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.services.queue import forcing
from sis import selectors


@rights.needs("force", "school_enrolment")
class Forcing(View):
    http_method_names = ["post"]


class SendEnrolment(Forcing):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        enrolment = get_object_or_404(selectors.enrolments(user_of(request)), pk=pk)
        outcome = forcing.send_now(of_request(request), enrolment)
        text = f"{_(outcome.row.message)} {_(outcome.row.next_step)}"
        (messages.success if outcome.row.good else messages.warning)(request, text)
        return redirect("sis:student", enrolment.student_id)


class SendSchool(Forcing):
    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        school = get_object_or_404(selectors.schools(user_of(request)), code=code)
        try:
            job = forcing.start(of_request(request), school, ENTITY)
        except forcing.NotPossible as error:
            messages.warning(request, str(error))
            return redirect("sis:school", code)
        messages.success(request, _("Started: job %(number)s sends the school's enrolments now.") % {"number": job.pk})
        try:
            return redirect(reverse("operations:job", args=[job.pk]))
        except NoReverseMatch:
            return redirect("sis:school", code)
