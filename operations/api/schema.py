"""What the OpenAPI description says of errors (one shape for all, application/problem+json) and of every write."""

from functools import cache
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from operations.api.problems import PROBLEM
from operations.serializers import DRY_RUN

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
    errors = FieldErrorSerializer(many=True, required=False, help_text="With 400: one entry per error.")  # type: ignore[assignment]


TITLES = {
    400: ("invalid", "Some values are not valid"),
    401: ("not_authenticated", "No token, or an unknown one"),
    403: ("permission_denied", "The person's role does not allow this"),
    404: ("not_found", "No such record in the person's schools"),
    409: ("conflict", "The request does not fit the state"),
    412: ("precondition_failed", "If-Match carries an old version"),
    429: ("too_many_requests", "Too many requests in this minute, or at a time"),
    503: ("no_answer", "PASI gave no answer"),
    422: ("idempotency_key_reused", "The Idempotency-Key was used with another request"),
}


EVERYWHERE = (429,)


def problems(*codes: int, current: type[serializers.Serializer] | None = None) -> dict[Any, Any]:
    """`responses` of the given codes, and of those that every address may give; `current` is the serializer of the new picture in a 409 or 412."""
    return {(code, PROBLEM): _response(code, current if code in (409, 412) else None) for code in (*codes, *EVERYWHERE)}


def _response(code: int, current: type[serializers.Serializer] | None) -> OpenApiResponse:
    name, title = TITLES[code]
    body: dict[str, Any] = {"type": f"{ADDRESS}{name}", "title": title, "status": code, "detail": "…"}
    if code == 400:
        body["errors"] = [{"field": "exit_date", "message": "The exit date is before the start date. (rule 10016)"}]
        body["detail"] = "exit_date: The exit date is before the start date. (rule 10016)"
    shape = _with_current(current) if current else ProblemSerializer
    return OpenApiResponse(shape, title, [OpenApiExample(f"{code}", body, media_type=PROBLEM)])


@cache
def _with_current(current: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """One class per kind of item: the description names each once."""
    name = f"{current.__name__.removesuffix('Serializer')}ProblemSerializer"
    return type(name, (ProblemSerializer,), {"current": current(help_text="The item as it is now.")})


IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `version` that you saw, in quotes. Without it, the current state counts as seen.",
)

WRITES = ("post", "put", "patch", "delete")
DRY_RUN_TEXT = "True: a preview. Nothing is changed or sent."
DRY_RUN_MEMBER = {"type": "boolean", "default": False, "description": DRY_RUN_TEXT}
OF_EVERY_WRITE = (
    {
        "in": "header",
        "name": "Idempotency-Key",
        "schema": {"type": "string", "maxLength": 200},
        "description": (
            "A text of your own. The same request sent again with the same key is done once and gets the first "
            "answer. A dry run neither uses nor stores the key."
        ),
    },
    {"in": "query", "name": DRY_RUN, "schema": {"type": "boolean"}, "description": DRY_RUN_TEXT},
)


def describe_writes(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """What `operations.api.resource` gives to every writing call, said at each of them."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for method in WRITES:
            if operation := operations.get(method):
                operation["parameters"] = [*operation.get("parameters", []), *OF_EVERY_WRITE]
                if method != "delete":
                    _describe_body(operation, schemas)
    return result


def describe_errors(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Every address refuses unknown parameters."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for operations in result["paths"].values():
        for operation in operations.values():
            response = {"description": TITLES[400][1], "content": {PROBLEM: problem}}
            operation["responses"].setdefault("400", response)
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _describe_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    body = operation.setdefault("requestBody", {"content": {"application/json": {"schema": {"type": "object"}}}})
    for media_type, content in body["content"].items():
        if media_type != "application/json":
            continue  # there it stands in the address
        schema = content["schema"]
        shape = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        shape.setdefault("properties", {})[DRY_RUN] = DRY_RUN_MEMBER
