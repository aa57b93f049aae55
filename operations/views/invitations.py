"""The page behind an invitation: whoever has the link sets the password, once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from operations import rights
from operations.forms.accounts import InvitedPasswordForm
from operations.services import invitations


@rights.public
@method_decorator(sensitive_post_parameters(), name="dispatch")
class Invited(View):
    """Opening it changes nothing: mail servers look at links before people do."""

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        try:
            invitation = invitations.of(secret)
        except invitations.NotValid:
            return self._gone(request)
        return self._page(request, InvitedPasswordForm(person=invitation.user))

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        try:
            form = InvitedPasswordForm(request.POST, person=invitations.of(secret).user)
            if not form.is_valid():
                return self._page(request, form, 422)
            values = form.cleaned_data
            ip = request.META.get("REMOTE_ADDR") or ""
            user = invitations.use(secret, values["password"], ip, end_tokens=values["end_tokens"])
        except invitations.NotValid:
            return self._gone(request)
        # No redirect to the way to sign in: of a form that is taken for one whose session has ended (`operations.views.sign_in_again`).
        return render(request, "registration/invitation_done.html", {"username": user.username})

    @staticmethod
    def _page(request: HttpRequest, form: InvitedPasswordForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "person": form.person, "has_tokens": form.person.api_tokens.exists()}
        return render(request, "registration/invitation.html", context, status=status)

    @staticmethod
    def _gone(request: HttpRequest) -> HttpResponse:
        return render(request, "registration/invitation_gone.html", status=404)
