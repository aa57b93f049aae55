"""Who looks after a change, and until when it can wait: the two forms of a change's page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from alerts.forms import AssignForm, SnoozeForm
from alerts.services import assigning, snoozing
from operations import rights
from operations.actor import of_request, user_of
from operations.models import User
from pasi_connect import selectors as pasi
from pasi_connect.models import Discrepancy
from pasi_connect.views.working_list import WorkingList


@rights.needs("decide", "change")
class OnItem(View):
    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What lies outside of the person's schools does not exist."""
        user = user_of(request)
        self.item: Discrepancy = get_object_or_404(pasi.discrepancies(user), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def back(self, error: Exception | None = None) -> HttpResponse:
        if isinstance(error, ValidationError):
            messages.error(self.request, _("Not saved: %(why)s") % {"why": " ".join(error.messages)})
        elif error is not None:
            messages.warning(self.request, _("Not saved: %(why)s") % {"why": error})
        user = user_of(self.request)
        return redirect(WorkingList(user, self.request.GET).url_of(self.item.pk))


class Assign(OnItem):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = AssignForm(request.POST)
        if not form.is_valid():
            return self.back(
                ValidationError(_("Choose a person from the list."))
            )  # whatever else it was, it was no form of ours
        to, holder_id = form.cleaned_data["to"], form.cleaned_data["seen"]
        try:
            done = assigning.assign(
                of_request(request), pk, to, holder_id=holder_id, reason=form.cleaned_data["reason"]
            )
        except (ValidationError, assigning.Moved) as error:
            return self.back(error)
        if not done:
            messages.info(request, _("No change was needed."))
        elif to is None:
            messages.success(request, _("This change is no longer assigned to anyone."))
        elif to == request.user.pk:
            messages.success(request, _("This change is now assigned to you."))
        else:
            messages.success(
                request, _("This change is now assigned to %(who)s.") % {"who": User.objects.get(pk=to).full_name}
            )
        return self.back()


class SnoozeItem(OnItem):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if "wake" in request.POST:
            if snoozing.snooze(of_request(request), pk, None):
                messages.success(request, _("This change is no longer postponed."))
            return self.back()
        form = SnoozeForm(request.POST)
        if not form.is_valid():
            faults = [fault for texts in form.errors.values() for fault in texts]
            return self.back(ValidationError([str(fault) for fault in faults]))
        until = form.cleaned_data["until"]
        try:
            snoozing.snooze(of_request(request), pk, until, form.cleaned_data["reason"])
        except ValidationError as error:
            return self.back(error)
        messages.success(request, _("Postponed until %(day)s.") % {"day": until.isoformat()})
        return self.back()
