"""Home: is PASI reachable, what waits for me, what is stuck and why. The title is the answer."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from operations import clock, keyset
from operations.models import User
from pasi_connect import figures, selectors
from pasi_connect.models import LinkState, SyncSettings
from pasi_connect.models.submission import STUCK, Status
from pasi_connect.views import activity, changes, lists, submissions, words
from sis import selectors as sis_selectors

STUCK_SHOWN = 6
HOURS = 8  # the chart shows at least so many, so that one hour does not fill it
LIMIT = 25.0  # seconds; the dashed line of the chart


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    counts = changes.group_counts(user)
    queue = figures.queue(user)
    waiting = changes.waiting(counts)
    link = LinkState.load()
    on = SyncSettings.load().regular_synchronization
    held = list(
        selectors.submissions(user)
        .defer("sent_document")
        .filter(status__in=(*STUCK, Status.HELD))
        .order_by("-id")[:STUCK_SHOWN]
    )
    schools = list(sis_selectors.schools(user)[:2])
    step, everything = figures.in_step(user)
    oldest = changes.first_open(user, "").first() if waiting else None
    context = {
        "title": title(waiting, queue, link),
        "lead": _lead(waiting, queue, link, on),
        "today": clock.today(),
        "place": schools[0].name if len(schools) == 1 and not sis_selectors.sees_all(user) else _("All your schools"),
        "oldest": oldest,
        "figures": _figures(link, figures.times_today(user), queue, step, everything),
        "waits": _waits(user, counts, queue),
        "stuck": submissions.shown_rows(held),
        "states": words.SUBMISSION,
        "chart": _chart(figures.times_today(user)),
        "activity": activity.recent(user, may_undo=lists.decides(user)),
        "away": link.state in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORISED),
        "link_state": link.state,
        "queue": queue,
        "everything": everything,
        "decides": lists.decides(user),
        "since": changes.newest(user),
    }
    return render(request, "pasi_connect/home.html", context)


def title(waiting: int, queue: figures.Queue, link: LinkState) -> str:
    """The answer in one line."""
    parts = []
    if waiting:
        parts.append(
            ngettext("%(n)s change from PASI waits for you", "%(n)s changes from PASI wait for you", waiting)
            % {"n": keyset.upto(waiting)}
        )
    if queue.stuck:
        parts.append(
            ngettext("%(n)s submission is stuck", "%(n)s submissions are stuck", queue.stuck)
            % {"n": number_format(queue.stuck, force_grouping=True)}
        )
    if parts:
        return ", ".join(parts)
    away = link.state in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORISED)
    if away and queue.queued:
        return ngettext(
            "%(n)s change waits for PASI, nothing is lost", "%(n)s changes wait for PASI, nothing is lost", queue.queued
        ) % {"n": number_format(queue.queued, force_grouping=True)}
    if away:
        return _("PASI is away, nothing is lost")
    return _("Everything is in step")


def _lead(waiting: int, queue: figures.Queue, link: LinkState, on: bool) -> str:
    if link.state == LinkState.State.NOT_AUTHORISED:
        return _("PASI refuses us at present. You can keep working; an administrator looks at the certificate.")
    if link.state == LinkState.State.DOWN:
        return _("PASI does not answer at present. You can keep working; changes go there by themselves when it does.")
    if not on:
        return _("Regular synchronisation is off: changes are kept and counted, and go out when it is switched on.")
    if waiting or queue.stuck:
        return _("All other records that take part are the same here and in PASI, or on their way.")
    return _("Nothing waits for you. New changes from PASI appear here by themselves.")


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
    waiting = ngettext("%(n)s waits", "%(n)s wait", queue.queued) % {"n": queue.queued}
    return [
        {
            "icon": words.LINK[link.state]["icon"],
            "name": _("Link to PASI"),
            "value": words.LINK[link.state]["label"],
            "meta": heard,
        },
        {
            "icon": "clock",
            "name": _("Time to PASI today"),
            "value": _seconds(times.median) if times.count else "–",
            "meta": _("95 of 100 within %(time)s") % {"time": _seconds(times.p95)} if times.count else none,
        },
        {
            "icon": "equal",
            "name": _("Records in step"),
            "value": _("%(step)s of %(all)s")
            % {"step": number_format(step, force_grouping=True), "all": number_format(everything, force_grouping=True)},
            "meta": _("the same here and in PASI")
            if step == everything
            else _("the others differ or are on their way"),
        },
        {"icon": "send", "name": _("Sent today"), "value": queue.sent, "meta": f"{moving}, {waiting}"},
    ]


def _waits(user: User, counts: dict[str, int], queue: figures.Queue) -> list[dict[str, Any]]:
    """What waits for the person; a person who does not decide gets the way to look, not to act."""
    acts = lists.decides(user)
    index, queue_url = reverse("pasi_connect:changes"), reverse("pasi_connect:submissions")
    kinds = (
        (
            "safe",
            _("Safe changes from PASI"),
            _("Only PASI moved. One key accepts a change and shows the next."),
            _("Work through them"),
        ),
        (
            "conflicts",
            _("Conflicts"),
            _("The same field differs here and in PASI. Each needs a decision."),
            _("Open the first"),
        ),
        ("whole", _("Whole records"), _("Created or deleted in PASI, or missing there."), _("Open the first")),
    )
    found: list[dict[str, Any]] = []
    for group, name, text, label in kinds:
        if not counts[group]:
            continue
        first = changes.first_open(user, group).first()
        action = (
            f"{reverse('pasi_connect:change', args=[first.pk])}?group={group}"
            if first and acts
            else f"{index}?group={group}"
        )
        found.append(
            {
                "count": keyset.upto(counts[group]),
                "title": name,
                "url": f"{index}?group={group}",
                "text": text,
                "label": label if acts else _("Look at them"),
                "action": action,
            }
        )
    if queue.stuck:
        found.append(
            {
                "count": queue.stuck,
                "title": _("Held, rejected or in need of a look"),
                "url": f"{queue_url}?group=stuck",
                "text": _("Submissions that have not reached PASI; each says why and what comes next."),
                "label": _("See why"),
            }
        )
    return found


def _chart(times: figures.Times) -> dict[str, Any] | None:
    """Median seconds by hour up to the last one with a submission; empty hours are zero."""
    if not times.hours:
        return None
    known = dict(times.hours)
    last = times.hours[-1][0]
    first = max(min(times.hours[0][0], last - HOURS + 1), 0)
    told = ", ".join(
        _("%(hour)s:00: %(time)s") % {"hour": f"{hour:02d}", "time": _seconds(span)} for hour, span in times.hours
    )
    return {
        "values": [known.get(hour, 0.0) for hour in range(first, last + 1)],
        "label": _("Median time from saving to stored in PASI, by hour. %(told)s.") % {"told": told},
        "limit": LIMIT,
        "from": f"{first:02d}:00",
        "to": f"{last + 1:02d}:00",
        "slow": any(span > LIMIT for _hour, span in times.hours),
    }
