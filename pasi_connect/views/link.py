"""The link to PASI: its state for people, and the small fragment that keeps an open page true."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations import keyset
from operations.models import User
from pasi_connect import certificate, figures, selectors
from pasi_connect.models import Discrepancy, LinkState, SyncSettings
from pasi_connect.rules import faults
from pasi_connect.views import changes, words


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    link = LinkState.load()
    may_see = user.has_perm("operations.certificates") or user.has_perm("operations.setup")
    context = {
        "state": link,
        "words": words.link(link),
        "meaning": faults.FAULTS.get(link.code),
        "on": SyncSettings.load().regular_synchronization,
        "certificate": _certificate(),
        "certificate_url": reverse("pasi_connect:certificate") if may_see else "",
        "queue": figures.queue(user),
        "calls": list(selectors.exchanges(user).order_by("-id")[:8]),
        "outcomes": words.OUTCOME,
    }
    return render(request, "pasi_connect/link.html", context)


def _certificate() -> str:
    """One line: until when, or what is wrong."""
    found, problem = certificate.look()
    if problem:
        return problem.message
    if found is None:
        return ""
    return _("valid until %(day)s, %(days)s days left") % {"day": f"{found.valid_to:%Y-%m-%d}", "days": found.days_left}


@login_required
@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """What has changed since a page was drawn: new changes, the page's own item, counts and the link.

    `told` is what the last answer said; the same again answers 204, so that nothing is read aloud twice.
    """
    user: User = request.user  # type: ignore[assignment]
    params = request.GET
    new = keyset.counted(changes.since(user, params.get("since", "")).select_related(None))
    moved = settled = False
    if params.get("item", "").isdecimal():
        present = selectors.discrepancies(user).filter(pk=int(params["item"])).values_list("version", "status").first()
        moved = present is not None and present != (params.get("version"), params.get("status"))
        settled = moved and present is not None and present[1] == Discrepancy.Status.SETTLED
    counts = selectors.counts(user)
    link = LinkState.load()
    told = f"{new}.{int(moved)}{int(settled)}.{counts['changes']}.{counts['stuck']}.{link.state}"
    if told == params.get("told"):
        return HttpResponse(status=204)
    context = {
        "new": new,
        "moved": moved,
        "settled": settled,
        "counts": {name: number and keyset.upto(number) for name, number in counts.items()},
        "link_now": words.link(link),
        "told": told,
        "item_id": params.get("item") if moved else "",
    }
    return render(request, "pasi_connect/pulse_answer.html", context)
