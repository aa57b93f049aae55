"""What every API view shares: tokens, keyset pages, strict filters, problem answers, idempotency keys, versions."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, pagination, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from operations import clock, keyset
from operations.models import ApiToken, IdempotencyKey
from operations.models.people import token_digest

PROBLEM = "application/problem+json"


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


class KeysetPagination(pagination.BasePagination):
    """`{"next", "previous", "results"}`, 100 a page, oldest first; follow `next` until it is null."""

    page_size = 100
    parameters = ("after", "before")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        try:
            self.page = keyset.page(queryset, request.query_params, self.page_size)
        except ValidationError as error:
            raise exceptions.ValidationError(error.message_dict) from None
        return self.page.rows

    def _address(self, edge: tuple[str, int] | None) -> str | None:
        if edge is None:
            return None
        params = [(key, value) for key, values in self.request.query_params.lists() for value in values if key not in self.parameters]
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode([*params, edge])}")

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._address(self.page.next), "previous": self._address(self.page.previous), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        text = {"after": "Rows behind this id.", "before": "Rows before this id."}
        return [{"name": name, "in": "query", "required": False, "description": text[name], "schema": {"type": "integer"}} for name in self.parameters]


class StrictFilterBackend(DjangoFilterBackend):
    """A filter that is not known answers 400: a misspelt one must not answer with everything."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        known = set(filterset.filters) if filterset else set()
        unknown = [name for name in request.query_params if name not in known and name not in KeysetPagination.parameters]
        if unknown:
            possible = ", ".join(sorted(known)) or "-"
            raise exceptions.ValidationError({name: [_("This filter is not known. Possible: %(names)s.") % {"names": possible}] for name in unknown})
        return super().filter_queryset(request, queryset, view)


class Conflict(exceptions.APIException):
    """409: the request does not fit the state; `extra` carries the new picture."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"

    def __init__(self, detail: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.extra = extra or {}


class PreconditionFailed(Conflict):
    """412: If-Match carries an old version."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"


def _errors(detail: Any, prefix: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _errors(value, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(detail, list):
        return [row for value in detail for row in _errors(value, prefix)]
    return [{"field": prefix, "message": force_str(detail)}]


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as application/problem+json: what is wrong, where, and what to do."""
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else {"": error.messages})
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("There is no such record in the schools that you may see."))
    assert isinstance(error, (exceptions.APIException, Exception))
    code = getattr(error, "default_code", "error")
    body: dict[str, Any] = {"type": f"urn:pasi-connect:problem:{code}", "title": force_str(getattr(error, "default_detail", _("Not possible"))), "status": response.status_code}
    if isinstance(error, exceptions.ValidationError):
        body["title"] = _("Some values cannot be used")
        body["errors"] = _errors(error.detail)
        body["detail"] = " ".join(f"{row['field']}: {row['message']}" if row["field"] else row["message"] for row in body["errors"])
    else:
        body["detail"] = force_str(getattr(error, "detail", error))
    body.update(getattr(error, "extra", {}))
    response.data = body
    response.content_type = PROBLEM
    return response


class KeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"


class IdempotentWrites:
    """Writes in one transaction; with an `Idempotency-Key` header the same request sent again gets the first answer.

    The key row is inserted before the work: a second request with the key waits for the first one's commit.
    The same key with another body is refused (422).
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        self.idempotency: IdempotencyKey | None = None
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method in {"GET", "HEAD", "OPTIONS"}:
            return
        if len(key) > 200:
            raise exceptions.ValidationError({"Idempotency-Key": [_("At most 200 characters.")]})
        canonical = json.dumps([request.method, request.path, request.data], sort_keys=True, default=str)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        try:
            with transaction.atomic():
                self.idempotency = IdempotencyKey.objects.create(user=request.user, key=key, request_digest=digest, created_at=clock.now())
        except IntegrityError:
            earlier = IdempotencyKey.objects.get(user=request.user, key=key)
            if earlier.request_digest != digest:
                raise KeyReused(_("This idempotency key was used with another request. Use a new key.")) from None
            raise Replay(earlier) from None

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, Replay):
            response = Response(error.earlier.body, status=error.earlier.status, headers={**error.earlier.headers, "Idempotent-Replay": "true"})
            response.exception = False
            return response
        return super().handle_exception(error)  # type: ignore[misc]

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        entry = getattr(self, "idempotency", None)
        if entry is not None and response.status_code < 400:
            kept = {name: response[name] for name in ("ETag", "Location") if name in response}
            body = json.loads(json.dumps(response.data, default=str))
            IdempotencyKey.objects.filter(pk=entry.pk).update(status=response.status_code, body=body, headers=kept)
        return response


class Replay(Exception):
    def __init__(self, earlier: IdempotencyKey) -> None:
        self.earlier = earlier


def if_match(request: Request) -> str | None:
    """The version in If-Match without its quotes; None when the header is absent or `*`."""
    raw = request.headers.get("If-Match", "").strip()
    if not raw or raw == "*":
        return None
    return raw.removeprefix("W/").strip('"')
