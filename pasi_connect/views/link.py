"""The connection to PASI: its state for people, and the small fragment that keeps an open page up to date."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations import keyset, rights
from operations.actor import user_of
from pasi_connect import selectors
from pasi_connect.models import Discrepancy, LinkState, SyncSettings
from pasi_connect.rules import faults
from pasi_connect.services import words
from pasi_connect.services.pull import contract_changes
from pasi_connect.soap import certificate
from pasi_connect.views import changes, figures
from pasi_connect.views.working_list import WorkingList


@rights.needs("view", "connection")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    link = LinkState.load()
    may_see = rights.can(user, "set_up", "connection")
    context = {
        "state": link,
        "words": words.link(link),
        "meaning": faults.FAULTS.get(link.code),
        "on": SyncSettings.load().regular_synchronization,
        "certificate": _certificate(),
        "certificate_url": reverse("pasi_connect:certificate") if may_see else "",
        "contract_changes": contract_changes.present(),
        "queue": figures.queue(user),
        "calls": list(selectors.exchanges(user).order_by("-id")[:8]),
        "outcomes": words.OUTCOME,
    }
    return render(request, "pasi_connect/link.html", context)


def _certificate() -> str:
    """One line: until when, or what is wrong."""
    details, problem = certificate.look()
    if problem:
        return problem.message
    if details is None:
        return ""
    return _("valid until %(day)s, %(days)s days left") % {
        "day": f"{details.valid_to:%Y-%m-%d}",
        "days": details.days_left,
    }


@rights.needs("view", "change")
@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """What has changed since a page was drawn: new changes, the page's own item, counts and the link.

    `told` is the mark of the last answer; the same mark again answers 204, so that nothing is read aloud twice.
    """
    user = user_of(request)
    params = request.GET
    new = keyset.counted(changes.since(user, params.get("since", "")).select_related(None))
    moved = settled = False
    if params.get("item", "").isdecimal():
        present = selectors.discrepancies(user).filter(pk=int(params["item"])).values_list("version", "status").first()
        moved = present is not None and present != (params.get("version"), params.get("status"))
        settled = moved and present is not None and present[1] == Discrepancy.Status.SETTLED
    counts = selectors.counts(user)
    link = LinkState.load()
    mark = f"{new}.{int(moved)}{int(settled)}.{counts['changes']}.{counts['stuck']}.{link.state}"
    if mark == params.get("told"):
        return HttpResponse(status=204)
    context = {
        "new": new,
        "moved": moved,
        "settled": settled,
        "counts": {name: number and keyset.upto(number) for name, number in counts.items()},
        "link_now": words.link(link),
        "told": mark,
        "item_url": WorkingList(user, QueryDict(params.get("list", "").removeprefix("?"))).url_of(int(params["item"]))
        if moved
        else "",
    }
    return render(request, "pasi_connect/pulse_answer.html", context)
