import hashlib
import json
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from operations import clock
from operations.models import IdempotencyKey


class KeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = gettext_lazy("The idempotency key belongs to another request")


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
                self.idempotency = IdempotencyKey.objects.create(
                    user_id=request.user.pk or 0, key=key, request_digest=digest, created_at=clock.now()
                )
        except IntegrityError:
            earlier = IdempotencyKey.objects.get(user_id=request.user.pk or 0, key=key)
            if earlier.request_digest != digest:
                raise KeyReused(_("This idempotency key was used with another request. Use a new key.")) from None
            raise Replay(earlier) from None

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, Replay):
            response = Response(
                error.earlier.body,
                status=error.earlier.status,
                headers={**error.earlier.headers, "Idempotent-Replay": "true"},
            )
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
