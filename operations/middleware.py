"""Knows the person of a request, speaks the person's language, and logs by the route's pattern."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

log = logging.getLogger("operations.requests")


class PersonMiddleware:
    """Sets the language cookie's place for signed-in people and writes one log line a slow or failed request.

    The line carries the route's pattern, never the address: addresses of the API carry student numbers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        user = getattr(request, "user", None)
        if user and user.is_authenticated and user.language:
            request.COOKIES.setdefault(settings.LANGUAGE_COOKIE_NAME, user.language)
        response = self.get_response(request)
        took = time.monotonic() - started
        if response.status_code >= 500 or took > 2:
            match = request.resolver_match
            log.warning(
                "%s %s answered %s in %.1f s",
                request.method,
                match.route if match else "(no route)",
                response.status_code,
                took,
            )
        return response
