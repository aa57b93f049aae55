"""Home: is PASI reachable, what waits for me, what is stuck and why. The title is the answer."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from operations import clock, keyset, rights
from operations.actor import user_of
from operations.frame import navigation
from pasi_connect import selectors
from pasi_connect.models import LinkState, SyncSettings
from pasi_connect.services import words
from pasi_connect.views import activity, changes, figures, submissions, waits
from sis import selectors as sis_selectors

STUCK_SHOWN = 6
HOURS = 8  # the chart shows at least so many, so that one hour does not fill it
LIMIT = 25.0  # seconds; the dashed line of the chart


@rights.signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not rights.can(user, "view", "change"):
        return _elsewhere(request)
    counts = changes.group_counts(user)
    queue = figures.queue(user)
    waiting = changes.waiting(counts)
    link = LinkState.load()
    sync = SyncSettings.load()
    on = sync.regular_synchronization
    begun = on or sync.first_in_step_at is not None
    held = list(selectors.stuck(user).defer("sent_document").order_by("-id")[:STUCK_SHOWN])
    schools = list(sis_selectors.schools(user)[:2])
    step, everything = figures.in_step(user)
    oldest = changes.first_open(user, "").first() if waiting else None
    context = {
        "title": title(waiting, queue, link, begun=begun),
        "lead": _lead(waiting, queue, link, on),
        "today": clock.today(),
        "place": schools[0].name if len(schools) == 1 and not sis_selectors.sees_all(user) else _("All your schools"),
        "oldest": oldest,
        "figures": _figures(link, figures.times_today(user), queue, step, everything),
        "waits": waits.rows(user, counts),
        "stuck": submissions.shown_rows(held),
        "states": words.SUBMISSION,
        "chart": _chart(figures.times_today(user)),
        "activity": activity.recent(user, may_undo=selectors.decides(user)),
        "begun": begun,
        "away": link.state in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORIZED),
        "link_state": link.state,
        "queue": queue,
        "everything": everything,
        "decides": selectors.decides(user),
        "pulse": changes.pulse(user),
    }
    return render(request, "pasi_connect/home.html", context)


def _elsewhere(request: HttpRequest) -> HttpResponse:
    """Home for a person with other duties: the first page that they may read."""
    for group in navigation(request):
        for item in group["items"]:
            if item.url not in (request.path, reverse("operations:words")):
                return redirect(item.url)
    raise PermissionDenied


def title(waiting: int, queue: figures.Queue, link: LinkState, *, begun: bool = True) -> str:
    """The answer in one line. `begun`: something has been synchronized, or is about to be."""
    parts = []
    if waiting:
        parts.append(
            ngettext(
                "%(n)s change from PASI is waiting for you", "%(n)s changes from PASI are waiting for you", waiting
            )
            % {"n": keyset.upto(waiting)}
        )
    if queue.stuck:
        parts.append(
            ngettext("%(n)s submission is stuck", "%(n)s submissions are stuck", queue.stuck)
            % {"n": number_format(queue.stuck, force_grouping=True)}
        )
    if queue.set_aside:
        parts.append(
            ngettext("%(n)s record has failed", "%(n)s records have failed", queue.set_aside)
            % {"n": number_format(queue.set_aside, force_grouping=True)}
        )
    if parts:
        return ", ".join(parts)
    away = link.state in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORIZED)
    if away and queue.queued:
        return ngettext(
            "%(n)s change is waiting for PASI; nothing is lost",
            "%(n)s changes are waiting for PASI; nothing is lost",
            queue.queued,
        ) % {"n": number_format(queue.queued, force_grouping=True)}
    if away:
        return _("PASI is unavailable; nothing is lost")
    return _("Everything is in step") if begun else _("Synchronization has not started yet")


def _lead(waiting: int, queue: figures.Queue, link: LinkState, on: bool) -> str:
    if link.state == LinkState.State.NOT_AUTHORIZED:
        return _("PASI is refusing our connection. You can keep working; an administrator must check the certificate.")
    if link.state == LinkState.State.DOWN:
        return _("PASI is not answering. You can keep working; changes are sent as soon as it answers.")
    if not on:
        return _(
            "Regular synchronization is off. Changes are stored and counted, and sent as soon as it is switched on."
        )
    if waiting or queue.stuck or queue.set_aside:
        return _("All other synchronized records match in the SIS and in PASI, or are on their way.")
    return _("Nothing is waiting for you. New changes from PASI appear here automatically.")


def _seconds(value: float) -> str:
    if value >= 5400:
        return _("%(n)s h") % {"n": number_format(value / 3600, 1)}
    if value >= 100:
        return _("%(n)s min") % {"n": round(value / 60)}
    return _("%(n)s s") % {"n": round(value) if value >= 1 else number_format(value, 1)}


def _figures(
    link: LinkState, times: figures.Times, queue: figures.Queue, step: int, everything: int
) -> list[dict[str, Any]]:
    ago = figures.seconds_ago(link.last_answer_at)
    heard = _("No answer yet") if ago is None else _("Last answer %(time)s ago") % {"time": _seconds(ago)}
    none = _("nothing sent yet today")
    moving = ngettext("%(n)s on its way", "%(n)s on their way", queue.flying) % {"n": queue.flying}
    waiting = ngettext("%(n)s waiting", "%(n)s waiting", queue.queued) % {"n": queue.queued}
    return [
        {
            "icon": words.LINK[link.state]["icon"],
            "name": _("Connection to PASI"),
            "value": words.LINK[link.state]["label"],
            "meta": heard,
        },
        {
            "icon": "clock",
            "name": _("Time to PASI today"),
            "value": _seconds(times.median) if times.count else "–",
            "meta": _("95 percent within %(time)s") % {"time": _seconds(times.p95)} if times.count else none,
        },
        {
            "icon": "equal",
            "name": _("Records in step"),
            "value": _("%(step)s of %(all)s")
            % {"step": number_format(step, force_grouping=True), "all": number_format(everything, force_grouping=True)},
            "meta": _("matching here and in PASI")
            if step == everything
            else _("the others differ or are on their way"),
        },
        {"icon": "send", "name": _("Sent today"), "value": queue.sent, "meta": f"{moving}, {waiting}"},
    ]


def _chart(times: figures.Times) -> dict[str, Any] | None:
    """Median seconds by hour up to the last one with a submission; empty hours are zero."""
    if not times.hours:
        return None
    by_hour = dict(times.hours)
    last = times.hours[-1][0]
    first = max(min(times.hours[0][0], last - HOURS + 1), 0)
    summary = ", ".join(
        _("%(hour)s:00: %(time)s") % {"hour": f"{hour:02d}", "time": _seconds(span)} for hour, span in times.hours
    )
    return {
        "values": [by_hour.get(hour, 0.0) for hour in range(first, last + 1)],
        "label": _("Median time from saving to stored in PASI, by hour. %(told)s.") % {"told": summary},
        "limit": LIMIT,
        "from": f"{first:02d}:00",
        "to": f"{last + 1:02d}:00",
        "slow": any(span > LIMIT for _hour, span in times.hours),
    }
