"""Users, for those who look after people."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from operations import offers
from operations.actor import of_request
from operations.forms import NewPasswordForm, PersonForm, TokenForm
from operations.models import ApiToken, User
from operations.services import accounts, people
from operations.views.doors import Permitted


class ForPeople(Permitted, View):
    permission_required = "operations.people"


class PeopleList(ForPeople):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = {name: request.GET.get(name, "") for name in ("role", "state")}
        people_found = list(self._filtered(asked).prefetch_related("groups").order_by("last_name", "first_name", "pk"))
        roles = list(Group.objects.order_by("pk").values_list("name", flat=True))
        locked = accounts.locked_names(person.username for person in people_found)
        rows = [{"person": person, "locked": person.username in locked} for person in people_found]
        context = {"rows": rows, "roles": roles, "asked": asked}
        return render(request, "operations/people.html", context)

    @staticmethod
    def _filtered(asked: dict[str, str]) -> QuerySet[User]:
        wanted = Q(groups__name=asked["role"]) if asked["role"] else Q()
        if asked["state"] in ("active", "inactive"):
            wanted &= Q(is_active=asked["state"] == "active")
        return User.objects.filter(wanted)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class AddPerson(ForPeople):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(PersonForm(), NewPasswordForm(person=User()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PersonForm(request.POST)
        password_form = NewPasswordForm(request.POST, person=form.instance)
        if not (form.is_valid() & password_form.is_valid()):
            return self._page(form, password_form, 422)
        given = form.cleaned_data
        person = accounts.add_user(of_request(request), given, given["role"], password_form.cleaned_data["password"])
        messages.success(request, _("Added: %(name)s. Now choose the schools.") % {"name": person.full_name})
        return redirect("operations:person", person.pk)

    def _page(self, form: PersonForm, password_form: NewPasswordForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "password_form": password_form}
        return render(self.request, "operations/person_add.html", context, status=status)


def show(request: HttpRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    person = get_object_or_404(User.objects.prefetch_related("groups"), pk=pk)
    context = {
        "person": person,
        "form": forms.get("person") or PersonForm(instance=person),
        "password_form": forms.get("password") or NewPasswordForm(person=person, prefix="new"),
        "token_form": forms.get("token") or TokenForm(prefix="token"),
        "tokens": list(person.api_tokens.all()),
        "made": forms.get("made"),
        "locked": bool(accounts.locked_names([person.username])),
        "panels": offers.panels("operations.person", request, person),
        "wrong": next((form for form in forms.values() if getattr(form, "errors", None)), None),
    }
    return render(request, "operations/person.html", context, status=status)


class PersonPage(ForPeople):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return show(request, pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = PersonForm(request.POST, instance=get_object_or_404(User, pk=pk))
        if not form.is_valid():
            return show(request, pk, 422, person=form)
        try:
            person = accounts.change_user(of_request(request), pk, form.cleaned_data, form.cleaned_data["role"])
        except ValidationError as error:
            form.add_error(None, error)
            return show(request, pk, 422, person=form)
        messages.success(request, _("Saved: %(name)s.") % {"name": person.full_name})
        return redirect("operations:person", pk)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SetPassword(ForPeople):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        form = NewPasswordForm(request.POST, person=person, prefix="new")
        if not form.is_valid():
            return show(request, pk, 422, password=form)
        accounts.set_password(of_request(request), person, form.cleaned_data["password"])
        messages.success(request, _("Saved: a new password for %(name)s.") % {"name": person.full_name})
        return redirect("operations:person", pk)


class Unlock(ForPeople):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        if accounts.unlock(of_request(request), person):
            messages.success(request, _("%(name)s can sign in again at once.") % {"name": person.full_name})
        else:
            messages.info(request, _("%(name)s was not locked.") % {"name": person.full_name})
        return redirect("operations:person", pk)


@method_decorator(never_cache, name="dispatch")
class MakeToken(ForPeople):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        form = TokenForm(request.POST, prefix="token", person=person)
        if not form.is_valid():
            return show(request, pk, 422, token=form)
        made = people.make_token(of_request(request), person, form.cleaned_data["name"], form.until)
        return show(request, pk, made=made)


class RevokeToken(ForPeople):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, token: int) -> HttpResponse:
        found = get_object_or_404(ApiToken, pk=token, user_id=pk)
        people.revoke_token(of_request(request), found)
        messages.success(request, _("Revoked: the token %(name)s.") % {"name": found.name})
        return redirect("operations:person", pk)
