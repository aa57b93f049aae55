"""What a person decides about themselves: name for PASI, looks, keys, password, API tokens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from operations import offers, rights
from operations.actor import of_request
from operations.forms.accounts import OwnPasswordForm, ProfileForm, TokenForm
from operations.models import ApiToken, User
from operations.rules import latin1
from operations.services import accounts, people

API_CALL = "/api/v1/schools/"  # the call that the pages show to copy: every role may make it


def own(request: HttpRequest) -> User:
    """The person as stored; `request.user` may carry what a form has written on it."""
    person: Any = request.user
    return User.objects.get(pk=person.pk)


def show(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    person = own(request)
    context = {
        "person": person,
        "form": forms.get("profile") or ProfileForm(instance=person),
        "password_form": forms.get("password") or OwnPasswordForm(person=person, request=request),
        "token_form": forms.get("token") or TokenForm(person=person, request=request),
        "tokens": list(person.api_tokens.all()),
        "new_token": forms.get("new_token"),
        "api_address": request.build_absolute_uri(API_CALL),
        "fits": latin1.fits(person.full_name),
        "outside": " ".join(latin1.outside(person.full_name)),
        "panels": offers.panels("operations.profile", request, person),
        "wrong": next((form for form in forms.values() if getattr(form, "errors", None)), None),
    }
    return render(request, "operations/profile.html", context, status=status)


@rights.signed_in
class Profile(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        person = own(request)
        form = ProfileForm(request.POST, instance=person)
        if not form.is_valid():
            return show(request, 422, profile=form)
        accounts.save_profile(of_request(request), person.pk, form.cleaned_data)
        language = form.cleaned_data["language"]
        with translation.override(language or translation.get_language()):
            messages.success(request, _("Your profile is saved."))
        answer = redirect("operations:profile")
        if language:
            answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax")
        else:
            answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return answer


@rights.signed_in
@method_decorator(sensitive_post_parameters(), name="dispatch")
class Password(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        person = own(request)
        form = OwnPasswordForm(request.POST, person=person, request=request)
        if not form.is_valid():
            return show(request, 422, password=form)
        accounts.change_password(
            of_request(request), person, form.cleaned_data["password"], end_tokens=form.cleaned_data["end_tokens"]
        )
        update_session_auth_hash(request, person)
        messages.success(request, _("Your new password is saved. Your other browsers are signed out."))
        return redirect("operations:profile")


@rights.signed_in
@method_decorator(sensitive_post_parameters(), name="dispatch")
class Tokens(View):
    """A new token is shown in the answer itself, this once; nothing keeps it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        person = own(request)
        form = TokenForm(request.POST, person=person, request=request)
        if not form.is_valid():
            return show(request, 422, token=form)
        token = people.make_token(of_request(request), person, form.cleaned_data["name"], form.until, **form.reach)
        return show(request, new_token=token)


@rights.signed_in
class RevokeToken(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        token = get_object_or_404(ApiToken, pk=pk, user_id=request.user.pk)
        people.revoke_token(of_request(request), token)
        messages.success(request, _("The token %(name)s is revoked.") % {"name": token.name})
        return redirect("operations:profile")
