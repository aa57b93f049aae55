"""What a person reads when a page cannot be shown. The API answers with problem+json instead, under its own prefix."""

import logging
import sys
from functools import partial
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import answers, logs
from operations.rules import outage
from operations.services import errors

log = logging.getLogger("operations.errors")

API = "/api/"
PROBLEMS: dict[int, tuple[str, Any, Any]] = {
    400: (
        "bad_request",
        gettext_lazy("Bad request"),
        gettext_lazy("This request cannot be read. Check the address and the body."),
    ),
    403: ("permission_denied", gettext_lazy("Forbidden"), gettext_lazy("You do not have permission to do this.")),
    404: (
        "not_found",
        gettext_lazy("Not found"),
        gettext_lazy("No such address. GET /api/v1/ lists all of them; each ends with a slash."),
    ),
}
SAFE = ("GET", "HEAD", "OPTIONS")
OUTAGES: dict[str, tuple[Any, Any]] = {
    outage.FULL: (
        gettext_lazy("PASI Connect’s disk is full"),
        gettext_lazy("Tell an administrator. PASI Connect continues automatically as soon as there is space."),
    ),
    outage.READ_ONLY: (
        gettext_lazy("PASI Connect cannot write to its disk"),
        gettext_lazy("Tell an administrator. PASI Connect continues automatically as soon as it can write again."),
    ),
    outage.FAILING: (
        gettext_lazy("PASI Connect cannot use its disk"),
        gettext_lazy(
            "Tell an administrator. PASI Connect continues automatically as soon as it can read and write again."
        ),
    ),
    outage.AWAY: (
        gettext_lazy("PASI Connect cannot reach its database"),
        gettext_lazy("If this lasts more than a few minutes, tell an administrator."),
    ),
    outage.BUSY: (
        gettext_lazy("PASI Connect is very busy"),
        gettext_lazy("Try again in a few seconds."),
    ),
}


def _answer(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    if request.path.startswith(API):
        code, title, text = PROBLEMS[status]
        body = {
            "type": f"urn:pasi-connect:problem:{code}", "title": str(title), "status": status, "detail": detail or str(text),
        }  # fmt: skip
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, f"errors/{status}.html", {"detail": detail}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What a BadRequest of ours says is shown; Django's own words about an address are not for people."""
    return _answer(request, 400, str(exception) if type(exception) is BadRequest else "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Whatever was raised and not caught: an outage is 503 with the time to wait, all else a fault of ours."""
    error = sys.exc_info()[1]
    if isinstance(error, UnreadablePostError):
        return refused(
            request, 408, "incomplete", _("The request did not arrive complete"), _("Nothing was saved. Send it again.")
        )
    kind = outage.kind_of(error)
    match = request.resolver_match
    reference = getattr(request, "reference", "")
    line = "%s: %s %s: %s"
    values = (reference, request.method, match.route if match else "(no route)", logs.describe(error))
    if kind:
        log.warning(line, *values)
        return _outage(request, kind, reference)
    log.error(line, *values)
    text = _("The error has been logged under the number in request_id. Nothing of this request was saved.")
    body = {"type": "urn:pasi-connect:problem:server_error", "title": _("An error in PASI Connect"), "detail": text}
    answer = _alone(request, 500, reference, body, {"reference": reference})
    if error is not None:
        # After the answer: nothing of the request is open any more, and the person does not wait for the row.
        described = errors.describe(error)
        answers.when_sent(answer, partial(errors.note, values[2], *described, reference, request.method or ""))
    return answer


def refused(
    request: HttpRequest, status: int, code: str, title: str, detail: str, retry_after: int = 0
) -> HttpResponse:
    """What was not even begun, in words: too large, too often, no room. Asks neither the session nor the database."""
    reference = getattr(request, "reference", "")
    body = {"type": f"urn:pasi-connect:problem:{code}", "title": title, "detail": detail}
    context = {"reference": reference, "title": title, "detail": detail, "status": status}
    answer = _alone(request, status, reference, body, context, "refused")
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


def _outage(request: HttpRequest, kind: str, reference: str) -> HttpResponse:
    title, next_step = OUTAGES[kind]
    saved = _("This cannot be shown now.") if request.method in SAFE else _("Nothing was saved.")
    body = {"type": f"urn:pasi-connect:problem:{kind}", "title": str(title), "detail": f"{saved} {next_step}"}
    context = {"reference": reference, "title": title, "saved": saved, "next_step": next_step}
    context["writes"] = request.method not in SAFE
    answer = _alone(request, 503, reference, body, context)
    answer["Retry-After"] = str(outage.RETRY_SECONDS[kind])
    return answer


def _alone(
    request: HttpRequest, status: int, reference: str, body: dict[str, Any], context: dict[str, Any], page: str = ""
) -> HttpResponse:
    """Without the person, the session and the database: they may be what has failed."""
    if request.path.startswith(API):
        return JsonResponse(
            {**body, "status": status, "request_id": reference}, status=status, content_type="application/problem+json"
        )
    return HttpResponse(loader.get_template(f"errors/{page or status}.html").render(context), status=status)
