from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from operations import clock
from operations.models import ApiToken
from operations.models.people import token_digest


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token …`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        kind, __, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "token":
            return None
        token = ApiToken.objects.select_related("user").filter(digest=token_digest(raw.strip())).first()
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(_("This token is not known. Ask an administrator for a new one."))
        now = clock.now()
        if token.expires_at and token.expires_at <= now:
            raise exceptions.AuthenticationFailed(_("This token has expired. Ask an administrator for a new one."))
        if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 60:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <your token>"}
