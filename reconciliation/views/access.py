"""Who may open a page of the reconciliation, and the run that it is about."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from operations import bodies, rights
from operations.actor import user_of
from operations.models import User
from operations.rules.bodies import EXPORTS
from reconciliation import selectors
from reconciliation.models import Run


@rights.needs("run", "reconciliation")
class Reconciles(View):
    @property
    def user(self) -> User:
        return user_of(self.request)

    def run_of(self, pk: int) -> Run:
        return get_object_or_404(selectors.runs(self.user), pk=pk)


@method_decorator(csrf_exempt, name="dispatch")
class Uploads(Reconciles):
    """Takes large files. Where they go is said before the body is read, and the form token stands in the body: so it is
    checked here, after the permission, instead of by the middleware."""

    takes_files = EXPORTS

    def post(self, request: HttpRequest, **named: Any) -> HttpResponse:
        bodies.prepare(request, self.takes_files)
        return self._with_token(request, **named)

    @method_decorator(csrf_protect)
    def _with_token(self, request: HttpRequest, **named: Any) -> HttpResponse:
        return self.take(request, **named)

    def take(self, request: HttpRequest, **named: Any) -> HttpResponse:
        raise NotImplementedError
