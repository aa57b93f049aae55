"""Who works at which school, shown on the page of a person, which belongs to `operations`."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from operations import rights
from operations.actor import of_request, user_of
from operations.models import User
from sis import selectors
from sis.forms.schools import AccessForm
from sis.services import access


@rights.needs("manage", "user")
class Schools(View):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        form: Any = AccessForm(request.POST, schools=selectors.schools(user_of(request)))
        if form.is_valid():
            access.set_schools(of_request(request), person, form.cleaned_data["schools"])
            messages.success(request, _("The schools of %(name)s are saved.") % {"name": person.full_name})
        else:
            messages.error(request, _("Nothing was saved: one of the schools does not exist."))
        return redirect("operations:person", person.pk)
