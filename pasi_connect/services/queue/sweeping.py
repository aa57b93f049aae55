"""The tick's clean-up: whatever a lost message, a killed process or the passing of time has left behind."""

import datetime as dt

from django.conf import settings

from operations import clock, wake
from pasi_connect.models import LinkState, Submission, SyncSettings
from pasi_connect.models.submission import FLYING
from pasi_connect.services.compare import failures
from pasi_connect.services.pull import reference
from pasi_connect.services.queue import claiming, collecting, matching, sending, submissions
from pasi_connect.soap import gateway
from sis.services import events

PROBE_SECONDS = 10.0
CHUNKS = 4  # of events whose wake was lost, in one round

_released_at = dt.datetime.min.replace(tzinfo=dt.UTC)
_uncollected: int | None = None  # the first event that nobody had taken up at the last tick


def sweep() -> None:
    """One tick's round. Bounded: what it leaves the next tick finds."""
    _collect()
    _release()
    probe()
    if failures.due().exists():
        wake.now(failures.RETRY, expires=wake.LOOK_SECONDS)
    claiming.free_the_dead()
    if sending.may_call():
        for pk in sending.orphans().values_list("pk", flat=True)[: settings.SENDERS]:
            wake.look(submissions.SEND, pk)
        if sending.due().exists():
            # As many as are idle.
            # One that is at work may hold two rows: that of its call, and the next one or the one before.
            flying = Submission.objects.filter(status__in=FLYING).exclude(lease_holder="")
            busy = flying.order_by().values("lease_holder").distinct().count()
            for _ in range(max(settings.SENDERS - busy, 0)):
                wake.look(submissions.SEND)


def _collect() -> None:
    """Events whose wake was lost: there at the last tick already, so that the woken task has had its chance, unless the broker is away."""
    global _uncollected
    first = events.uncollected().order_by("bulk", "id").values_list("pk", flat=True).first()
    if first is not None and (first == _uncollected or wake.away()):
        collecting.take_up(CHUNKS)
    _uncollected = first


def _release() -> None:
    """Changes are sent as they come, and held ones go as soon as their cause is known to be gone; this is the upper bound."""
    global _released_at
    every = dt.timedelta(seconds=SyncSettings.load().polling_interval_seconds)
    if abs(clock.now() - _released_at) >= every:  # a clock that was set back must not stop it
        _released_at = clock.now()
        matching.settle()
        submissions.release_held()


def probe() -> None:
    """While PASI is away or refuses our connection, a light HelloWorld asks whether it is back (Connecting to PASI)."""
    link = LinkState.load()
    if link.state not in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORIZED):
        return
    ahead = 0.0 if link.next_probe_at is None else (link.next_probe_at - clock.now()).total_seconds()
    if (
        not 0 < ahead <= gateway.PROBE_MOST_SECONDS
    ):  # further ahead it was written by a clock that has been set back since
        gateway.call("HelloWorld", {}, reference.purpose(), seconds=PROBE_SECONDS)
