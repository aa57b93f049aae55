"""Answers that say what is wrong, where, and what to do: application/problem+json."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from operations import wording

PROBLEM = "application/problem+json"


def if_match(request: Request) -> str | None:
    """The version in If-Match without its quotes; None when the header is absent or `*`."""
    raw = request.headers.get("If-Match", "").strip()
    if not raw or raw == "*":
        return None
    return raw.removeprefix("W/").strip('"')


MOVED = "conflict"
# Why the present state does not allow a request, by the last part of `type`. Each kind has its own title.
CONFLICTS: dict[str, Any] = {
    MOVED: gettext_lazy("The record has changed since"),
    "settled": gettext_lazy("The change is already settled"),
    "decided": gettext_lazy("The change is already decided"),
    "guided_action": gettext_lazy("Use the guided action"),
    "planned_already": gettext_lazy("This student already has a planned action"),
    "not_possible": gettext_lazy("This action is not possible for the enrolment now"),
    "submission_state": gettext_lazy("The state of the submission does not allow this"),
    "no_former": gettext_lazy("PASI’s former value is not available"),
    "not_undone": gettext_lazy("This can no longer be undone"),
    "job_state": gettext_lazy("The state of the job does not allow this"),
    "school_state": gettext_lazy("The school cannot be sent now"),
    "rehearsal_state": gettext_lazy("This rehearsal cannot be run"),
    "run_state": gettext_lazy("The state of the run does not allow this"),
    "load_at_work": gettext_lazy("Another load of these records is running"),
    "still_at_work": gettext_lazy("The same request is still being processed"),
}


class Conflict(exceptions.APIException):
    """409: the request does not fit the state. `kind` is one of CONFLICTS; `extra` carries the new picture."""

    status_code: int = status.HTTP_409_CONFLICT
    default_detail = CONFLICTS[MOVED]

    def __init__(self, detail: str, extra: dict[str, Any] | None = None, kind: str = MOVED) -> None:
        super().__init__(detail)
        self.default_code, self.default_detail = kind, CONFLICTS[kind]
        self.extra = extra or {}


class PreconditionFailed(Conflict):
    """412: If-Match carries an old version."""

    status_code = status.HTTP_412_PRECONDITION_FAILED

    def __init__(self, detail: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(detail, extra)
        self.default_code, self.default_detail = "precondition_failed", gettext_lazy("This version is out of date")


def _place(prefix: str, key: str) -> str:
    if key in ("non_field_errors", "__all__"):
        return prefix
    return f"{prefix}.{key}" if prefix else key


def _errors(detail: Any, prefix: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _errors(value, _place(prefix, str(key)))]
    if isinstance(detail, list):
        return [row for value in detail for row in _errors(value, prefix)]
    return [{"field": _text(prefix), "message": _text(detail)}]


def _text(value: Any) -> str:
    """A name from the caller may hold lone surrogates, which no answer can carry."""
    return force_str(value).encode("utf-8", "replace").decode()


def _title(error: Exception, view: Any) -> str:
    match error:
        case exceptions.MethodNotAllowed():
            return _("This address does not accept this method")
        case exceptions.UnsupportedMediaType():
            kinds = {parser.media_type for parser in getattr(view, "parser_classes", ())}
            if kinds and "application/json" not in kinds:
                return _("The body must be %(kind)s") % {"kind": ", ".join(sorted(kinds))}
            return _("The body must be JSON")
    return force_str(getattr(error, "default_detail", _("Not possible"))).rstrip(".")


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as application/problem+json: what is wrong, where, and what to do."""
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else {"": error.messages})
    from rest_framework.views import exception_handler  # the framework reads this module while it is being imported

    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("No such record in your schools."))
    assert isinstance(error, (exceptions.APIException, Exception))
    code = getattr(error, "default_code", "error")
    body: dict[str, Any] = {
        "type": f"urn:pasi-connect:problem:{code}",
        "title": _title(error, context.get("view")),
        "status": response.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        body["title"] = _("Some values are not valid")
        body["errors"] = _errors(error.detail)
        body["detail"] = " ".join(
            wording.pair(row["field"], row["message"]) if row["field"] else row["message"] for row in body["errors"]
        )
    else:
        body["detail"] = _text(getattr(error, "detail", error))
        if isinstance(error, exceptions.UnsupportedMediaType) and (
            hint := getattr(context.get("view"), "body_hint", "")
        ):
            body["detail"] = f"{body['detail']} {hint}"
    body.update(getattr(error, "extra", {}))
    if response.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        body["request_id"] = getattr(context.get("request"), "reference", "")
    response.data = body
    response.content_type = PROBLEM
    return response
