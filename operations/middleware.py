"""The middleware: the request's number, address, language and headers, and log lines by route pattern."""

import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve

from operations import answers, clock
from operations.models import ApiToken
from operations.rules import addresses
from operations.services import metrics
from operations.views import sign_in_again
from operations.views.errors import API

log = logging.getLogger("operations.requests")


class CountMiddleware:
    """Counts each answer for `/metrics`, and how long it took to begin. Stands in front of all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        metrics.count(request, response.status_code, time.monotonic() - began)
        return response


class ReferenceMiddleware:
    """Gives each request a number, which stands in the answer, on the page of an error and in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = secrets.token_hex(6)
        setattr(request, "reference", reference)  # noqa: B010 - a request has no such attribute of its own
        response = self.get_response(request)
        response["X-Request-ID"] = reference
        return response


class AddressMiddleware:
    """Puts the client's address where audit, PASI's caller information, throttling and wrong passwords read it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer, forwarded = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = addresses.client(peer, forwarded, settings.TRUSTED_PROXIES)
        return self.get_response(request)


class UnkeptMiddleware:
    """No browser and no proxy keeps an answer: pages, fragments, files and API alike, whoever asks.

    It stands behind whitenoise, whose static files alone may be kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cache-Control"] = "private, no-store"
        return response


class AsFileMiddleware:
    """A browser treats the API's JSON as a file and never as a page, whatever it holds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(API) and "json" in response.get("Content-Type", ""):
            response.headers.setdefault("Content-Disposition", 'attachment; filename="api.json"')
        return response


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
                "%s: %s %s answered %s in %.1f s",
                getattr(request, "reference", ""),
                request.method,
                match.route if match else "(no route)",
                response.status_code,
                took,
            )
        return response


class TokenUseMiddleware:
    """Notes when a token was last used, after the answer has been sent: readers wait for no writer, and no transaction of the
    request holds the token's row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if token := getattr(request, "used_token", None):
            answers.when_sent(response, partial(self._note, token))
        return response

    @staticmethod
    def _note(token: int) -> None:
        try:
            ApiToken.objects.filter(pk=token).update(last_used_at=clock.now())
        except DatabaseError:
            log.info("The last use of token %s could not be noted.", token)  # the next request does


class LateFormMiddleware:
    """A form sent after the session has ended is answered with its own entries, instead of losing them to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return sign_in_again.not_saved(request) if sign_in_again.is_late(request, response) else response


class NoTextMiddleware:
    """A key with NUL in it names nothing: no text of a database can hold one, and PostgreSQL raises at the question."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if any("\0" in str(value) for value in kwargs.values()):
            raise Http404


class NoPageMiddleware:
    """Opening an address that only takes forms leads to the nearest page above it, instead of to an empty one.

    A browser keeps such an address after a form was drawn again with its errors, or after a new token was shown. Programs
    get the 405.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        opened = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code == 405 and opened and not request.path.startswith(API):
            return HttpResponseRedirect(_above(request.path))
        return response


def _above(path: str) -> str:
    while path := path.rstrip("/").rpartition("/")[0]:
        try:
            resolve(f"{path}/")
        except Resolver404:
            continue
        return f"{path}/"
    return "/"
