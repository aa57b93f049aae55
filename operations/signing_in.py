"""Wrong passwords: five from one address lock the name there (django-axes); from anywhere else a name only waits, ever longer but
at most a minute, and not where its person has signed in lately. So nobody keeps a person out by guessing.
"""

import datetime as dt
import hashlib
import time
from typing import Any

from axes.helpers import get_client_username, get_cool_off
from axes.models import AccessLog
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from operations import clock, counters
from operations.rules import addresses
from operations.rules.throttle import LONGEST_WAIT, WINDOW, wait, window

KNOWN_DAYS = 30
REMEMBERED = 3600  # seconds that wrong passwords of a name count after the first


def _key(what: str, name: str) -> str:
    return f"sign-in:{what}:{hashlib.sha256(name.casefold().encode(errors='replace')).hexdigest()[:32]}"


def _address_key(request: HttpRequest) -> str:
    return f"sign-in:address:{addresses.site(address_of(request))}:{window(time.time())[0]}"


def address_of(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")


def seconds_to_wait(request: HttpRequest, name: str) -> int:
    """How long this name waits at this address; 0: it may try now."""
    now = time.time()
    seconds = max(0, counters.get(_key("until", name)) - int(now))
    if counters.get(_address_key(request)) >= settings.SIGN_IN_FAILURES > 0:
        seconds = max(seconds, window(now)[1])
    return 0 if seconds and _is_known(request, name) else seconds


def _is_known(request: HttpRequest, name: str) -> bool:
    since = clock.now() - dt.timedelta(days=KNOWN_DAYS)
    return AccessLog.objects.filter(username=name, ip_address=address_of(request), attempt_time__gte=since).exists()


class Waits:
    """Stands before the one that looks at passwords, so that a name that waits costs no time of the processor either."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **credentials: Any) -> None:
        if request is None or not username or not settings.THROTTLE:
            return
        if seconds := seconds_to_wait(request, username):
            locked: Any = request  # read by the page that says so
            locked.waits, locked.axes_locked_out, locked.axes_credentials = seconds, True, {"username": username}
            raise PermissionDenied


def lockout(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """429 in words: how long the name waits here."""
    seconds = getattr(request, "waits", 0) or int(get_cool_off(request).total_seconds())
    context = {
        "username": get_client_username(request, credentials) or "", "cooloff_timedelta": dt.timedelta(seconds=seconds),
        "seconds": seconds if seconds <= LONGEST_WAIT else None,
    }  # fmt: skip
    answer = render(request, settings.AXES_LOCKOUT_TEMPLATE, context, status=settings.AXES_HTTP_RESPONSE_CODE)
    answer["Retry-After"] = str(seconds)
    return answer


def note_failure(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any) -> None:
    """A try that was not even looked at does not count: who waits does not wait longer for it."""
    name = credentials.get("username")
    if request is None or not name or not settings.THROTTLE or getattr(request, "axes_locked_out", False):
        return
    counters.count(_address_key(request), WINDOW)
    seconds = wait(counters.count(_key("failures", name), REMEMBERED))
    if seconds:
        counters.put(_key("until", name), int(time.time()) + seconds, LONGEST_WAIT * 2)


def note_success(sender: Any, request: HttpRequest, user: Any, **more: Any) -> None:
    if settings.THROTTLE:
        forget(user.get_username())


def forget(name: str) -> None:
    """The name does not wait any more."""
    for what in ("failures", "until"):
        counters.forget(_key(what, name))


user_login_failed.connect(note_failure, dispatch_uid="operations.signing_in")
user_logged_in.connect(note_success, dispatch_uid="operations.signing_in")
