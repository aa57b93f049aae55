from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.authentication import CSRFCheck
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from operations import clock, throttle
from operations.models import ApiToken
from operations.models.people import token_digest


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token …`, or `Bearer …`: the same."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        kind, __, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() not in ("token", "bearer"):
            return None
        token = ApiToken.objects.select_related("user").filter(digest=token_digest(raw.strip())).first()
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(_("This token is unknown. Ask an administrator for a new one."))
        throttle.refuse_person(token.user, request.method or "")
        now = clock.now()
        if token.expires_at <= now:
            raise exceptions.AuthenticationFailed(_("This token has expired. Ask an administrator for a new one."))
        if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 60:
            # Written when the answer has gone (`operations.middleware`).
            asking: Any = request._request
            asking.used_token = token.pk
        if token.scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
            raise exceptions.PermissionDenied(_("This token is read-only. Use a token that can also write."))
        token.user.token = token
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class HeaderCheck(CSRFCheck):
    """The form token stands in a header. In a body it would have to be looked for before it is known who may send that body."""

    def _check_token(self, request: HttpRequest) -> None:
        bare: Any = request
        hides = not hasattr(request, "_post")
        if hides:
            bare._post, bare._files = QueryDict(), MultiValueDict()
        try:
            super()._check_token(request)  # type: ignore[misc]
        finally:
            if hides:
                del bare._post, bare._files


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; writes need `X-CSRFToken`."""

    def enforce_csrf(self, request: Any) -> None:
        check = HeaderCheck(lambda request: HttpResponse())
        check.process_request(request._request)
        if reason := check.process_view(request._request, None, (), {}):  # type: ignore[arg-type]
            raise exceptions.PermissionDenied(
                _("The header X-CSRFToken is missing or wrong (%(reason)s).") % {"reason": reason}
            )


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token <your token>, or Bearer <your token>",
        }
