"""How the OpenAPI description tells of errors: one shape for all, application/problem+json."""

from functools import cache
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from operations.api.problems import PROBLEM

ADDRESS = "urn:pasi-connect:problem:"


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="Name of the field or filter; empty: the request as a whole.")
    message = serializers.CharField(help_text="What is wrong, for people.")


class ProblemSerializer(serializers.Serializer):
    """RFC 9457. `type` is stable and for programs, the other texts are for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False, help_text="With 400: one row a fault.")  # type: ignore[assignment]


TITLES = {
    400: ("invalid", "Some values cannot be used"),
    401: ("not_authenticated", "No token, or one that is not known"),
    403: ("permission_denied", "The person's role may not do this"),
    404: ("not_found", "No such record in the person's schools"),
    409: ("conflict", "The request does not fit the state"),
    412: ("precondition_failed", "If-Match carries an old version"),
    422: ("idempotency_key_reused", "The Idempotency-Key was used with another request"),
}


def problems(*codes: int, current: type[serializers.Serializer] | None = None) -> dict[Any, Any]:
    """`responses` of the given codes; `current` is the serializer of the new picture in a 409 or 412."""
    return {(code, PROBLEM): _response(code, current if code in (409, 412) else None) for code in codes}


def _response(code: int, current: type[serializers.Serializer] | None) -> OpenApiResponse:
    name, title = TITLES[code]
    body: dict[str, Any] = {"type": f"{ADDRESS}{name}", "title": title, "status": code, "detail": "…"}
    if code == 400:
        body["errors"] = [{"field": "exit_date", "message": "The exit date lies before the start date. (rule 10016)"}]
        body["detail"] = "exit_date: The exit date lies before the start date. (rule 10016)"
    shape = _with_current(current) if current else ProblemSerializer
    return OpenApiResponse(shape, title, [OpenApiExample(f"{code}", body, media_type=PROBLEM)])


@cache
def _with_current(current: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """One class a kind of item: the description gives each its name once."""
    name = f"{current.__name__.removesuffix('Serializer')}ProblemSerializer"
    return type(name, (ProblemSerializer,), {"current": current(help_text="The item as it is now.")})


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A text of your own. The same request sent again with it is done once and gets the first answer.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `version` that you saw, in quotes. Without it the present state counts as seen.",
)
