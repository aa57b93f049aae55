"""The archive of data events: its files, what stands in one, and archiving now."""

import datetime as dt
import itertools

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from operations import rights
from operations.actor import of_request
from operations.views import lists
from pasi_connect.models import SyncSettings
from pasi_connect.services import archiving

SIZE = 100


@rights.needs("set_up", "settings")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "pasi_connect/setup/archive.html",
        {"files": archiving.files(), "settings": SyncSettings.load()},
    )


@rights.needs("set_up", "settings")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    job = archiving.start(of_request(request))
    messages.success(request, _("Archiving has started."))
    return redirect("operations:job", job.pk)


@rights.needs("set_up", "settings")
@require_safe
def item(request: HttpRequest, name: str) -> HttpResponse:
    """A hundred events from the one after `after`."""
    lists.refuse_unknown(request, ())
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Http404
    try:
        events = (event for event in archiving.read(name) if event["id"] > int(after))
        rows = list(itertools.islice(events, SIZE + 1))
    except FileNotFoundError:
        raise Http404 from None
    shown_rows = [{**row, "at": dt.datetime.fromisoformat(row["at"])} for row in rows[:SIZE]]
    more = lists.address(request, after=rows[SIZE - 1]["id"]) if len(rows) > SIZE else ""
    context = {"name": name, "rows": shown_rows, "next": more}
    return render(request, "pasi_connect/setup/archive_file.html", context)
