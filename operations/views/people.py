"""Users, for those who look after people."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from operations import offers, rights
from operations.actor import of_request, user_of
from operations.forms.accounts import TokenForm
from operations.forms.people import PersonForm, ServiceForm
from operations.models import ApiToken, User
from operations.services import accounts, invitations, people
from operations.views import lists
from operations.views.profile import API_CALL


@rights.needs("manage", "user")
class ForPeople(View):
    """For those who look after people."""


class PeopleList(ForPeople):
    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = {name: request.GET.get(name, "") for name in ("role", "state", "kind")}
        lists.refuse_unknown(request, chosen)
        persons = list(self._filtered(chosen).prefetch_related("groups").order_by("last_name", "first_name", "pk"))
        roles = list(Group.objects.order_by("pk").values_list("name", flat=True))
        locked = accounts.locked_names(person.username for person in persons)
        rows = [{"person": person, "locked": person.username in locked} for person in persons]
        services = sum(person.is_service for person in persons)
        context = {
            "rows": rows,
            "persons": len(rows) - services,
            "services": services,
            "roles": roles,
            "kinds": User.Kind.choices,
            "chosen": chosen,
        }
        return render(request, "operations/people.html", context)

    @staticmethod
    def _filtered(chosen: dict[str, str]) -> QuerySet[User]:
        wanted = Q(groups__name=chosen["role"]) if chosen["role"] else Q()
        if chosen["state"] in ("active", "inactive"):
            wanted &= Q(is_active=chosen["state"] == "active")
        if chosen["kind"] in User.Kind.values:
            wanted &= Q(kind=chosen["kind"])
        return User.objects.filter(wanted)


class AddPerson(ForPeople):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(PersonForm(by=user_of(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PersonForm(request.POST, by=user_of(request))
        if not form.is_valid():
            return self._page(form, 422)
        person = accounts.add_user(of_request(request), form.cleaned_data, form.cleaned_data["role"])
        messages.success(request, _("%(name)s was added. Now choose the schools.") % {"name": person.full_name})
        return invite(request, person)

    def _page(self, form: PersonForm, status: int = 200) -> HttpResponse:
        return render(self.request, "operations/person_add.html", {"form": form}, status=status)


def invite(request: HttpRequest, person: User) -> HttpResponse:
    """A new link to set the password: by mail, or shown in this answer alone."""
    raw = invitations.make(of_request(request), person)
    if invitations.send(person, raw):
        messages.success(request, _("A link to set the password was sent to %(address)s.") % {"address": person.email})
        return redirect("operations:person", person.pk)
    return show(request, person.pk, invitation=request.build_absolute_uri(reverse("invitation", args=[raw])))


class AddService(ForPeople):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(ServiceForm(by=user_of(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ServiceForm(request.POST, by=user_of(request))
        if not form.is_valid():
            return self._page(form, 422)
        account = accounts.add_service(of_request(request), form.cleaned_data, form.cleaned_data["role"])
        messages.success(
            request, _("%(name)s was added. Now choose the schools and make a token.") % {"name": account.full_name}
        )
        return redirect("operations:person", account.pk)

    def _page(self, form: ServiceForm, status: int = 200) -> HttpResponse:
        return render(self.request, "operations/service_add.html", {"form": form}, status=status)


def form_of(person: User) -> type[PersonForm] | type[ServiceForm]:
    return ServiceForm if person.is_service else PersonForm


def show(request: HttpRequest, pk: int, status: int = 200, **forms: Any) -> HttpResponse:
    person = get_object_or_404(User.objects.prefetch_related("groups"), pk=pk)
    context = {
        "person": person,
        "is_mine": person.pk == request.user.pk or rights.looks_after(user_of(request), person),
        "form": forms.get("person") or form_of(person)(instance=person, by=user_of(request)),
        "invitation": forms.pop("invitation", ""),
        "token_form": forms.get("token") or TokenForm(prefix="token", person=person, request=request),
        "tokens": list(person.api_tokens.all()),
        "new_token": forms.get("new_token"),
        "api_address": request.build_absolute_uri(API_CALL),
        "locked": bool(accounts.locked_names([person.username])),
        "panels": offers.panels("operations.person", request, person),
        "wrong": next((form for form in forms.values() if getattr(form, "errors", None)), None),
    }
    return render(request, f"operations/{person.kind}.html", context, status=status)


class PersonPage(ForPeople):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return show(request, pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        present = get_object_or_404(User, pk=pk)
        form = form_of(present)(request.POST, instance=present, by=user_of(request))
        if not form.is_valid():
            return show(request, pk, 422, person=form)
        try:
            person = accounts.change_user(of_request(request), pk, form.cleaned_data, form.cleaned_data["role"])
        except ValidationError as error:
            form.add_error(None, error)
            return show(request, pk, 422, person=form)
        messages.success(request, _("Saved: %(name)s.") % {"name": person.full_name})
        return redirect("operations:person", pk)


class SendLink(ForPeople):
    """Instead of setting a password, which two people would then know."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk, kind=User.Kind.PERSON)
        if not person.is_active:
            messages.warning(request, _("%(name)s cannot sign in, so no link was made.") % {"name": person.full_name})
            return redirect("operations:person", pk)
        return invite(request, person)


class Unlock(ForPeople):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        if accounts.unlock(of_request(request), person):
            messages.success(request, _("%(name)s can sign in again.") % {"name": person.full_name})
        else:
            messages.info(request, _("%(name)s was not locked.") % {"name": person.full_name})
        return redirect("operations:person", pk)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class MakeToken(ForPeople):
    """For a service account. A person's tokens are made by that person, in the profile."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk, kind=User.Kind.SERVICE)
        form = TokenForm(request.POST, prefix="token", person=person, request=request)
        if not form.is_valid():
            return show(request, pk, 422, token=form)
        token = people.make_token(of_request(request), person, form.cleaned_data["name"], form.until, **form.reach)
        return show(request, pk, new_token=token)


class RevokeToken(ForPeople):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, token: int) -> HttpResponse:
        api_token = get_object_or_404(ApiToken, pk=token, user_id=pk)
        people.revoke_token(of_request(request), api_token)
        messages.success(request, _("The token %(name)s is revoked.") % {"name": api_token.name})
        return redirect("operations:person", pk)
