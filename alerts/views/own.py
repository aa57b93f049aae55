"""Notices and e-mail: what a person wants by mail, and who stands in while they are away."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from alerts import selectors
from alerts.forms import AbsenceForm, MailChoiceForm
from alerts.models import Absence, Mail
from alerts.services import absences, choosing, mailing
from operations import rights
from operations.actor import of_request, user_of

MAILS = 5
STATES = {
    Mail.Status.PLANNED: {"label": Mail.Status.PLANNED.label, "icon": "clock"},
    Mail.Status.SENDING: {"label": Mail.Status.SENDING.label, "icon": "send", "level": "sis"},
    Mail.Status.SENT: {"label": Mail.Status.SENT.label, "icon": "check-circle", "level": "ok"},
    Mail.Status.UNKNOWN: {"label": Mail.Status.UNKNOWN.label, "icon": "help", "level": "attn"},
    Mail.Status.FAILED: {"label": Mail.Status.FAILED.label, "icon": "x-circle", "level": "bad"},
}


def show(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    user = user_of(request)
    decides = user.has_perm(selectors.DECIDES)
    context = {
        "person": user,
        "decides": decides,
        "form": forms.get("choice") or MailChoiceForm(instance=choosing.choice_of(user)),
        "absence_form": forms.get("absence") or AbsenceForm(person=user),
        "absences": list(selectors.absences(user)),
        "mails": list(selectors.mails(user).defer("body")[:MAILS]),
        "states": STATES,
        "wrong": next((form for form in forms.values() if form.errors), None),
    }
    return render(request, "alerts/own.html", context, status=status)


@rights.signed_in
class Own(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        form = MailChoiceForm(request.POST)
        if not form.is_valid():
            return show(request, 422, choice=form)
        choosing.choose(of_request(request), user, form.cleaned_data["how"])
        messages.success(request, _("Your e-mail choice is saved."))
        return redirect("alerts:own")


@rights.signed_in
class TestMail(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        try:
            mailing.plan_test(user)
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        else:
            messages.success(request, _("A test e-mail is on its way to %(address)s.") % {"address": user.email})
        return redirect("alerts:own")


@rights.needs("decide", "change")
class ForDeciders(View):
    http_method_names = ["post"]


class PlanAbsence(ForDeciders):
    def post(self, request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        form = AbsenceForm(request.POST, person=user)
        if not form.is_valid():
            return show(request, 422, absence=form)
        values = form.cleaned_data
        try:
            absence = absences.plan(
                of_request(request), user, values["stand_in"].pk, values["first_day"], values["last_day"]
            )
        except ValidationError as error:
            form.add_error(None, error)
            return show(request, 422, absence=form)
        text = _("Saved. %(who)s covers for you until %(day)s.")
        messages.success(request, text % {"who": absence.stand_in.full_name, "day": absence.last_day.isoformat()})
        return redirect("alerts:own")


class EndAbsence(ForDeciders):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = user_of(request)
        absence = get_object_or_404(Absence.objects.filter(user=user), pk=pk)
        if absences.end(of_request(request), absence.pk):
            messages.success(request, _("Absence ended. Your changes and e-mails come to you again."))
        return redirect("alerts:own")
