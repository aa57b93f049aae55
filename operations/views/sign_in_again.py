"""A form that cannot be taken as it came, after the session has ended or with the token of an earlier sign-in: nothing is
saved, and nothing that was entered is lost.

The page draws the same form again, hidden, where needed after signing in; one more press sends it.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from operations import bodies, rights
from operations.forms.accounts import SignInForm

PREFIX, FILE = "kept:", "file:"
SECRET = re.compile("password|token|present|again", re.I)
TEXT = re.compile(r"\s")  # a text of several words is shown, so that it can be copied
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Late:
    """A form that was not taken: where it goes, the page it stood on, what was entered, and which files came along."""

    to: str
    page: str
    rows: Pairs
    files: Pairs

    @property
    def texts(self) -> list[str]:
        return [text for _name, text in self.rows if TEXT.search(text)]


def kept(request: HttpRequest) -> Pairs:
    """What was entered, name by name; no password and no token."""
    pairs = ((name, text) for name, texts in request.POST.lists() for text in texts)
    return [(name, str(text)) for name, text in pairs if not SECRET.search(name)]


def files(request: HttpRequest) -> Pairs:
    """The fields and names of the files that came along. A file itself is not kept: it has to be chosen again."""
    return [(name, str(file.name)) for name, sent in request.FILES.lists() for file in sent]


def _under(prefix: str, request: HttpRequest) -> Pairs:
    pairs = ((name, text) for name, texts in request.POST.lists() for text in texts)
    return [(name.removeprefix(prefix), str(text)) for name, text in pairs if name.startswith(prefix)]


def is_late(request: HttpRequest, response: HttpResponse) -> bool:
    """A form from a page of ours, sent to the way to sign in instead of to where it belongs."""
    # Signing out and setting a first password lead there too, without a page to come back to.
    to_sign_in = response.status_code == 302 and response.headers["Location"].startswith(reverse("login") + "?")
    if request.method != "POST" or not to_sign_in:
        return False  # the API answers otherwise, and its requests have no person at all
    return not request.user.is_authenticated and settings.CSRF_COOKIE_NAME in request.COOKIES


def is_from_here(request: HttpRequest) -> bool:
    """True when the browser says that a page of ours sent it. Only then may one press send it again."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    parts = urlsplit(sender)
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin in (f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS)


def _is_ours(request: HttpRequest, to: str) -> bool:
    return url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())


def not_saved(request: HttpRequest, status: int = 403, late: Late | None = None, **more: Any) -> HttpResponse:
    """Says so to a person who is not signed in; the form goes on after the sign-in."""
    late = late or _whole(request)
    hidden = [(PREFIX + name, text) for name, text in late.rows] + [(FILE + name, text) for name, text in late.files]
    context = {"late": late, "hidden": hidden, **more}
    return render(request, "errors/not_saved.html", context, status=status)


def _whole(request: HttpRequest) -> Late:
    """The form as it was sent; of a large one that nobody was permitted to send, nothing is read."""
    rows, chosen = (kept(request), files(request)) if bodies.is_small(request) else ([], [])
    return Late(request.get_full_path(), _opened(request), rows, chosen)


def _opened(request: HttpRequest) -> str:
    """The page of ours that the form stood on, as the browser tells it; else where the form goes."""
    parts = urlsplit(request.headers.get("Referer", ""))
    page = parts._replace(scheme="", netloc="", fragment="").geturl()
    return page if parts.netloc == request.get_host() and _is_ours(request, page) else request.get_full_path()


def old_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form whose token is missing or of an earlier sign-in.

    What another site sends is never offered again; nor is a sign-in, which would need its password.
    """
    if request.path == reverse("sign-in-again"):  # the page of a late form was itself open too long
        late = _carried(request)
    else:
        late = _whole(request)
    if request.path == reverse("login") or not is_from_here(request) or not _is_ours(request, late.to):
        return render(request, "errors/403_csrf.html", status=403)
    if request.user.is_authenticated:
        return render(request, "errors/send_again.html", {"late": late, "old": True}, status=403)
    return not_saved(request, late=late)


def _carried(request: HttpRequest) -> Late:
    """What the page of a late form carries on."""
    to, page = request.POST.get("to", ""), request.POST.get("page", "")
    return Late(to, page if _is_ours(request, page) else to, _under(PREFIX, request), _under(FILE, request))


@rights.public
class SignInAgain(View):
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        late = _carried(request)
        if not _is_ours(request, late.to):
            return redirect("login")
        form = SignInForm(request, request.POST)
        if not form.is_valid():
            return not_saved(request, 422, late, wrong=True, username=request.POST.get("username", ""))
        login(request, form.get_user())
        return render(request, "errors/send_again.html", {"late": late})
