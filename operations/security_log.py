"""What an investigation needs from the log: who signed in and out, what failed, and which requests were refused.

A person is a number and a route its pattern; the name that was typed at a failed sign-in stands in the sign-in log of the database
alone, since people type their passwords there by mistake. No line holds a token, a password or a student's data.
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from operations.models import User

log = logging.getLogger("operations.security")

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
REFUSED = {400, 401, 403, 404, 405, 406, 408, 411, 413, 415, 422, 429}


class RefusalMiddleware:
    """One line for each request that was refused, and for each that was led to the way to sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        to_sign_in = response.status_code == 302 and response["Location"].startswith(reverse("login") + "?")
        if response.status_code in REFUSED or to_sign_in:
            match = request.resolver_match
            log.info(
                "%s: %s %s refused with %s, %s",
                _reference(request),
                request.method if request.method in METHODS else "another method",
                match.route if match else "(no route)",
                response.status_code,
                _who(request),
            )
        return response


def _reference(request: HttpRequest | None) -> str:
    return getattr(request, "reference", "-")


def _who(request: HttpRequest | None, user: Any = None) -> str:
    """The person, where one has been looked up, and where the request came from. Asks the database nothing."""
    attributes = vars(request) if request else {}
    person = user or next(
        (attributes[name] for name in ("user", "_cached_user") if type(attributes.get(name)) is User), None
    )
    return (
        f"person {person.pk if person else 'unknown'}, from {request.META.get('REMOTE_ADDR', '-') if request else '-'}"
    )


def signed_in(sender: Any, request: HttpRequest | None, user: Any, **more: Any) -> None:
    if request is not None and hasattr(
        request, "session"
    ):  # it ends then, however often it is saved; by the clock of sessions
        request.session.set_expiry(timezone.now() + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE))
    log.info("%s: signed in, %s", _reference(request), _who(request, user))


def signed_out(sender: Any, request: HttpRequest | None, user: Any, **more: Any) -> None:
    log.info("%s: signed out, %s", _reference(request), _who(request, user))


def failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any) -> None:
    log.info("%s: a sign-in failed, %s", _reference(request), _who(request))


def seconds_left(request: HttpRequest) -> int | None:
    """Until the session ends by itself; a page that stays open shows nothing any more then (static/js/app.js)."""
    return max(1, request.session.get_expiry_age()) if hasattr(request, "session") else None


user_logged_in.connect(signed_in, dispatch_uid="operations.security_log")
user_logged_out.connect(signed_out, dispatch_uid="operations.security_log")
user_login_failed.connect(failed, dispatch_uid="operations.security_log")
