"""Signing in and out, and the two choices that every page offers: language and theme."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language

from operations import rights
from operations.forms.accounts import SignInForm
from operations.models import User
from operations.services import first_people


@rights.public
class SignIn(LoginView):
    template_name = "registration/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **named: Any) -> Any:
        if not first_people.somebody_is_there():
            return render(request, "registration/first_start.html")
        return super().dispatch(request, *args, **named)


@rights.public
class SignOut(LogoutView):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **named: Any) -> Any:
        answer = super().post(request, *args, **named)
        answer["Clear-Site-Data"] = (
            '"storage"'  # not "cache": browsers take seconds for it, and nothing may be kept anyway
        )
        return answer


def back(request: HttpRequest) -> str:
    """The page of this site that the person came from, else home."""
    url = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if allowed else reverse("home")


@rights.public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Also stored on the person, so that the next browser speaks the same language."""
    code = request.POST.get("language", "")
    if isinstance(request.user, User) and code in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=code)
    return django_set_language(request)


@rights.signed_in
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme in ("", "light", "dark"):
        User.objects.filter(username=request.user.get_username()).update(theme=theme)
    return HttpResponseRedirect(back(request))
