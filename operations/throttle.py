"""How many requests are allowed: counted per token, per person, and per address for anonymous ones. Limits are settings.

A person who is known is never refused because of their address: a school is one address. docs/notes/0016-bodies-and-load.md.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from operations import answers, bodies, counters
from operations.models.people import token_digest
from operations.rules import addresses
from operations.rules.throttle import WINDOW, Standing, window

UNCOUNTED = ("/livez", "/healthz")  # the load balancer's
SAFE = ("GET", "HEAD", "OPTIONS")
TOKENS = ("token", "bearer")
API = "/api/"


@dataclass(frozen=True)
class Caller:
    """Whom a request is counted for: kind `token`, `person` or `address`, and which one."""

    kind: str
    name: str


class ThrottleMiddleware:
    """Stands behind the one that knows the person, and before anything that works or reads a body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.THROTTLE or request.path in UNCOUNTED:
            return self.get_response(request)
        caller = caller_of(request)
        try:
            counted = refuse(caller.kind, caller.name, request.method or "")
            release = _at_work.enter(caller)
        except bodies.Refused as refused:
            return _headed(bodies.answer(request, refused), getattr(refused, "standing", None))
        response = None
        try:
            response = self.get_response(request)
        finally:
            if response is not None and response.streaming:
                answers.when_sent(response, release)
            else:
                release()
        if response.status_code == 401 and caller.kind == "token":
            counted = _unknown(request)
            if counted and counted.is_over:
                response = bodies.answer(request, too_many(counted))
        # A token's person may be over while the token is not: the numbers are those of the refusal.
        return _headed(response, getattr(getattr(request, "refused", None), "standing", None) or counted)


def caller_of(request: HttpRequest) -> Caller:
    """By what the request shows. Whether a token is good is not known yet."""
    kind, __, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind.lower() in TOKENS and request.path.startswith(API):
        return Caller("token", token_digest(raw.strip())[:32])
    if request.user.is_authenticated:
        return Caller("person", str(request.user.pk))
    return Caller("address", addresses.site(request.META.get("REMOTE_ADDR", "")))


def limit_of(kind: str, method: str) -> int:
    """A minute; 0: not counted."""
    if kind == "address":
        return int(settings.THROTTLE_ADDRESS)
    reads, writes = settings.THROTTLE_TOKEN if kind == "token" else settings.THROTTLE_PERSON
    return int(reads if method in SAFE else writes)


def standing(kind: str, name: str, method: str) -> Standing | None:
    """Counts the request; None where there is no limit."""
    if not (settings.THROTTLE and (limit := limit_of(kind, method))):
        return None
    number, reset = window(time.time())
    key = f"throttle:{kind}:{'r' if method in SAFE else 'w'}:{name}:{number}"
    return Standing(limit, counters.count(key, WINDOW), reset)


def refuse(kind: str, name: str, method: str) -> Standing | None:
    """Counts the request. Raises bodies.Refused (429) when there were too many in this minute."""
    state = standing(kind, name, method)
    if state and state.is_over:
        raise too_many(state)
    return state


def too_many(state: Standing) -> bodies.Refused:
    text = _("The limit is %(limit)s requests a minute. Try again in %(seconds)s seconds; this request was not "
             "processed.") % {
        "limit": state.limit, "seconds": state.reset,
    }  # fmt: skip
    refused = bodies.Refused(429, "too_many_requests", _("Too many requests"), text, state.reset)
    refused.standing = state  # type: ignore[attr-defined]
    return refused


def refuse_person(user: Any, method: str) -> None:
    """For whom a token acts: all tokens and the browser together. Raises bodies.Refused."""
    refuse("person", str(user.pk), method)


def _unknown(request: HttpRequest) -> Standing | None:
    """A token that nobody knows counts for the address: guessing them ends with the address's minute."""
    return standing("address", addresses.site(request.META.get("REMOTE_ADDR", "")), request.method or "")


def _headed(response: HttpResponse, state: Standing | None) -> HttpResponse:
    if state:
        response["RateLimit-Limit"] = str(state.limit)
        response["RateLimit-Remaining"] = str(state.remaining)
        response["RateLimit-Reset"] = str(state.reset)
    return response


class _AtWork:
    """How many requests of one caller this process works on."""

    def __init__(self) -> None:
        self.lock, self.numbers = threading.Lock(), Counter[Caller]()

    def enter(self, caller: Caller) -> Callable[[], None]:
        """Gives what ends it, once. Raises bodies.Refused where the caller has as many as it may have."""
        most = settings.THROTTLE_AT_ONCE
        if not most or caller.kind == "address":  # what anonymous people may ask for is soon answered
            return lambda: None
        with self.lock:
            if self.numbers[caller] >= most:
                text = _(
                    "The limit is %(number)s requests at a time. Send this one again when another has been answered."
                )
                raise bodies.Refused(
                    429, "too_many_at_once", _("Too many requests at a time"), text % {"number": most}, 1
                )
            self.numbers[caller] += 1
        ended = threading.Event()

        def release() -> None:
            with self.lock:
                if not ended.is_set():
                    ended.set()
                    self.numbers[caller] -= 1
                    if self.numbers[caller] <= 0:
                        del self.numbers[caller]

        return release


_at_work = _AtWork()
